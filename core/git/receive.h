// The GitReceive port on git's own receive-pack and upload-pack, each in a short-lived child of its
// own.
#pragma once

#include <memory>

#include "git/git_remote.h"
#include "ports/git_receive.h"

namespace ns::git {

struct ReceiveOptions {
  std::string folder;   // of the repositories, NAME.git each; made when absent
  std::string program;  // path of git; empty: there is none, and nothing can be received
  GitOptions git;       // its worker, sandbox, bubblewrap and memory_limit count here too
  uint64_t push_limit = uint64_t{1} << 30;        // bytes of one push
  uint64_t repository_limit = uint64_t{4} << 30;  // bytes of one repository
  size_t ref_limit = 10'000;                      // branches and tags of one repository
  Duration ask_every = std::chrono::seconds(30);  // whether a push may still be
};

// Whose calls must have a deadline. [any-thread]
std::unique_ptr<ports::GitReceive> NewGitReceive(ReceiveOptions options, Clock& clock);

}  // namespace ns::git
