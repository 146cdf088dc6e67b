#include "plan/cleanup.h"

#include <algorithm>

namespace ns::plan {
namespace {

using model::Build;
using model::ImageState;

bool InUse(const model::AppHistory& history, const model::Release& release) {
  return release.id == history.app.target.release || release.id == history.app.pinned;
}

// Builds that a release which must be able to run was made of.
std::set<BuildId> Released(const model::AppHistory& history, const Retention& retention) {
  std::set<BuildId> needed;
  int kept = 0;
  for (const model::Release& release : history.releases) {  // newest first
    const bool in_use = InUse(history, release);
    if (in_use || needed.contains(release.build) || kept < retention.releases)
      kept += needed.insert(release.build).second ? 1 : 0;
  }
  return needed;
}

Time After(Time begin, Duration age) {
  return begin + std::chrono::duration_cast<std::chrono::microseconds>(age);
}

// Whether `when` has come; else it is looked at again then.
bool Come(Cleanup& cleanup, Time when, Time now) {
  if (when <= now) return true;
  cleanup.next = cleanup.next == kNever ? when : std::min(cleanup.next, when);
  return false;
}

// Its age is that of the one that took its place.
void DropReleases(Cleanup& cleanup, const model::AppHistory& history, const Retention& retention) {
  std::set<BuildId> newer;
  int kept = 0;
  Time replaced = kNever;
  for (const model::Release& release : history.releases) {  // newest first
    const bool useless = !newer.insert(release.build).second || release.image_gone;
    if (useless && !InUse(history, release) && kept >= retention.releases &&
        Come(cleanup, After(replaced, retention.history), history.now))
      cleanup.releases.push_back(release.id);
    else
      ++kept;
    replaced = release.created_at;
  }
}

}  // namespace

Cleanup DecideCleanup(const model::AppHistory& history, const Retention& retention) {
  Cleanup cleanup;
  const std::set<BuildId> released = Released(history, retention);
  const std::set<BuildId> logged(history.logged.begin(), history.logged.end());
  for (const Build& build : history.builds) {
    if (!model::IsTerminal(build.status)) continue;
    const bool current =
        build.status == model::BuildStatus::kSucceeded && build.commit == history.app.commit;
    if (released.contains(build.id) || current) continue;
    const bool image = build.image_state == ImageState::kKept && build.attempt > 0;
    if (image && Come(cleanup, After(build.finished_at, retention.settling), history.now))
      cleanup.condemn.push_back(build.id);
    const Duration logs = std::max(retention.logs, retention.settling);
    if (logged.contains(build.id) && Come(cleanup, After(build.finished_at, logs), history.now))
      cleanup.logs.push_back(build.id);
  }
  DropReleases(cleanup, history, retention);
  return cleanup;
}

std::set<std::string> KeptDigests(const model::AppHistory& history) {
  std::set<std::string> digests;
  for (const Build& build : history.builds) {
    if (build.image_state == ImageState::kKept && !build.image.digest.empty())
      digests.insert(build.image.digest);
  }
  return digests;
}

bool HasArtifacts(const model::AppHistory& history, const std::vector<BuildId>& builds) {
  return std::any_of(history.builds.begin(), history.builds.end(), [&](const Build& build) {
    const bool named =
        builds.empty() || std::find(builds.begin(), builds.end(), build.id) != builds.end();
    return named && build.image.IsArtifact();
  });
}

std::vector<BuildId> Condemned(const model::AppHistory& history) {
  std::vector<BuildId> condemned;
  for (const Build& build : history.builds) {
    if (build.image_state == ImageState::kCondemned) condemned.push_back(build.id);
  }
  return condemned;
}

}  // namespace ns::plan
