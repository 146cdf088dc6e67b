// Which applications moved to which commit. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/repository.h"
#include "model/snapshot.h"

namespace ns::plan {

// The commit of `ref` (short or full name, or HEAD) among `refs`; model::kNoCommit when it is not
// there.
std::string Resolve(const std::vector<model::GitRef>& refs, const std::string& ref);

// Followers whose commit changes, each with its new commit.
std::vector<model::Follower> Moved(const std::vector<model::Follower>& followers,
                                   const std::vector<model::GitRef>& refs);

}  // namespace ns::plan
