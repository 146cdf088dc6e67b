#include "plan/conditions.h"

#include <algorithm>

#include "model/quarantine.h"
#include "plan/builds.h"
#include "plan/deploy.h"

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

Condition Dated(Condition condition, Time since, Time looked, Time next) {
  condition.since = since;
  condition.last_looked = looked;
  condition.next_look = next;
  return condition;
}

std::string Short(const model::Build& build) {
  return "build " + build.id.str().substr(0, 8) + " of " + build.commit.substr(0, 12);
}

Condition StateOf(const model::Build& build) {
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
    case BuildStatus::kSkipped:
      return Make("Build", false, "Superseded", Short(build) + " was put aside: " + why);
    case BuildStatus::kFailed:
      break;
  }
  return Make("Build", false,
              build.outcome.reason().empty() ? "BuildFailed" : build.outcome.reason(),
              Short(build) + " failed: " + why);
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
  return StateOf(*newest);
}

// Nobody who could build it is there.
std::optional<Condition> NoBuilder(const model::Build& build, const model::QueueSnapshot& queue) {
  const auto app = queue.apps.find(build.app);
  if (build.status != BuildStatus::kQueued || app == queue.apps.end()) return std::nullopt;
  const std::string& method = app->second.method;
  if (std::any_of(queue.builders.begin(), queue.builders.end(),
                  [&](const auto& builder) { return CanBuild(builder, method); }))
    return std::nullopt;
  return Make("Build", false, "BuilderMissing",
              Short(build) + " waits: " +
                  (queue.builders.empty()
                       ? "no builder is alive"
                       : "no builder that is alive loads the build method \"" + method + "\""));
}

// How long a look may be late before what it would have shown counts as unknown: loops are busy,
// and hosts take over from one another.
constexpr Duration kLate = std::chrono::minutes(1);

// Of the conditions that the engine writes when a pass fails by what is stored.
bool StopsALoop(const std::string& reason) {
  return reason == model::kQuarantined || reason == model::kSealBroken;
}

}  // namespace

const Condition* Quarantined(const model::AppSnapshot& snapshot, std::string_view type) {
  const auto found = std::ranges::find_if(snapshot.conditions, [&](const Condition& one) {
    return one.type == type && !one.ok && StopsALoop(one.reason) && one.next_look != kNever &&
           snapshot.now <= one.next_look + 2 * kLate;
  });
  return found == snapshot.conditions.end() ? nullptr : &*found;
}

std::vector<Condition> BuildConditions(const model::AppSnapshot& snapshot) {
  if (Quarantined(snapshot, "Build") != nullptr) return {Source(snapshot.app)};
  return {Source(snapshot.app), BuildState(snapshot)};
}

Condition ReleaseCondition(const model::AppSnapshot& snapshot, const Secret& key) {
  const model::Application& app = snapshot.app;
  if (!app.pinned.empty()) {
    const std::string of = snapshot.pinned ? snapshot.pinned->commit.substr(0, 12) : "?";
    return Make("Release", true, "Pinned",
                "pinned to the release " + app.pinned.str() + " of " + of +
                    (PinHoldsBack(snapshot, key)
                         ? "; what was pushed or set since waits until it is unpinned"
                         : ""));
  }
  if (!snapshot.release)
    return Make("Release", false, "NoRelease", "nothing that was built can run yet");
  const std::string current =
      "release " + snapshot.release->id.str() + " of " + snapshot.release->commit.substr(0, 12);
  if (BuiltAsOfNow(snapshot, *snapshot.release, key))
    return Make("Release", true, "Released", current + " is of the commit and settings of now");
  return Make("Release", false, "ReleaseWaiting",
              current + " stays until there is an image of " + app.commit.substr(0, 12) +
                  " and the settings of now");
}

std::optional<Condition> Unseen(const model::AppSnapshot& snapshot) {
  const auto seen = std::find_if(snapshot.conditions.begin(), snapshot.conditions.end(),
                                 [](const Condition& one) { return one.type == "Observed"; });
  if (seen == snapshot.conditions.end()) return std::nullopt;
  if (!seen->ok) return *seen;
  if (seen->next_look == kNever || snapshot.now <= seen->next_look + kLate) return std::nullopt;
  return Dated(Make("Observed", false, "LookOverdue",
                    "what runs is unknown since nobody has looked: the next look is overdue"),
               seen->last_looked, seen->last_looked, seen->next_look);
}

Condition HostCondition(const model::Attendance& attendance, const std::string& backend) {
  const std::string holder = attendance.holder.str().substr(0, 8);
  if (attendance.Alive()) return Make("Host", true, "Held", "host " + holder + " acts on it");
  if (attendance.loaded)
    return Dated(Make("Host", false, "NotHeld",
                      "no host acts on it yet, and one that loads the backend \"" + backend +
                          "\" is there to take it"),
                 attendance.expires, attendance.now, kNever);
  return Dated(Make("Host", false, "NobodyActs",
                    "nobody acts on it: no host that is alive loads the backend \"" + backend +
                        "\"" + (attendance.holder.empty() ? "" : "; host " + holder + " did last")),
               attendance.expires, attendance.now, kNever);
}

Condition BuildCondition(const model::Build& build, const model::QueueSnapshot* queue, Time now) {
  std::optional<Condition> missing;
  if (queue != nullptr) missing = NoBuilder(build, *queue);
  Condition condition = missing ? std::move(*missing) : StateOf(build);
  switch (build.status) {
    case BuildStatus::kQueued:
      return Dated(std::move(condition), build.attempt > 0 ? build.updated_at : build.queued_at,
                   now, build.not_before > now ? build.not_before : kNever);
    case BuildStatus::kBuilding:
      return Dated(std::move(condition), build.started_at, now, build.lease.expires);
    default:
      return Dated(std::move(condition), build.finished_at, now, kNever);
  }
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

Condition SiteCondition(const Status& brought, const std::string& host) {
  if (brought.ok()) return Make("Site", true, "SiteReady", "it is on disk and served");
  return Make("Site", false, brought.reason().empty() ? "SiteFailed" : brought.reason(),
              host + " cannot serve it: " + brought.message());
}

Condition CleanupCondition() {
  return Make("Cleanup", true, "CleanedUp", "what the limits let go has gone");
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
