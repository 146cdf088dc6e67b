#include "http/h1_framing.h"

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
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

std::vector<std::string> CodingsOf(const std::vector<std::string>& headers) {
  std::vector<std::string> codings;
  for (const std::string& header : headers) {
    std::vector<std::string> parts;
    boost::split(parts, header, boost::is_any_of(","));
    for (std::string& part : parts) {
      boost::trim_if(part, boost::is_any_of(" \t"));
      if (!part.empty()) codings.push_back(boost::to_lower_copy(part));
    }
  }
  return codings;
}

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
  if (codings.empty() || codings.back() != "chunked" || std::ranges::count(codings, "chunked") > 1)
    return Mistake{400, "Transfer-Encoding does not end with chunked, once."};
  if (codings.size() > 1)
    return Mistake{501,
                   "Transfer-Encoding may be chunked alone here; say gzip by Content-Encoding."};
  return std::nullopt;
}

}  // namespace ns::gateway::http
