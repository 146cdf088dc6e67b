#include "routes.h"

#include <algorithm>

#include "base64.h"
#include "target.h"

namespace ns::gateway {
namespace {

constexpr std::string_view kMediaTypes = "application/json, application/proto";

Refusal Refused(ns_status code, int http_status, std::string message) {
  return {{code, std::move(message), {}, http_status}, {}};
}

Refusal NotAllowed(const Head& head, std::string_view path, std::string allowed) {
  Refusal refusal =
      Refused(NS_E_UNSUPPORTED, 405,
              head.method + " is not possible for " + std::string(path) + "; use " + allowed + ".");
  refusal.headers.emplace_back("Allow", std::move(allowed));
  return refusal;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// "Application/JSON; charset=utf-8" as "application/json".
std::string MediaType(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (value.ends_with(' ')) value.remove_suffix(1);
  return Lower(value);
}

std::optional<Codec> CodecOf(std::string_view name) {
  if (name == "json") return Codec::kJson;
  if (name == "proto") return Codec::kProto;
  return std::nullopt;
}

std::optional<Codec> CodecOfBody(const Head& head) {
  const std::string type = MediaType(head.Header("content-type"));
  return type.starts_with("application/") ? CodecOf(std::string_view(type).substr(12))
                                          : std::nullopt;
}

Refusal WrongType(const Head& head) {
  const std::string_view given = head.Header("content-type");
  Refusal refusal = Refused(
      NS_E_UNKNOWN, 415,
      given.empty() ? "The request has no content type; send " + std::string(kMediaTypes) + "."
                    : "Content type " + std::string(given) + " is not understood; send one of " +
                          std::string(kMediaTypes) + ".");
  refusal.headers.emplace_back("Accept-Post", kMediaTypes);
  return refusal;
}

Refusal Compressed(std::string_view encoding) {
  Refusal refusal = Refused(NS_E_UNSUPPORTED, 0,
                            "Compression " + std::string(encoding) +
                                " is not supported; send the message as it is (identity).");
  refusal.headers.emplace_back("Accept-Encoding", "identity");
  return refusal;
}

bool IsPlain(std::string_view encoding) {
  return encoding.empty() || Lower(encoding) == "identity";
}

std::string Parameter(const Target& target, const char* name) {
  const auto found = target.query.find(name);
  return found == target.query.end() ? std::string() : found->second;
}

// The message and codec of a GET.
std::optional<Refusal> TakeQuery(const Target& target, CallRoute& call) {
  const std::string version = Parameter(target, "connect"),
                    encoding = Parameter(target, "encoding");
  if (!version.empty() && version != "v1")
    return Refused(NS_E_INVALID, 0, "connect=" + version + " is not understood; only v1 is.");
  const auto codec = CodecOf(encoding);
  if (!codec)
    return Refused(NS_E_INVALID, 415,
                   "A GET needs encoding=json or encoding=proto, not '" + encoding + "'.");
  if (!target.query.contains("message"))
    return Refused(NS_E_INVALID, 0, "A GET needs the parameter message.");
  if (!IsPlain(Parameter(target, "compression")))
    return Compressed(Parameter(target, "compression"));
  call.codec = *codec;
  call.message = Parameter(target, "message");
  if (Parameter(target, "base64") == "1") call.message = FromBase64(*call.message);
  if (!call.message) return Refused(NS_E_INVALID, 0, "The parameter message is not base64.");
  return std::nullopt;
}

std::optional<Refusal> TakeHeaders(const Head& head, CallRoute& call) {
  const std::string_view version = head.Header("connect-protocol-version"),
                         timeout = head.Header("connect-timeout-ms");
  if (!version.empty() && version != "1")
    return Refused(
        NS_E_INVALID, 0,
        "Connect-Protocol-Version " + std::string(version) + " is not understood; only 1 is.");
  if (!timeout.empty() && !(call.timeout = ParseTimeout(timeout)))
    return Refused(
        NS_E_INVALID, 0,
        "Connect-Timeout-Ms needs up to ten digits, not '" + std::string(timeout) + "'.");
  return std::nullopt;
}

std::optional<Refusal> TakePost(const Head& head, CallRoute& call) {
  const auto codec = CodecOfBody(head);
  if (!codec) return WrongType(head);
  if (const auto encoding = head.Header("content-encoding"); !IsPlain(encoding))
    return Compressed(encoding);
  call.codec = *codec;
  return std::nullopt;
}

}  // namespace

std::string_view Head::Header(std::string_view name) const {
  const auto found = std::ranges::find(
      headers, name, [](const auto& header) { return std::string_view(header.first); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

const sdk::RawEntry* Routes::EntryOf(std::string_view path) const {
  const auto found = std::ranges::find_if(entries_, [path](const sdk::RawEntry& entry) {
    return entry.path == path || (entry.path.ends_with('/') && path.starts_with(entry.path));
  });
  return found == entries_.end() ? nullptr : &*found;
}

Route Routes::Find(const Head& head) const {
  const auto target = ParseTarget(head.target);
  if (!target) return Refused(NS_E_INVALID, 0, "The target of the request is malformed.");
  const sdk::RawEntry* entry = EntryOf(target->path);
  if (!entry) return FindCall(head, *target);
  const bool allowed =
      (head.method == "POST" && entry->post) || (head.method == "GET" && entry->get);
  if (!allowed)
    return NotAllowed(head, target->path,
                      entry->post && entry->get ? "GET, POST"
                      : entry->post             ? "POST"
                                                : "GET");
  return RawRoute{head.method, target->path, entry->max_body};
}

Route Routes::FindCall(const Head& head, const Target& target) const {
  const auto method = schema_.Find(std::string_view(target.path).substr(1));
  if (!method)
    return Refused(
        NS_E_UNSUPPORTED, 404,
        "There is no method " + target.path.substr(0, 200) + "; docs/api.md names them.");
  CallRoute call{*method, Codec::kJson, std::nullopt, std::nullopt};
  const bool get = head.method == "GET" && method->side_effect_free;
  if (!get && head.method != "POST")
    return NotAllowed(head, target.path, method->side_effect_free ? "GET, POST" : "POST");
  if (method->streaming)
    return Refused(NS_E_UNSUPPORTED, 0,
                   method->name + " is a stream; this gateway serves unary calls.");
  if (auto refusal = get ? TakeQuery(target, call) : TakePost(head, call)) return *refusal;
  if (auto refusal = TakeHeaders(head, call)) return *refusal;
  return call;
}

}  // namespace ns::gateway
