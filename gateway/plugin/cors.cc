#include "cors.h"

#include <algorithm>

namespace ns::gateway {
namespace {

// What the protocols read in answers beyond what every page may.
constexpr char kExposed[] =
    "grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding, connect-content-encoding, "
    "content-encoding";
constexpr char kDay[] = "86400";  // seconds; browsers take less

}  // namespace

bool Cors::IsPreflight(const http::Head& head) const {
  return !origins_.empty() && head.method == "OPTIONS" && !head.Header("origin").empty() &&
         !head.Header("access-control-request-method").empty();
}

http::Headers Cors::For(const http::Head& head) const {
  if (origins_.empty()) return {};
  http::Headers headers{{"vary", "origin"}};
  const std::string_view origin = head.Header("origin");
  const auto lists = [this](std::string_view one) {
    return std::ranges::find(origins_, one) != origins_.end();
  };
  if (origin.empty()) return headers;
  if (lists(origin)) {
    headers.emplace_back("access-control-allow-origin", origin);
    headers.emplace_back("access-control-allow-credentials", "true");
  } else if (lists("*")) {
    headers.emplace_back("access-control-allow-origin", "*");
  } else {
    return headers;
  }
  headers.emplace_back("access-control-expose-headers", kExposed);
  return headers;
}

// What is asked for is allowed: the host looks at the request itself.
http::ResponseHead Cors::Preflight(const http::Head& head) const {
  http::ResponseHead answer{204, For(head)};
  if (http::Find(answer.headers, "access-control-allow-origin").empty()) return answer;
  answer.headers.emplace_back("access-control-allow-methods", "GET, POST");
  const std::string_view asked = head.Header("access-control-request-headers");
  if (!asked.empty()) answer.headers.emplace_back("access-control-allow-headers", asked);
  answer.headers.emplace_back("access-control-max-age", kDay);
  return answer;
}

}  // namespace ns::gateway
