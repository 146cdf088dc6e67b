// From artifacts in a storage to sites on this machine's disk.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "ports/storage.h"
#include "ssgen/site_folders.h"
#include "ssgen/turns.h"

namespace ns::ssgen {

// A site that shall be on disk.
struct Site {
  SiteName name;
  std::string key;       // of its artifact in the storage
  ports::Digest digest;  // of its artifact
  bool spa = false;      // what is not there is answered with its index.html
  friend bool operator==(const Site&, const Site&) = default;
};

// Each artifact is fetched once, however many sites and calls want it, and is whole and verified
// before anything leads to it; what fails leaves all that was there. The files of an artifact have
// one modification time, which no other artifact here has: servers make entity tags of size and
// time in whole seconds, and two releases may have been unpacked within one. Nobody else writes
// below `root`. [any-thread]
class SiteFiles {
 public:
  SiteFiles(const std::string& root, ports::Storage& storage, const Clock& clock);

  // To be called once, before all else.
  Status Open();

  // Returns when the site is on disk, or why it cannot be: kInvalid of the source for an artifact
  // that is none, "DigestMismatch" where the storage gives other bytes, "DiskFull", what the
  // storage says; kInvalid for a name that can be no folder; kCancelled or kDeadline soon after the
  // call is over, also while another call fetches the same.
  Status Bring(const ports::Call& call, const Site& site);

  // Sites that are on disk; of all applications, or of one.
  std::vector<SiteName> Present();
  std::vector<SiteName> PresentOf(const AppId& app);

  // Takes these away, links that lead nowhere, and then the artifacts that nothing leads to. The
  // first failure is told; it keeps nothing else from going.
  Status Drop(const std::vector<SiteName>& gone);

 private:
  // True: the artifact is there, and the site leads to it.
  Result<bool> LinkIfThere(const Site& site);
  Status Fetch(const ports::Call& call, const Site& site);
  Status Download(const ports::Call& call, const Site& site, const std::string& file);
  std::chrono::sys_seconds NextTime();
  SiteFolders::Unused Forget(const std::vector<SiteName>& gone);

  ports::Storage& storage_;
  const Clock& clock_;
  Guarded<SiteFolders> folders_;
  Guarded<std::chrono::sys_seconds> last_time_;  // of an artifact
  Turns turns_;                                  // to fetch an artifact
};

}  // namespace ns::ssgen
