// The Registry port over the Docker Registry HTTP API V2.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "ports/registry.h"

namespace ns::registry {

struct RegistryOptions {
  std::string url;     // "http://127.0.0.1:5000" or "https://registry.example.com"
  std::string prefix;  // before the application id in repository names, e.g. "apps/"; may be empty
  std::string username;
  Secret password;
  Duration timeout = std::chrono::seconds(15);  // of one request
};

// Basic and bearer-token authentication, as the registry asks for. Failures: "RegistryUnavailable"
// (no answer, 5xx), kDenied where it refuses the credentials. [any-thread]
std::unique_ptr<ports::Registry> NewRegistry(RegistryOptions options, Clock& clock);

// "registry.example.com" or "127.0.0.1:5000" of a URL: how images name it.
std::string RegistryHost(const std::string& url);

}  // namespace ns::registry
