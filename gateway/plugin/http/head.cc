#include "head.h"

#include <algorithm>

namespace ns::gateway::http {

std::string_view Find(const Headers& headers, std::string_view name) {
  const auto found =
      std::ranges::find_if(headers, [name](const auto& one) { return one.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace ns::gateway::http
