// Where images are kept.
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"
#include "ports/call.h"

namespace ns::ports {

class Registry {
 public:
  virtual ~Registry() = default;
  // "host:port/prefix/<app>" for an application's images.
  virtual std::string RepositoryFor(const AppId& app) const = 0;
  // Whether the registry answers, with the reason "RegistryUnavailable" when not.
  virtual Status Ping(const Call& call) = 0;
  // "sha256:..." of a tag. kNotFound.
  virtual Result<std::string> Digest(const Call& call, const AppId& app,
                                     const std::string& tag) = 0;
  // Empty for an unknown repository.
  virtual Result<std::vector<std::string>> Tags(const Call& call, const AppId& app) = 0;
  // Removes the manifest and every tag of it; an absent one is no failure.
  virtual Status Delete(const Call& call, const AppId& app, const std::string& digest) = 0;
};

}  // namespace ns::ports
