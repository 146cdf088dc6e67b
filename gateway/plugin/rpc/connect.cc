// Connect: unary calls as plain HTTP, streams in envelopes.
// Source: https://connectrpc.com/docs/protocol
#include <boost/json.hpp>
#include <iterator>
#include <map>

#include "rpc/framing.h"
#include "rpc/gzip.h"
#include "rpc/utf8.h"

namespace ns::gateway::rpc {
namespace {

constexpr uint8_t kEndOfStream = 2;
constexpr char kJsonType[] = "application/json", kProtoType[] = "application/proto";

class Unary final : public Protocol {
 public:
  Unary(Codec codec, const Packing& packing) : codec_(codec), packing_(packing) {}

  uint64_t MostBody(uint64_t most) const override { return most; }
  Converted Message(std::string body) const override {
    return packing_.gzip_in && !body.empty() ? Gunzip(body, packing_.most)
                                             : Converted(std::move(body));
  }

  Reply Whole(const Headers& leading, std::string message, const Outcome& outcome) const override {
    Reply reply;
    Headers& headers = reply.head.headers;
    const bool failed = outcome.problem.has_value();
    headers.emplace_back("content-type", failed || codec_ == Codec::kJson ? kJsonType : kProtoType);
    headers.insert(headers.end(), leading.begin(), leading.end());
    for (const auto& [name, value] : outcome.trailing)
      headers.emplace_back("trailer-" + name, value);
    if (failed) {
      reply.head.status = HttpStatus(*outcome.problem);
      headers.emplace_back("accept-encoding", kGzip);
      reply.body = ErrorJson(*outcome.problem);
    } else if (WorthPacking(packing_, message.size())) {
      headers.emplace_back("content-encoding", kGzip);
      reply.body = Gzip(message);
    } else {
      reply.body = std::move(message);
    }
    return reply;
  }

 private:
  const Codec codec_;
  const Packing packing_;
};

// {"error": ..., "metadata": {"name": ["value", ...]}}
std::string EndOfStream(const Outcome& outcome) {
  boost::json::object end;
  if (outcome.problem) end["error"] = boost::json::parse(ErrorJson(*outcome.problem));
  std::map<std::string, boost::json::array> metadata;
  for (const auto& [name, value] : outcome.trailing)
    metadata[MadeUtf8(name)].emplace_back(MadeUtf8(value));
  if (!metadata.empty()) {
    boost::json::object& object = end["metadata"].emplace_object();
    for (auto& [name, values] : metadata) object[name] = std::move(values);
  }
  return boost::json::serialize(end);
}

class Streamed final : public Framed {
 public:
  Streamed(std::string content_type, const Packing& packing)
      : content_type_(std::move(content_type)), packing_(packing) {}

  uint64_t MostBody(uint64_t most) const override { return kEnvelopeHead + most; }
  Converted Message(std::string body) const override { return OneMessage(body, packing_); }

  http::ResponseHead Open(const Headers& leading) const override {
    http::ResponseHead head{200, {{"content-type", content_type_}}};
    head.headers.emplace_back("connect-accept-encoding", kGzip);
    if (packing_.gzip_out) head.headers.emplace_back("connect-content-encoding", kGzip);
    head.headers.insert(head.headers.end(), leading.begin(), leading.end());
    return head;
  }
  std::string Frame(std::string message) const override {
    return FramedMessage(std::move(message), packing_);
  }
  Tail Close(const Outcome& outcome) const override {
    return {Enveloped(kEndOfStream, EndOfStream(outcome)), {}};
  }

 private:
  const std::string content_type_;
  const Packing packing_;
};

}  // namespace

std::unique_ptr<Protocol> ConnectUnary(Codec codec, const Packing& packing) {
  return std::make_unique<Unary>(codec, packing);
}

std::unique_ptr<Framed> ConnectStream(const std::string& content_type, const Packing& packing) {
  return std::make_unique<Streamed>(content_type, packing);
}

}  // namespace ns::gateway::rpc
