// The target of an HTTP request: path and query.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ns::gateway::rpc {

struct Target {
  std::string path;                          // as it came, not decoded
  std::map<std::string, std::string> query;  // decoded; the first of a name counts
};

// nullopt: malformed (no path, broken %-escape in the query).
std::optional<Target> ParseTarget(std::string_view target);

}  // namespace ns::gateway::rpc
