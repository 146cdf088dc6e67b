// What of an application's past may go. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/snapshot.h"

namespace ns::plan {

// What an installation keeps of the past.
struct Retention {
  int releases = 10;  // of an application, whose images can be rolled back to
  Duration logs = std::chrono::hours(24 * 30);     // of settled builds
  Duration history = std::chrono::hours(24 * 90);  // events, and releases of no more use
  Duration settling = std::chrono::hours(1);       // of a build that has just ended: all is kept
  friend bool operator==(const Retention&, const Retention&) = default;
};

struct Cleanup {
  std::vector<BuildId> condemn;  // their images are needed no more
  std::vector<BuildId> logs;     // whose logs go
  std::vector<ReleaseId> releases;
  // When there is more to be done, if nothing but time passes; kNever: there is not.
  Time next = kNever;
  bool Empty() const { return condemn.empty() && logs.empty() && releases.empty(); }
};

// Kept are the images of what runs or is pinned, of the newest releases, of builds of the current
// commit, and of builds that have not settled. A log is kept as long as the image of its
// build, and for the time of the policy. A release goes where its image is gone or a newer one was
// made of the same build, and another took its place that long ago, unless it is in use or among
// the newest.
Cleanup DecideCleanup(const model::AppHistory& history, const Retention& retention);

// Digests that must stay in the registry: those of builds whose image is kept.
std::set<std::string> KeptDigests(const model::AppHistory& history);

// Whether one of these builds (none named: any) has left an artifact, which only a storage can
// remove.
bool HasArtifacts(const model::AppHistory& history, const std::vector<BuildId>& builds);

// Builds whose image is condemned and may still be in the registry.
std::vector<BuildId> Condemned(const model::AppHistory& history);

}  // namespace ns::plan
