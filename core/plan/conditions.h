// Why an application is as it is. Pure. The reasons are listed in docs/reasons.md.
#pragma once

#include <vector>

#include "model/snapshot.h"

namespace ns::plan {

// "Source" (is the ref there) and "Build" (is there one to run).
std::vector<model::Condition> BuildConditions(const model::AppSnapshot& snapshot);

// "Deploy" (does it run). `observed` may be null; `failure`: of the last look or apply, when it
// failed.
model::Condition DeployCondition(const model::AppSnapshot& snapshot,
                                 const model::ObservedApp* observed, const Status& failure);

// "Observed": whether the last look at the backend succeeded; since when not, nothing is known.
model::Condition ObservedCondition(const Status& look);

// True when `now` says something else than `before` does about the same types; times do not count.
bool ConditionsChanged(const std::vector<model::Condition>& before,
                       const std::vector<model::Condition>& now);

// "Fetch" of a repository.
model::Condition FetchCondition(const Status& outcome, size_t refs);

}  // namespace ns::plan
