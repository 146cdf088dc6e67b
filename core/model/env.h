// Environment variables of an application.
#pragma once

#include <string>

#include "base/secret.h"
#include "model/app_enums.h"

namespace ns::model {

// Which side sees a variable. What a build sees is in its build key, and nothing else is.
enum class EnvScope { kRun = 0, kBuild = 1, kBoth = 2 };

struct EnvVar {
  std::string key;  // [A-Z_][A-Z0-9_]*, at most 100 bytes
  Secret value;     // UTF-8, at most 64 KiB
  EnvScope scope = EnvScope::kRun;
  bool secret = false;  // never read back by the project's own clients
  bool system = false;  // set by the platform; users cannot change it
  // No key opens the value any more: it is empty here, and what needs it cannot be done.
  bool seal_broken = false;

  bool InRun() const { return scope != EnvScope::kBuild; }
  bool InBuild() const { return scope != EnvScope::kRun; }
  friend bool operator==(const EnvVar&, const EnvVar&) = default;
};

}  // namespace ns::model
