// The GitRemote port on libgit2, which has neither deadlines nor limits: each call runs in a
// short-lived child of this program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "ports/git_remote.h"

namespace ns::git {

// kAuto: in a sandbox where one can be had; kRequired: not without.
enum class SandboxMode { kAuto, kRequired, kOff };

struct GitOptions {
  std::vector<std::string>
      worker;  // command of a child that calls RunGitWorker(0, 1), e.g. {"/path/nsd", "git-worker"}
  std::string folder;  // mirrors (<repository id>.git) and known_hosts; made when absent
  std::vector<std::string>
      private_hosts;    // names, addresses or CIDR ranges that may be fetched though private
  Secret ssh_key;       // the installation's own, for SSH remotes without a key of their own
  std::string ca_file;  // PEM bundle; empty: the system's
  Duration list_deadline = std::chrono::seconds(20);
  Duration fetch_deadline = std::chrono::minutes(10);
  uint64_t memory_limit = uint64_t{1} << 30;  // bytes of address space of the child
  uint64_t mirror_limit = uint64_t{4} << 30;  // bytes of one mirror and of one checkout, with their
                                              // submodules
  uint64_t entry_limit = 1'000'000;           // files and folders of one checkout
  bool lfs = true;  // false: pointers of Git LFS stay, whatever a caller asks for
  SandboxMode sandbox = SandboxMode::kAuto;
  std::string bubblewrap;       // path of bwrap; empty: there is none
  uint64_t ref_limit = 50'000;  // branches and tags of one remote
};

// Remotes on private, loopback, link-local and other not globally routed addresses are refused with
// "AddressRefused" unless listed; the connection goes to the address that was checked, also after
// redirects. The host of a remote with pinned keys must show one of them; the keys of others are
// trusted on first use and kept. A URL that is an absolute path is a
// bare repository on this disk, which nobody can register. [any-thread]
std::unique_ptr<ports::GitRemote> NewGitRemote(GitOptions options, Clock& clock);

// Whether a child of these options can run in a sandbox here; "SandboxUnavailable" says why not.
// Takes some 20 ms.
Status TrySandbox(const GitOptions& options, Clock& clock);

// The child's side: one request from `in`, notes and one answer to `out`. Gives the exit code.
int RunGitWorker(int in, int out);

}  // namespace ns::git
