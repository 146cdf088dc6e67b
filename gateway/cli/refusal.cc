#include "refusal.h"

#include <boost/json.hpp>

namespace ns::cli {
namespace {

namespace json = boost::json;

std::string TextAt(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// The fields of a google.rpc.BadRequest, one line each, unless the message names them already.
std::string Fields(const json::object& detail, const std::string& message) {
  std::string lines;
  const json::value* debug = detail.if_contains("debug");
  const json::value* violations =
      debug && debug->is_object() ? debug->get_object().if_contains("fieldViolations") : nullptr;
  if (!violations || !violations->is_array()) return lines;
  for (const json::value& violation : violations->get_array()) {
    if (!violation.is_object()) continue;
    const std::string why = TextAt(violation.get_object(), "description");
    if (message.find(why) == std::string::npos)
      lines += "\n  " + TextAt(violation.get_object(), "field") + ": " + why;
  }
  return lines;
}

std::string Advice(const std::string& code) {
  if (code == "unauthenticated")
    return "\nOn the machine itself use the Unix socket (--server unix:/run/neoshowcase/api.sock); "
           "elsewhere `ns login` stores a token, and NS_TOKEN is used before it.";
  if (code == "permission_denied")
    return "\nAsk an owner of it, or an admin; `ns` on the Unix socket acts as your account.";
  if (code == "unimplemented")
    return "\nThe server may be older than this program: `ns version` shows both.";
  return "";
}

// Who answered speaks no Connect: the codes that Connect has for its status
// (https://connectrpc.com/docs/protocol#http-to-error-code).
Refused NotConnect(long http_status) {
  const std::string what =
      "The server answered HTTP " + std::to_string(http_status) + " without a reason";
  switch (http_status) {
    case 401:
      return {"unauthenticated",
              what + ": a proxy in between wants to know who you are." + Advice("unauthenticated")};
    case 403:
      return {"permission_denied", what + ": a proxy in between lets you not pass."};
    case 404:
      return {"unimplemented", what + ": is --server the address of a NeoShowcase API?"};
    case 429:
      return {"unavailable", what + ": a proxy in between has too much to do; try again."};
    case 502:
    case 503:
    case 504:
      return {"unavailable", what + ": a proxy in between found nobody; try again."};
    default:
      return {"unknown", what + ": is --server the address of a NeoShowcase API?"};
  }
}

}  // namespace

Refused RefusalOf(long http_status, const std::string& body) {
  json::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error || !parsed.is_object()) return NotConnect(http_status);
  const std::string code = TextAt(parsed.get_object(), "code");
  std::string message = TextAt(parsed.get_object(), "message");
  if (code.empty()) return NotConnect(http_status);
  if (message.empty()) message = "The server refused: " + code + ".";
  if (const json::value* details = parsed.get_object().if_contains("details");
      details && details->is_array()) {
    for (const json::value& detail : details->get_array()) {
      if (detail.is_object()) message += Fields(detail.get_object(), message);
    }
  }
  return {code, message + Advice(code)};
}

std::optional<Refused> RefusalAtEnd(const std::string& end) {
  json::error_code error;
  const json::value parsed = json::parse(end, error);
  if (error || !parsed.is_object())
    return Refused("unknown", "The end of the stream is not to be understood.");
  const json::value* said = parsed.get_object().if_contains("error");
  if (!said) return std::nullopt;
  return RefusalOf(200, json::serialize(*said));
}

}  // namespace ns::cli
