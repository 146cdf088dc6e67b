// Why an application is as it is. Pure. The reasons are listed in docs/reasons.md.
#pragma once

#include <vector>

#include "model/snapshot.h"

namespace ns::plan {

// "Source" (is the ref there), "Build" (is there one to run) and "Deploy" (does it run). `deploy_failure`: of the last apply, when it failed.
std::vector<model::Condition> AppConditions(const model::AppSnapshot& snapshot, const model::ObservedApp* observed,
                                            const Status& deploy_failure);

// "Fetch" of a repository.
model::Condition FetchCondition(const Status& outcome, size_t refs);

}  // namespace ns::plan
