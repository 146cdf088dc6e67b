// The Docker CLI of this machine.
#pragma once

#include <mutex>
#include <string>

#include "ns/sdk/call.h"

namespace ns::engine_docker {

// Finds a CLI that builds with BuildKit and knows secrets: 20.10 by itself, 23 and later with
// buildx. [any-thread]
class Cli {
 public:
  // `binary`: path, or empty for /usr/bin/docker and then the PATH.
  explicit Cli(std::string binary) : binary_(std::move(binary)) {}

  // Its path. Throws EngineUnavailable, the operator's fault, when there is none. Remembers the
  // first one found.
  std::string Find(const sdk::Call& call);

 private:
  const std::string binary_;
  std::mutex mutex_;
  std::string found_;
};

// Of the configuration that the CLI reads: the hosts that builds reach without a proxy. Empty
// without one.
std::string ConfiguredNoProxy(const std::string& home, const std::string& docker_host);

}  // namespace ns::engine_docker
