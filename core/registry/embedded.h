// The registry of a one-machine installation: docker-registry on loopback, with its storage in the
// data folder.
#pragma once

#include <string>

#include "base/status.h"
#include "supervise/supervisor.h"

namespace ns::registry {

struct EmbeddedRegistry {
  std::string folder;  // configuration and images; made when absent
  int port = 5000;     // on 127.0.0.1
  std::string program = "/usr/bin/docker-registry";
  std::optional<supervise::Account> account;  // whom it runs as; the folder is given to it
  bool read_only = false;                     // takes no pushes
};

// The file that it is configured by.
std::string EmbeddedRegistryConfig(const EmbeddedRegistry& registry);

// "http://127.0.0.1:<port>".
std::string EmbeddedRegistryUrl(const EmbeddedRegistry& registry);

// Writes the configuration and gives the helper named "registry". kUnavailable when the program is
// missing, with the package to install.
Result<supervise::HelperSpec> PrepareEmbeddedRegistry(const EmbeddedRegistry& registry);

}  // namespace ns::registry
