// The loops. One small file each.
#pragma once

#include <memory>
#include <string>

#include "base/secret.h"
#include "plan/cleanup.h"
#include "reconcile/loop.h"

namespace ns::reconcile {

// LoopOptions::rest of loops that read the whole queue: a flood of hints costs ten or twenty looks
// a second, and a single one is followed at once.
inline constexpr Duration kQueueRest = std::chrono::milliseconds(50);
inline constexpr Duration kClaimsRest = std::chrono::milliseconds(100);

// Repository -> which applications moved to which commit.
std::unique_ptr<Loop> NewFetcher();
// Application -> is a build needed?
std::unique_ptr<Loop> NewRegisterer(Secret key);
// Application -> which release shall run, with which settings and routes. Apart from the
// synchronizer, so that a new target can interrupt a deploy that is under way.
std::unique_ptr<Loop> NewReleaser(Secret key);
// The queue -> which build to which builder.
std::unique_ptr<Loop> NewStarter();
// Expired leases -> queued again or failed.
std::unique_ptr<Loop> NewCrashDetector();

struct SynchronizerOptions {
  int64_t epoch = 0;
  std::string page_upstream;    // "http://127.0.0.1:port"
  Secret key{};                 // of the plan keys
  std::string site_upstream{};  // where static sites are served: "http://127.0.0.1:port"
};
// Application -> the backend made as the target says; of tombstones nothing is left there.
std::unique_ptr<Loop> NewSynchronizer(SynchronizerOptions options);

// Application -> what the backend shows is stored; what is not as it should be wakes the
// synchronizer. Decides nothing.
std::unique_ptr<Loop> NewObserver(SynchronizerOptions options);

// Application -> images and logs that nobody needs go; tombstones go to the last row. kJournalKey
// -> events that are too old go.
std::unique_ptr<Loop> NewCleaner(plan::Retention retention);

// Application -> its release on this host's disk; kSweepKey -> what nobody needs goes. Of a host of
// static sites, called `host` by people.
std::unique_ptr<Loop> NewSites(std::string host);

// Of a host that builds. They share what the host holds, so they belong into one engine.
struct BuilderLoops {
  // kQueueKey -> which builds are claimed for this host: renews the claims, wakes attempts and
  // interrupts those whose claim is lost or that shall be cancelled. kLeaveKey: the host stops;
  // what runs is given back to the queue.
  std::unique_ptr<Loop> claims;
  // kQueueKey -> attempts whose claim may have run out by our own clock, however long a renewal may
  // hang. Woken by `claims`.
  std::unique_ptr<Loop> guard;
  // Build -> run, then settle until that is acknowledged or refused. Woken by `claims`.
  std::unique_ptr<Loop> attempts;
};
inline constexpr char kLeaveKey[] = "leave";
BuilderLoops NewBuilderLoops();

}  // namespace ns::reconcile
