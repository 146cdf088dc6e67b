// Why an application is as it is. Pure. The reasons are listed in docs/conditions.md.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "model/snapshot.h"

namespace ns::plan {

// The condition of that type that says that a loop cannot work on the application ("Quarantined",
// "SealBroken"), or null. One that its loop has not repeated in time is over: the loop works again,
// elsewhere.
const model::Condition* Quarantined(const model::AppSnapshot& snapshot, std::string_view type);

// "Source" (is the ref there) and "Build" (is there one to run).
std::vector<model::Condition> BuildConditions(const model::AppSnapshot& snapshot);

// "Release": whether what is decided to run is what ref and settings ask for.
model::Condition ReleaseCondition(const model::AppSnapshot& snapshot, const Secret& key);

// "Deploy" (does it run). `observed` may be null; `failure`: of the last look or apply, when it
// failed.
model::Condition DeployCondition(const model::AppSnapshot& snapshot,
                                 const model::ObservedApp* observed, const Status& failure);

// "Site": of a host of static sites that has the release of the target on disk, or has not for that
// reason. `host`: its name.
model::Condition SiteCondition(const Status& brought, const std::string& host);

// "Cleanup": of a pass of the cleaner that came to its end.
model::Condition CleanupCondition();

// "Observed": whether the last look at the backend succeeded; since when not, nothing is known.
model::Condition ObservedCondition(const Status& look);

// True when `now` says something else than `before` does about the same types; times do not count.
bool ConditionsChanged(const std::vector<model::Condition>& before,
                       const std::vector<model::Condition>& now);

// Why nothing is known of what runs: the last look failed, or the next one is long overdue. Nothing
// where the last look can be relied on, or where nothing was ever to be looked at.
std::optional<model::Condition> Unseen(const model::AppSnapshot& snapshot);

// "Host": whether anybody acts on an application; `backend`: that it runs on.
model::Condition HostCondition(const model::Attendance& attendance, const std::string& backend);

// "Build" of a build, from its row alone: since when, and when something happens by itself. `queue`
// may be null; else a queued build that no live builder can build says so. `now`: of the read.
model::Condition BuildCondition(const model::Build& build, const model::QueueSnapshot* queue,
                                Time now);

// "Fetch" of a repository.
model::Condition FetchCondition(const Status& outcome, size_t refs);

}  // namespace ns::plan
