// Heads of HTTP requests and answers, whatever the version.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ns::gateway::http {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// The value of the first header of that name, or empty.
std::string_view Find(const Headers& headers, std::string_view name);

struct Head {
  std::string method;  // "POST"
  std::string target;  // path and query, not decoded
  Headers headers;     // with "host", of HTTP/2 too
  int version = 11;    // 10, 11 or 20

  std::string_view Header(std::string_view name) const { return Find(headers, name); }
};

struct ResponseHead {
  int status = 200;
  Headers headers;
};

// What one header counts for. Source of the rule: RFC 9113, section 6.5.2.
constexpr size_t SizeOf(std::string_view name, std::string_view value) {
  return name.size() + value.size() + 32;
}

// Whether an answer of that status is its head alone, as every answer to HEAD is, in any version.
// Source of rules: RFC 9110, sections 6.4.1, 8.6, 9.3.2 and 15.4.5; RFC 9112, section 6.1.
bool HasNoBody(int status);

}  // namespace ns::gateway::http
