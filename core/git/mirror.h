// The local copy of one remote. The mirrors of its submodules are in its own folder "modules".
#pragma once

#include <string>
#include <vector>

#include "git/handle.h"
#include "git/session.h"
#include "git/wire.h"
#include "supervise/fd.h"

namespace ns::git {

// Holds the lock of the mirror while it lives: one child works on it at a time.
class Mirror {
 public:
  // Makes the mirror when absent, and anew when it cannot be opened.
  static Result<Mirror> Open(const Request& request);

  git_repository* repository() const { return repository_.get(); }
  bool Has(const std::string& hash) const;
  // Asks the remote when one of the request's hashes is missing; it may be so afterwards too.
  Status Bring();
  // Makes it anew and fetches everything.
  Status Restore();
  // Brings it up to date; a mirror that is damaged or has grown beyond its limit is made anew once.
  Status Update(Session& session);
  // Metadata of those of `hashes` that are commits here.
  std::vector<model::Commit> Commits(const std::vector<std::string>& hashes) const;

 private:
  Mirror(const Request& request, supervise::Fd lock) : request_(&request), lock_(std::move(lock)) {}
  Status OpenRepository();
  Status Renew();
  Status UpdateOnce(Session& session);

  const Request* request_;
  supervise::Fd lock_;
  Repository repository_;
};

// Bytes of all files below a folder; 0 when it is not there.
uint64_t FolderSize(const std::string& folder);

// The commit; null when it is not there.
CommitHandle FindCommit(git_repository* repository, const std::string& hash);

}  // namespace ns::git
