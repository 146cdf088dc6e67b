// The mount, process and IPC namespaces a Git child runs in, made by bubblewrap.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "git/git_remote.h"

namespace ns::git {

// The command that runs `options.worker` with nothing to see but /usr and what comes with it, the
// files that TLS and name resolution need, `writable`, and `readable`; without capabilities. The
// network is the machine's.
std::vector<std::string> SandboxedCommand(const GitOptions& options,
                                          const std::vector<std::string>& writable,
                                          const std::vector<std::string>& readable = {});

// Decides, and says once, whether children run in a sandbox. [any-thread]
class SandboxChoice {
 public:
  SandboxChoice(const GitOptions& options, Clock& clock) : options_(options), clock_(clock) {}

  // True: with SandboxedCommand. A failed trial is repeated after five minutes.
  // "SandboxUnavailable" where one is required and cannot be had.
  Result<bool> Use();

 private:
  struct Trial {
    Status outcome;
    Duration at{};
  };

  const GitOptions& options_;
  Clock& clock_;
  Guarded<std::optional<Trial>> last_;
};

}  // namespace ns::git
