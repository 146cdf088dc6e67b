// One running host: the parts of its roles, made in order and taken down in reverse.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/config.h"

namespace ns::host {

class Node {
 public:
  // Makes everything that `roles` need. `program`: absolute path of nsd, for its own children.
  // kCancelled when asked to stop meanwhile.
  static Result<std::unique_ptr<Node>> Start(const config::Config& config,
                                             const std::vector<std::string>& roles,
                                             const std::string& program,
                                             const std::stop_token& cancel);
  ~Node();

  // Looks after the parts until a stop is requested. kUnavailable: a required plugin hangs, and the
  // process shall begin anew.
  Status Run(const std::stop_token& stop);
  // Takes what can be taken of a changed configuration without a restart: another site server.
  // [any-thread]
  void Reload(const config::Config& now);

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace ns::host
