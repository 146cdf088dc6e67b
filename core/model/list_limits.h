// How long the lists of an application and a repository may be.
#pragma once

#include <string>

#include "base/status.h"
#include "model/validate.h"

namespace ns::model {

inline constexpr size_t kMostWebsites = 100;
inline constexpr size_t kMostPorts = 100;
inline constexpr size_t kMostVariables = 200;  // besides those of the platform
inline constexpr size_t kMostOwners = 100;

// One variable more than an application may have.
inline Status TooManyVariables() {
  return {Code::kExhausted, "TooManyVariables",
          "an application has at most " + std::to_string(kMostVariables) + " variables"};
}

// Whether a list of `count` entries may be looked at; else that is added to `out`. One that `has`
// more already may keep as many.
inline bool CheckCount(const std::string& field, size_t count, size_t most, size_t has,
                       Violations& out) {
  if (has > most) most = has;
  if (count <= most) return true;
  out.push_back({field, "must have at most " + std::to_string(most) + " entries, has " +
                            std::to_string(count)});
  return false;
}

}  // namespace ns::model
