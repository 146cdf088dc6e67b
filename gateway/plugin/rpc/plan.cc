#include "rpc/plan.h"

#include <algorithm>
#include <array>

#include "rpc/base64.h"
#include "rpc/timeout.h"
#include "rpc/utf8.h"

namespace ns::gateway::rpc {
namespace {

enum class Kind { kConnectUnary, kConnectStream, kGrpc, kGrpcWeb, kGrpcWebText };

struct Dialect {
  std::string_view content_type;
  Kind kind;
  Codec codec;
};

constexpr std::array<Dialect, 13> kDialects = {{
    {"application/proto", Kind::kConnectUnary, Codec::kProto},
    {"application/json", Kind::kConnectUnary, Codec::kJson},
    {"application/connect+proto", Kind::kConnectStream, Codec::kProto},
    {"application/connect+json", Kind::kConnectStream, Codec::kJson},
    {"application/grpc", Kind::kGrpc, Codec::kProto},
    {"application/grpc+proto", Kind::kGrpc, Codec::kProto},
    {"application/grpc+json", Kind::kGrpc, Codec::kJson},
    {"application/grpc-web", Kind::kGrpcWeb, Codec::kProto},
    {"application/grpc-web+proto", Kind::kGrpcWeb, Codec::kProto},
    {"application/grpc-web+json", Kind::kGrpcWeb, Codec::kJson},
    {"application/grpc-web-text", Kind::kGrpcWebText, Codec::kProto},
    {"application/grpc-web-text+proto", Kind::kGrpcWebText, Codec::kProto},
    {"application/grpc-web-text+json", Kind::kGrpcWebText, Codec::kJson},
}};

// Where each protocol says how its messages are packed.
struct Names {
  std::string_view in, out, timeout;
};
Names NamesOf(Kind kind) {
  switch (kind) {
    case Kind::kConnectUnary:
      return {"content-encoding", "accept-encoding", "connect-timeout-ms"};
    case Kind::kConnectStream:
      return {"connect-content-encoding", "connect-accept-encoding", "connect-timeout-ms"};
    default:
      return {"grpc-encoding", "grpc-accept-encoding", "grpc-timeout"};
  }
}

bool IsConnect(Kind kind) { return kind == Kind::kConnectUnary || kind == Kind::kConnectStream; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Of "Application/JSON; charset=utf-8". JSON in another set of characters is none.
const Dialect* DialectOf(std::string_view content_type) {
  const size_t end = std::min(content_type.find(';'), content_type.size());
  const std::string type = Lower(Trimmed(content_type.substr(0, end)));
  const std::string parameters = Lower(content_type.substr(end));
  if (const size_t set = parameters.find("charset="); set != std::string::npos) {
    const std::string_view value = Trimmed(std::string_view(parameters).substr(set + 8));
    if (!value.starts_with("utf-8") && !value.starts_with("\"utf-8")) return nullptr;
  }
  const auto found = std::ranges::find(kDialects, std::string_view(type), &Dialect::content_type);
  return found == kDialects.end() ? nullptr : &*found;
}

// Of ";q=0.5": whether it is zero, so that the thing is not wanted (RFC 9110, section 12.4.2).
bool IsRefused(std::string_view parameters) {
  const size_t weight = parameters.find("q=");
  if (weight == std::string_view::npos) return false;
  parameters.remove_prefix(weight + 2);
  const std::string_view value = Trimmed(parameters.substr(0, parameters.find(';')));
  return value.find_first_not_of("0.") == std::string_view::npos;
}

// Whether a list such as "br;q=1.0, gzip" names it.
bool Lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    const std::string item = Lower(list.substr(0, end));
    const size_t name_end = std::min(item.find(';'), item.size());
    if (Trimmed(std::string_view(item).substr(0, name_end)) == name)
      return !IsRefused(std::string_view(item).substr(name_end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

Problem Bad(ns_status code, std::string message, int http_status = 0) {
  return {code, std::move(message), {}, http_status};
}

std::string Parameter(const Target& target, const char* name) {
  const auto found = target.query.find(name);
  return found == target.query.end() ? std::string() : found->second;
}

Problem NoSuchMethod(const Target& target) {
  return Bad(NS_E_UNSUPPORTED,
             "There is no method " + target.path.substr(0, 200) + "; docs/api.md names them.", 404);
}

Reply NotAllowed(const http::Head& head, const Target& target, const std::string& allowed) {
  return HttpRefusal(
      405,
      head.method + " is not possible for " + target.path.substr(0, 200) + "; use " + allowed + ".",
      {{"allow", allowed}});
}

Reply WrongType(std::string_view given, const Method& method) {
  const std::string types =
      std::string(method.server_streaming ? "application/connect+json, application/connect+proto, "
                                          : "application/json, application/proto, ") +
      "application/grpc, application/grpc-web, application/grpc-web-text";
  return HttpRefusal(415,
                     given.empty() ? "The request has no content type; send one of " + types + "."
                                   : "Content type " + std::string(given.substr(0, 200)) +
                                         " is not for this method; send one of " + types + ".",
                     {{"accept-post", types}});
}

// A call under construction.
class Planner {
 public:
  Planner(const http::Head& head, const Target& target, uint64_t most)
      : head_(head), target_(target) {
    packing_.most = most;
  }

  Planned Get(const Method& method) {
    const std::string encoding = Parameter(target_, "encoding");
    if (encoding != "json" && encoding != "proto")
      return HttpRefusal(415, "A GET needs encoding=json or encoding=proto in its query.");
    const std::string version = Parameter(target_, "connect");
    if (!version.empty() && version != "v1")
      return PlainRefusal(Bad(NS_E_INVALID, "The query has connect=" + version.substr(0, 100) +
                                                ", and only v1 is understood."));
    if (!target_.query.contains("message"))
      return PlainRefusal(Bad(NS_E_INVALID, "A GET needs a message in its query."));
    plan_.codec = encoding == "json" ? Codec::kJson : Codec::kProto;
    plan_.message = Parameter(target_, "message");
    if (Parameter(target_, "base64") == "1") {
      plan_.message = FromBase64(*plan_.message);
      if (!plan_.message)
        return PlainRefusal(Bad(NS_E_INVALID, "The message in the query is not Base64."));
    }
    return Finish(Kind::kConnectUnary, "", Parameter(target_, "compression"), &method);
  }

  Planned Post(const Dialect& dialect, const Method* method) {
    plan_.codec = dialect.codec;
    if (dialect.kind == Kind::kGrpc && head_.version < 20)
      return HttpRefusal(505, "gRPC needs HTTP/2; use it, or gRPC-Web or Connect.");
    return Finish(dialect.kind, std::string(dialect.content_type),
                  std::string(head_.Header(NamesOf(dialect.kind).in)), method);
  }

 private:
  Planned Finish(Kind kind, const std::string& content_type, const std::string& packed,
                 const Method* method) {
    const bool known = packed.empty() || packed == "identity" || packed == "gzip";
    packing_.gzip_in = packed == "gzip";
    packing_.gzip_out = Lists(head_.Header(NamesOf(kind).out), "gzip");
    Speak(kind, content_type);
    if (method == nullptr) return Refused(NoSuchMethod(target_));
    plan_.method = method;
    const bool for_streams = kind != Kind::kConnectUnary;
    if (method->server_streaming ? !for_streams : kind == Kind::kConnectStream)
      return WrongType(head_.Header("content-type"), *method);
    if (method->client_streaming)
      return Refused(Bad(NS_E_UNSUPPORTED, "Calls of many messages are not served."));
    if (!known)
      return Refused(Bad(NS_E_UNSUPPORTED, "Compression " + packed.substr(0, 100) +
                                               " is not known; use gzip or identity."));
    if (!method->server_streaming) plan_.framed = nullptr;
    if (auto problem = TakeHeaders(kind)) return Refused(*problem);
    return std::move(plan_);
  }

  void Speak(Kind kind, const std::string& content_type) {
    if (kind == Kind::kConnectUnary) {
      plan_.protocol = ConnectUnary(plan_.codec, packing_);
      return;
    }
    std::shared_ptr<const Framed> framed =
        kind == Kind::kConnectStream ? ConnectStream(content_type, packing_)
        : kind == Kind::kGrpc        ? Grpc(content_type, packing_)
                                     : GrpcWeb(content_type, kind == Kind::kGrpcWebText, packing_);
    plan_.framed = framed.get();
    plan_.protocol = std::move(framed);
  }

  std::optional<Problem> TakeHeaders(Kind kind) {
    const std::string_view version = head_.Header("connect-protocol-version"),
                           timeout = head_.Header(NamesOf(kind).timeout);
    if (IsConnect(kind) && !version.empty() && version != "1")
      return Bad(NS_E_INVALID, "Connect-Protocol-Version " + std::string(version.substr(0, 100)) +
                                   " is not understood; only 1 is.");
    if (timeout.empty()) return std::nullopt;
    plan_.timeout = IsConnect(kind) ? ConnectTimeout(timeout) : GrpcTimeout(timeout);
    if (plan_.timeout) return std::nullopt;
    return Bad(NS_E_INVALID, IsConnect(kind)
                                 ? "Connect-Timeout-Ms needs up to ten digits, not '" +
                                       std::string(timeout.substr(0, 100)) + "'."
                                 : "grpc-timeout needs up to eight digits and a unit, not '" +
                                       std::string(timeout.substr(0, 100)) + "'.");
  }

  Reply Refused(const Problem& problem) const {
    return plan_.protocol->Whole({}, "", {problem, {}});
  }

  const http::Head& head_;
  const Target& target_;
  Packing packing_;
  Plan plan_;
};

}  // namespace

Reply HttpRefusal(int status, const std::string& why, Headers headers) {
  headers.emplace_back("content-type", "text/plain; charset=utf-8");
  return {{status, std::move(headers)}, MadeUtf8(why) + "\n", {}};
}

Reply PlainRefusal(const Problem& problem, Headers headers) {
  headers.emplace_back("content-type", "application/json");
  return {{HttpStatus(problem), std::move(headers)}, ErrorJson(problem), {}};
}

Planned PlanCall(const http::Head& head, const Target& target, const Schema& schema,
                 uint64_t most) {
  const Method* const method = schema.Find(target.path.substr(1));
  Planner planner(head, target, most);
  if (method && method->side_effect_free && !method->server_streaming && head.method == "GET")
    return planner.Get(*method);
  const Dialect* const dialect = DialectOf(head.Header("content-type"));
  if (!method && (dialect == nullptr || head.method != "POST"))
    return PlainRefusal(NoSuchMethod(target));
  if (head.method != "POST")
    return NotAllowed(head, target, method->side_effect_free ? "GET, POST" : "POST");
  if (dialect == nullptr) return WrongType(head.Header("content-type"), *method);
  return planner.Post(*dialect, method);
}

}  // namespace ns::gateway::rpc
