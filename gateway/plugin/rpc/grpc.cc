// gRPC over HTTP/2, and gRPC-Web over either version.
// Sources: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md and PROTOCOL-WEB.md
#include <algorithm>

#include "rpc/base64.h"
#include "rpc/framing.h"
#include "rpc/utf8.h"

namespace ns::gateway::rpc {
namespace {

constexpr uint8_t kTrailers = 0x80;
// Trailers of HTTP are headers: clients take 8 or 16 KiB of them, and a frame has a limit as well.
constexpr size_t kMostTrailers = 6 * 1024;
constexpr size_t kMostMessage = 1024;  // before it is encoded

http::ResponseHead HeadOf(const std::string& content_type, const Packing& packing,
                          const Headers& leading) {
  http::ResponseHead head{200, {{"content-type", content_type}}};
  head.headers.emplace_back("grpc-accept-encoding", kGzip);
  if (packing.gzip_out) head.headers.emplace_back("grpc-encoding", kGzip);
  head.headers.insert(head.headers.end(), leading.begin(), leading.end());
  return head;
}

// The beginning of a text that is UTF-8.
std::string Beginning(std::string text) {
  if (text.size() <= kMostMessage) return text;
  size_t end = kMostMessage;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

size_t SizeOf(const Headers& headers) {
  size_t size = 0;
  for (const auto& [name, value] : headers) size += name.size() + value.size();
  return size;
}

// Of a failure that has much to tell the beginning of its message, and those details that fit.
Headers ShortTrailers(const Outcome& outcome) {
  if (!outcome.problem) return GrpcTrailers(outcome);
  const Problem& problem = *outcome.problem;
  Outcome told{Problem{problem.code, Beginning(MadeUtf8(problem.message)), {}, 0},
               outcome.trailing};
  for (const Detail& detail : problem.details) {
    told.problem->details.push_back(detail);
    if (SizeOf(GrpcTrailers(told)) > kMostTrailers) told.problem->details.pop_back();
  }
  return GrpcTrailers(told);
}

class OverHttp2 final : public Framed {
 public:
  OverHttp2(std::string content_type, const Packing& packing)
      : content_type_(std::move(content_type)), packing_(packing) {}

  uint64_t MostBody(uint64_t most) const override { return kEnvelopeHead + most; }
  Converted Message(std::string body) const override { return OneMessage(body, packing_); }
  http::ResponseHead Open(const Headers& leading) const override {
    return HeadOf(content_type_, packing_, leading);
  }
  std::string Frame(std::string message) const override {
    return FramedMessage(std::move(message), packing_);
  }
  Tail Close(const Outcome& outcome) const override { return {"", ShortTrailers(outcome)}; }

 private:
  const std::string content_type_;
  const Packing packing_;
};

// Base64 whose pieces may each be padded.
std::optional<std::string> FromPieces(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const size_t padding = text.find('=');
    const size_t end = padding == std::string_view::npos
                           ? text.size()
                           : std::min((padding / 4 + 1) * 4, text.size());
    const auto piece = FromBase64(text.substr(0, end));
    if (!piece) return std::nullopt;
    bytes += *piece;
    text.remove_prefix(end);
  }
  return bytes;
}

std::string Padded(std::string text) {
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

class Web final : public Framed {
 public:
  Web(std::string content_type, bool text, const Packing& packing)
      : content_type_(std::move(content_type)), text_(text), packing_(packing) {}

  uint64_t MostBody(uint64_t most) const override {
    const uint64_t plain = kEnvelopeHead + most;
    return text_ ? (plain + 2) / 3 * 4 : plain;
  }
  Converted Message(std::string body) const override {
    if (!text_) return OneMessage(body, packing_);
    const auto bytes = FromPieces(body);
    if (!bytes) return Problem{NS_E_INVALID, "The request is not Base64.", {}, 0};
    return OneMessage(*bytes, packing_);
  }
  http::ResponseHead Open(const Headers& leading) const override {
    return HeadOf(content_type_, packing_, leading);
  }
  std::string Frame(std::string message) const override {
    return Written(FramedMessage(std::move(message), packing_));
  }
  Tail Close(const Outcome& outcome) const override {
    std::string block;
    for (const auto& [name, value] : GrpcTrailers(outcome))
      block.append(name).append(": ").append(value).append("\r\n");
    return {Written(Enveloped(kTrailers, block)), {}};
  }

 private:
  std::string Written(std::string bytes) const {
    return text_ ? Padded(Base64(bytes)) : std::move(bytes);
  }

  const std::string content_type_;
  const bool text_;
  const Packing packing_;
};

}  // namespace

std::unique_ptr<Framed> Grpc(const std::string& content_type, const Packing& packing) {
  return std::make_unique<OverHttp2>(content_type, packing);
}

std::unique_ptr<Framed> GrpcWeb(const std::string& content_type, bool text,
                                const Packing& packing) {
  return std::make_unique<Web>(content_type, text, packing);
}

}  // namespace ns::gateway::rpc
