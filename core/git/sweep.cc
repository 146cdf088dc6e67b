#include "git/sweep.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "supervise/fd.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".git";

// Of all that is in the folder, mirrors alone.
std::vector<RepositoryId> Mirrors(const std::string& folder) {
  std::vector<RepositoryId> ids;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename();
    std::error_code ignored;
    if (!name.ends_with(kEnding) || !at->is_directory(ignored)) continue;
    name.resize(name.size() - kEnding.size());
    if (IsId(name)) ids.emplace_back(std::move(name));
  }
  return ids;
}

bool Needed(const RepositoryId& id, const SweepRules& rules, Duration unused) {
  if (unused >= rules.unused_after) return false;
  if (!rules.registered || unused < rules.forgotten_after) return true;
  return std::ranges::find(*rules.registered, id) != rules.registered->end();
}

// True when it is gone. Its lock is held meanwhile, so that no child of Git works in it.
bool Remove(const std::string& mirror, const RepositoryId& id, const SweepRules& rules, Time now) {
  const std::string path = mirror + ".lock";
  const supervise::Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return false;
  struct stat used {};
  if (::fstat(lock.get(), &used) != 0) return false;
  if (Needed(id, rules, now - Time(std::chrono::seconds(used.st_mtim.tv_sec)))) return false;
  std::error_code error;
  fs::remove_all(mirror, error);
  if (!error) fs::remove(path, error);
  if (error)
    log::Warn("a mirror that is not needed stays", {{"mirror", mirror}, {"why", error.message()}});
  return !error;
}

}  // namespace

std::vector<RepositoryId> SweepMirrors(const std::string& folder, const SweepRules& rules,
                                       Time now) {
  std::vector<RepositoryId> gone;
  for (const RepositoryId& id : Mirrors(folder)) {
    if (Remove(folder + "/" + id.str() + std::string(kEnding), id, rules, now)) gone.push_back(id);
  }
  std::ranges::sort(gone);
  return gone;
}

}  // namespace ns::git
