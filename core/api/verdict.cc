#include "api/verdict.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "plan/builds.h"
#include "plan/conditions.h"
#include "plan/deploy.h"

namespace ns::api {
namespace {

using model::Build;
using model::BuildStatus;
using model::DesiredState;

std::string Short(const std::string& commit) { return commit.substr(0, 12); }

bool Serving(const model::AppSnapshot& snapshot) {
  return snapshot.observed && !snapshot.observed->serving_run_key.empty();
}

const Build* LiveBuild(const model::AppSnapshot& snapshot) {
  const auto live = std::find_if(snapshot.builds.begin(), snapshot.builds.end(),
                                 [](const Build& one) { return !model::IsTerminal(one.status); });
  return live == snapshot.builds.end() ? nullptr : &*live;
}

// The newest build of the wanted commit that was not put aside, or null.
const Build* LastBuild(const model::AppSnapshot& snapshot) {
  const auto last =
      std::find_if(snapshot.builds.begin(), snapshot.builds.end(), [&](const Build& one) {
        return one.commit == snapshot.app.commit && one.status != BuildStatus::kSkipped &&
               one.outcome.reason() != model::kSuperseded;
      });
  return last == snapshot.builds.end() ? nullptr : &*last;
}

// Reasons of a deploy that goes on by itself: it is on its way, or the platform lacks something and
// tries again.
bool GoesOn(const std::string& reason) {
  constexpr std::array<std::string_view, 11> kReasons = {"Starting",
                                                         "Drift",
                                                         "NotObserved",
                                                         "BackendUnavailable",
                                                         "BackendNotLoaded",
                                                         "BackendHostAway",
                                                         "EngineUnavailable",
                                                         "ProxyUnavailable",
                                                         "RegistryUnavailable",
                                                         "RouteNotConfirmed",
                                                         "ImagePullFailed"};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

// What the backend has made of the target, as last stored.
enum class Progress { kDone, kUnderWay, kFailed };

Progress ProgressOf(const model::AppSnapshot& snapshot) {
  const model::Target& target = snapshot.app.target;
  // An observation of this generation is stored only after an attempt to apply it has ended.
  if (!snapshot.observed || snapshot.observed->fence.generation != target.generation)
    return Progress::kUnderWay;
  const model::ObservedApp& seen = *snapshot.observed;
  const bool routes = seen.route_key == target.route_key;
  const bool runs =
      target.state != DesiredState::kRunning || seen.serving_run_key == target.run_key;
  if (seen.converged && seen.state == target.state && routes && runs) return Progress::kDone;
  const model::Condition* deploy = FindCondition(snapshot.conditions, "Deploy");
  return deploy != nullptr && !deploy->ok && !GoesOn(deploy->reason) ? Progress::kFailed
                                                                     : Progress::kUnderWay;
}

class Judging {
 public:
  Judging(const model::AppSnapshot& snapshot, const model::Condition* source, const Secret& key)
      : snapshot_(snapshot), app_(snapshot.app), source_(source), key_(key) {}

  Verdict Run() const {
    const model::Condition* stuck = Stuck();
    if (app_.deleted)
      return Say(AppState::kDeleting,
                 "is being deleted" + (stuck == nullptr ? "" : ": " + stuck->message));
    if (stuck != nullptr) return Fail(stuck->message);
    if (app_.desired != DesiredState::kRunning) return Deployed(&Judging::AtRest);
    if (!app_.pinned.empty()) return Deployed(&Judging::Pinned);
    if (const Build* live = LiveBuild(snapshot_)) return Building(*live);
    if (plan::DecideBuild(snapshot_, key_).build)
      return Say(AppState::kBuilding, "commit " + Short(app_.commit) + " is about to be built");
    return Deployed(&Judging::Running);
  }

 private:
  Verdict Say(AppState state, std::string summary, bool settled = false, bool ok = false) const {
    return {state, settled, ok, Serving(snapshot_), std::move(summary)};
  }
  Verdict Fail(std::string summary) const {
    if (Serving(snapshot_)) summary += "; the release before goes on serving";
    return Say(AppState::kFailed, std::move(summary), true);
  }

  // A loop that cannot work on it; nothing becomes of what the owner waits for until that is
  // mended.
  const model::Condition* Stuck() const {
    for (const char* type : {"Build", "Release", "Deploy"}) {
      const model::Condition* stuck = plan::Quarantined(snapshot_, type);
      if (stuck != nullptr) return stuck;
    }
    // Nobody but who deletes it waits for the cleaner.
    return app_.deleted ? plan::Quarantined(snapshot_, "Cleanup") : nullptr;
  }

  Verdict Building(const Build& build) const {
    if (build.status == BuildStatus::kBuilding)
      return Say(AppState::kBuilding, "commit " + Short(build.commit) + " is being built");
    if (build.attempt == 0)
      return Say(AppState::kBuilding,
                 "the build of commit " + Short(build.commit) + " waits for a builder");
    return Say(AppState::kBuilding, "the build of commit " + Short(build.commit) +
                                        " waits for another attempt: " + build.outcome.message());
  }

  // On its way to what the owner wants: an application that shall not run and serves nothing is
  // stopped already, but for its routes.
  Verdict OnItsWay(std::string summary) const {
    if (app_.desired == DesiredState::kRunning)
      return Say(AppState::kDeploying, "is " + std::move(summary));
    if (Serving(snapshot_)) return Say(AppState::kDeploying, "is being stopped");
    return Say(AppState::kStopped, "does not run; its routes are " + std::move(summary));
  }

  // What runs is not guessed: not even that something serves.
  Verdict NotSeen(const model::Condition& why) const {
    const Time since = why.since == kNever ? why.last_looked : why.since;
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(snapshot_.now - since).count();
    const std::string summary = "unknown since " + std::to_string(seconds) + " s: " + why.message;
    return {AppState::kUnknown, false, false, false, summary};
  }

  // What holds for the target, whatever it is; `done` goes on when the backend has made it so.
  Verdict Deployed(Verdict (Judging::*done)() const) const {
    if (plan::DecideTarget(snapshot_, key_)) return OnItsWay("about to be deployed");
    if (const auto unseen = plan::Unseen(snapshot_)) return NotSeen(*unseen);
    const model::Condition* deploy = FindCondition(snapshot_.conditions, "Deploy");
    switch (ProgressOf(snapshot_)) {
      case Progress::kDone:
        return (this->*done)();
      case Progress::kFailed:
        return Fail(deploy->message.empty() ? deploy->reason : deploy->message);
      case Progress::kUnderWay:
        break;
    }
    const bool trouble = deploy != nullptr && !deploy->ok && deploy->reason != "NotObserved" &&
                         deploy->reason != "NeverDeployed";
    return OnItsWay(trouble && !deploy->message.empty()
                        ? "being deployed; the last look said: " + deploy->message
                        : "being deployed");
  }

  Verdict AtRest() const {
    if (app_.desired == DesiredState::kAsleep)
      return Say(AppState::kSleeping, "sleeps until a request comes", true, true);
    return Say(AppState::kStopped, "stopped as asked", true, true);
  }

  // Builds go on, but what becomes of them is nothing that the owner waits for.
  Verdict Pinned() const {
    if (app_.target.state != DesiredState::kRunning)
      return Fail("there is no release to be pinned to");
    return Say(AppState::kLive,
               "commit " + Short(snapshot_.release ? snapshot_.release->commit : "") +
                   " is live, pinned to its release" +
                   (plan::PinHoldsBack(snapshot_, key_)
                        ? "; what was pushed or set since waits until it is unpinned"
                        : ""),
               true, true);
  }

  Verdict Running() const {
    if (app_.commit.empty() && (source_ == nullptr || source_->reason == "NotFetched")) {
      return Say(AppState::kUnknown, "the repository has not been read yet");
    }
    if (source_ != nullptr && !source_->ok &&
        app_.commit.find_first_not_of('0') == std::string::npos)
      return Fail(source_->message);
    const Build* last = LastBuild(snapshot_);
    if (last != nullptr && last->status == BuildStatus::kFailed) {
      return Fail("the build of commit " + Short(last->commit) +
                  " failed: " + last->outcome.message());
    }
    if (last != nullptr && last->status == BuildStatus::kCancelled) {
      return Fail("the build of commit " + Short(last->commit) + " was cancelled");
    }
    if (app_.target.state != DesiredState::kRunning)
      return Fail("there is no succeeded build to run");
    return Say(
        AppState::kLive,
        "commit " + Short(snapshot_.release ? snapshot_.release->commit : app_.commit) + " is live",
        true, true);
  }

  const model::AppSnapshot& snapshot_;
  const model::Application& app_;
  const model::Condition* source_;
  const Secret& key_;
};

}  // namespace

Verdict Judge(const model::AppSnapshot& snapshot, const model::Condition* source,
              const Secret& key) {
  return Judging(snapshot, source, key).Run();
}

const model::Condition* FindCondition(const std::vector<model::Condition>& conditions,
                                      const std::string& type) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const auto& one) { return one.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

}  // namespace ns::api
