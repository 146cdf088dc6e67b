// What happened in the last deploy, step by step. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.h"

namespace ns::api {

struct Step {
  std::string name;
  Time begin = kNever, end = kNever;  // end of an unfinished one: now
  bool finished = false;
};

struct Timeline {
  int64_t generation = 0;  // 0: not deployed yet, or the build failed
  ReleaseId release;
  BuildId build;  // empty: made without a build
  std::string commit;
  std::vector<Step> steps;  // in order of time, never empty
  bool finished = false;
};

// The build that a deploy would begin with: one under way or failed that is newer than the release,
// else the one that the current release was made of, when this is its first release. Null: the last
// deploy needed no build. `releases` are the application's, newest first.
const model::Build* BuildOfDeploy(const model::AppSnapshot& snapshot,
                                  const std::vector<model::Release>& releases);

// `build` as above; `build_events` are its own, oldest first. nullopt: nothing was ever deployed or
// built, or the backend names no step of it.
std::optional<Timeline> LastDeploy(const model::AppSnapshot& snapshot, const model::Build* build,
                                   const std::vector<model::Event>& build_events);

}  // namespace ns::api
