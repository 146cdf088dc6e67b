// Git at the remote end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/quarantine.h"
#include "model/repository.h"
#include "model/validate.h"
#include "ports/call.h"

namespace ns::ports {

struct Remote {
  RepositoryId id;  // names the local mirror
  std::string url;
  model::GitCredentials credentials;
  // Of one that lies on this disk: paths of repositories beside it that may be its submodules.
  std::vector<std::string> beside = {};
  friend bool operator==(const Remote&, const Remote&) = default;
};

// For whoever reads it. kPrecondition, "SealBroken": its credentials do not open, and without them,
// or with the installation's own key, it would be read as somebody else.
inline Result<Remote> RemoteOf(const model::Repository& repository) {
  if (!repository.credentials.seal_broken)
    return Remote{repository.id, repository.url, repository.credentials};
  return Status(Code::kPrecondition, model::kSealBroken,
                "the credentials of the repository " + model::Quoted(repository.name) +
                    " open with none of the keys: set them again; where nothing opens, put the key "
                    "file of this database back")
      .SetFault(Fault::kOperator);
}

// What a checkout does about files that the source keeps in Git LFS.
struct LargeFiles {
  bool fetch = false;  // false: their pointers stay
  // A line on how far it is, on the thread of the call; may be empty.
  std::function<void(const std::string&)> progress;
};

// Of a checkout that needs more in Remote::beside; the details are their names, one a line.
inline constexpr char kSubmoduleBeside[] = "SubmoduleBeside";

// Which key an SSH server has proved to hold, and whether a fetch would talk to it.
struct HostKeyLook {
  std::string line;  // "ssh-ed25519 AAAA..."
  Status verdict;    // "HostKeyChanged", "HostKeyRefused"
};

// Calls block. Reasons: "RemoteUnreachable", "RemoteTimeout", "AuthenticationFailed",
// "HostKeyChanged", "HostKeyRefused", "RepositoryNotFound", "AddressRefused", "LimitExceeded",
// "CommitNotFound", "CheckoutRefused", "LfsRefused", "LfsObjectNotFound", kSubmoduleBeside.
class GitRemote {
 public:
  virtual ~GitRemote() = default;
  // Short and full names of branches and tags and HEAD, sorted by name; tags peeled.
  virtual Result<std::vector<model::GitRef>> ListRefs(const Call& call, const Remote& remote) = 0;
  // Brings the mirror up to date and reads metadata of `hashes`; those that are not there are left
  // out.
  virtual Result<std::vector<model::Commit>> Commits(const Call& call, const Remote& remote,
                                                     const std::vector<std::string>& hashes) = 0;
  // Fills the empty or absent folder `path` with exactly `commit`: no .git, no hooks, no link that
  // leaves the tree.
  virtual Status Checkout(const Call& call, const Remote& remote, const std::string& commit,
                          const std::string& path, const LargeFiles& large) = 0;
  // The key that the host of an SSH remote shows. It is told nothing but that somebody connects.
  virtual Result<HostKeyLook> HostKey(const Call& call, const Remote& remote) = 0;
};

}  // namespace ns::ports
