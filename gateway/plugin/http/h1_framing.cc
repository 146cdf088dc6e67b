#include "http/h1_framing.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <vector>

namespace ns::gateway::http {
namespace {

// The values of all headers of that name.
std::vector<std::string> All(const Head& head, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [one, value] : head.headers) {
    if (one == name) values.push_back(value);
  }
  return values;
}

// None where one of the headers is no list of them.
std::vector<std::string> CodingsOf(const std::vector<std::string>& headers) {
  std::vector<std::string> codings;
  for (const std::string& header : headers) {
    const boost::beast::http::opt_token_list list(header);
    if (!boost::beast::http::validate_list(list)) return {};
    for (const auto coding : list) codings.emplace_back(coding);
  }
  return codings;
}

bool IsChunked(const std::string& coding) { return boost::beast::iequals(coding, "chunked"); }

}  // namespace

std::optional<Mistake> FramingMistake(const Head& head) {
  const auto hosts = All(head, "host");
  if (hosts.size() > 1) return Mistake{400, "The request has more than one Host header."};
  if (head.version >= 11 && (hosts.empty() || hosts[0].empty()))
    return Mistake{400, "The request has no Host header."};
  const auto headers = All(head, "transfer-encoding");
  if (headers.empty()) return std::nullopt;
  if (head.version < 11) return Mistake{400, "HTTP/1.0 has no Transfer-Encoding."};
  if (!All(head, "content-length").empty())
    return Mistake{400, "The request has both Content-Length and Transfer-Encoding."};
  const auto codings = CodingsOf(headers);
  if (codings.empty() || !IsChunked(codings.back()) ||
      std::ranges::count_if(codings, IsChunked) > 1)
    return Mistake{400, "Transfer-Encoding does not end with chunked, once."};
  if (codings.size() > 1)
    return Mistake{501,
                   "Transfer-Encoding may be chunked alone here; say gzip by Content-Encoding."};
  return std::nullopt;
}

void TakeAbsoluteForm(Head& head) {
  std::string_view rest = head.target;
  const size_t colon = std::min(rest.find(':'), rest.size());
  const std::string_view scheme = rest.substr(0, colon);
  rest.remove_prefix(colon);
  if (!boost::beast::iequals(scheme, "http") && !boost::beast::iequals(scheme, "https")) return;
  if (!rest.starts_with("://")) return;
  rest.remove_prefix(3);
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string host(rest.substr(0, end));
  if (host.empty() || host.find('@') != std::string::npos) return;
  for (auto& [name, value] : head.headers) {
    if (name == "host") value = host;
  }
  head.target = (rest.substr(end).starts_with('/') ? "" : "/") + std::string(rest.substr(end));
}

}  // namespace ns::gateway::http
