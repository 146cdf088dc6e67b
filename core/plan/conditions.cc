#include "plan/conditions.h"

#include <algorithm>

namespace ns::plan {
namespace {

using model::BuildStatus;
using model::Condition;
using model::DesiredState;

Condition Make(std::string type, bool ok, std::string reason, std::string message) {
  Condition condition;
  condition.type = std::move(type);
  condition.ok = ok;
  condition.reason = std::move(reason);
  condition.message = std::move(message);
  return condition;
}

Condition Source(const model::Application& app) {
  if (app.commit.empty())
    return Make("Source", false, "NotFetched", "the repository has not been read yet");
  if (app.commit == model::kNoCommit) {
    return Make("Source", false, "RefMissing",
                "the remote has no ref \"" + app.ref + "\": push it, or set another ref");
  }
  return Make("Source", true, "RefResolved", app.ref + " is " + app.commit.substr(0, 12));
}

std::string Short(const model::Build& build) {
  return "build " + build.id.str().substr(0, 8) + " of " + build.commit.substr(0, 12);
}

Condition BuildState(const model::AppSnapshot& snapshot) {
  const auto newest =
      std::find_if(snapshot.builds.begin(), snapshot.builds.end(),
                   [](const model::Build& build) { return build.status != BuildStatus::kSkipped; });
  if (newest == snapshot.builds.end()) {
    const bool stopped = snapshot.app.desired == DesiredState::kStopped;
    return Make("Build", false, "NeverBuilt",
                stopped ? "nothing is built while the application is stopped"
                        : "no build is registered yet");
  }
  const model::Build& build = *newest;
  const std::string& why = build.outcome.message();
  switch (build.status) {
    case BuildStatus::kQueued:
      if (build.attempt > 0)
        return Make("Build", false, "BuildRetrying",
                    Short(build) + " waits for another attempt: " + why);
      return Make("Build", false, "BuildQueued", Short(build) + " waits for a builder");
    case BuildStatus::kBuilding:
      return Make("Build", false, "Building", Short(build) + " is under way");
    case BuildStatus::kSucceeded:
      return Make("Build", true, "BuildSucceeded", Short(build) + " succeeded");
    case BuildStatus::kCancelled:
      return Make("Build", false, "BuildCancelled", Short(build) + " was cancelled");
    case BuildStatus::kFailed:
    case BuildStatus::kSkipped:
      break;
  }
  return Make("Build", false,
              build.outcome.reason().empty() ? "BuildFailed" : build.outcome.reason(),
              Short(build) + " failed: " + why);
}

}  // namespace

std::vector<Condition> BuildConditions(const model::AppSnapshot& snapshot) {
  return {Source(snapshot.app), BuildState(snapshot)};
}

Condition DeployCondition(const model::AppSnapshot& snapshot, const model::ObservedApp* observed,
                          const Status& failure) {
  if (!failure.ok()) {
    const std::string reason = failure.reason().empty() ? "DeployFailed" : failure.reason();
    const bool serving = observed != nullptr && observed->ready > 0;
    return Make("Deploy", false, reason,
                failure.message() + (serving ? "; the release before goes on serving" : ""));
  }
  if (snapshot.app.target.state == DesiredState::kStopped) {
    if (snapshot.app.desired == DesiredState::kRunning)
      return Make("Deploy", false, "NeverDeployed", "there is no succeeded build to run");
    return Make("Deploy", true, "Stopped", "stopped as asked");
  }
  if (observed == nullptr)
    return Make("Deploy", false, "NotObserved", "the backend has not been asked yet");
  return Make("Deploy", observed->converged,
              observed->reason.empty() ? "Unknown" : observed->reason, observed->message);
}

Condition ObservedCondition(const Status& look) {
  if (look.ok()) return Make("Observed", true, "Observed", "the backend was looked at");
  return Make("Observed", false, "Unknown",
              "what runs is unknown since the backend cannot be looked at: " + look.message());
}

bool ConditionsChanged(const std::vector<Condition>& before, const std::vector<Condition>& now) {
  return std::any_of(now.begin(), now.end(), [&](const Condition& one) {
    return std::none_of(before.begin(), before.end(), [&](const Condition& old) {
      return old.type == one.type && old.ok == one.ok && old.reason == one.reason &&
             old.message == one.message;
    });
  });
}

Condition FetchCondition(const Status& outcome, size_t refs) {
  if (outcome.ok())
    return Make("Fetch", true, "Fetched", std::to_string(refs) + " refs at the remote");
  return Make("Fetch", false, outcome.reason().empty() ? "FetchFailed" : outcome.reason(),
              outcome.message());
}

}  // namespace ns::plan
