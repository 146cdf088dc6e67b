// Which builds to register, start and expire. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "model/snapshot.h"

namespace ns::plan {

// Whether one of them is queued or building.
bool AnyLive(const std::vector<model::Build>& builds);

struct Registration {
  std::optional<model::Build> build;  // without id, times and attempt
  std::vector<BuildId> supersede;     // still queued
  std::vector<BuildId> cancel;        // running
  bool Empty() const { return !build && supersede.empty() && cancel.empty(); }
};

// Compares what the application's source and settings ask for with the builds there are. Registers
// nothing for an application that shall not run, whose commit is unknown, or that has a build that
// counts. A build needed for the current commit makes every other live one needless. A commit whose
// retry was asked for is built again, also when the ref has moved on.
Registration DecideBuild(const model::AppSnapshot& snapshot, const Secret& key);

// Whether that builder has a plugin for builds by `method`.
bool CanBuild(const model::BuilderState& builder, const std::string& method);

// Which builds to start now, and where. First comes the owner with fewest builds under way, of
// those the one who has waited longest since a build of theirs was started; of an owner's builds
// first those of applications that have nothing to run yet, then the oldest. Each goes to the
// builder with most free slots of those that can build it; never two builds of one application at
// once.
std::vector<model::BuildClaim> AssignBuilds(const model::QueueSnapshot& queue);

struct Expiry {
  BuildId build;
  int attempt = 0;
  model::BuildResult result;
};

// Builds whose lease has run out: queued again while attempts are left, else failed. The platform's
// fault.
std::vector<Expiry> ExpireBuilds(const model::QueueSnapshot& queue);

// How a failed attempt ends: queued again with a growing wait when attempts are left and the
// platform is at fault, or something of the operator's is out of reach.
model::BuildResult AfterFailure(const Status& failure, int attempt);

}  // namespace ns::plan
