// The network of each application.
#pragma once

#include <string>

#include "config.h"
#include "docker/engine.h"

namespace ns::backend_docker {

class Networks {
 public:
  // `lock_file`: held while a subnet is chosen, by all processes of the installation on this
  // machine.
  Networks(docker::Engine& engine, const Config& config, std::string installation,
           std::string lock_file);

  // The application's network, made when it is not there. Throws NetworkExhausted when the
  // configured range is full.
  docker::Network Ensure(const sdk::Call& call, const std::string& app);
  // An address of that network that no container of the application was made with.
  std::string FreeAddress(const sdk::Call& call, const docker::Network& network,
                          const std::string& app);
  void Remove(const sdk::Call& call, const std::string& app);

 private:
  docker::Network Make(const sdk::Call& call, const std::string& app);

  docker::Engine& engine_;
  const Config& config_;
  const std::string installation_, lock_file_;
};

}  // namespace ns::backend_docker
