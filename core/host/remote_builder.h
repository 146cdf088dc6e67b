// A builder without a database: all it knows is told by a controller on another machine.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/config.h"

namespace ns::host {

// Whether a process with these roles is one: the role builder alone, and controllers to connect to.
bool IsRemoteBuilder(const config::Config& config, const std::vector<std::string>& roles);

class RemoteBuilder {
 public:
  // Needs no controller to be up. `program`: absolute path of nsd, for its own children.
  static Result<std::unique_ptr<RemoteBuilder>> Start(const config::Config& config,
                                                      const std::string& program);
  // Gives back what runs.
  ~RemoteBuilder();

  // Looks after the parts until a stop is requested. kUnavailable: a required plugin hangs, and the
  // process shall begin anew.
  Status Run(const std::stop_token& stop);
  // Nothing of a changed configuration concerns it before the next start. [any-thread]
  void Reload(const config::Config&) {}

 private:
  struct Parts;
  explicit RemoteBuilder(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace ns::host
