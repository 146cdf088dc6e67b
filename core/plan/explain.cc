#include "plan/explain.h"

#include <algorithm>

#include "plan/builds.h"
#include "plan/conditions.h"
#include "plan/deploy.h"
#include "plan/keys.h"

namespace ns::plan {
namespace {

using model::Build;
using model::BuildStatus;
using model::Condition;
using model::DesiredState;

std::string Short(const std::string& text) { return text.empty() ? "-" : text.substr(0, 12); }

const char* Word(DesiredState state) {
  switch (state) {
    case DesiredState::kRunning:
      return "running";
    case DesiredState::kAsleep:
      return "asleep";
    case DesiredState::kStopped:
      break;
  }
  return "stopped";
}

const char* Word(BuildStatus status) {
  switch (status) {
    case BuildStatus::kQueued:
      return "queued";
    case BuildStatus::kBuilding:
      return "under way";
    case BuildStatus::kSucceeded:
      return "succeeded";
    case BuildStatus::kFailed:
      return "failed";
    case BuildStatus::kCancelled:
      return "cancelled";
    case BuildStatus::kSkipped:
      break;
  }
  return "put aside";
}

const char* Word(model::ContainerState state) {
  switch (state) {
    case model::ContainerState::kMissing:
      return "nothing runs";
    case model::ContainerState::kStarting:
      return "starting";
    case model::ContainerState::kRestarting:
      return "restarting";
    case model::ContainerState::kRunning:
      return "running";
    case model::ContainerState::kExited:
      return "exited";
    case model::ContainerState::kErrored:
      return "failing";
    case model::ContainerState::kUnknown:
      break;
  }
  return "unknown";
}

std::string Generation(int64_t generation) { return "generation " + std::to_string(generation); }

class Explaining {
 public:
  Explaining(const model::AppSnapshot& snapshot, const Surroundings& around, const Secret& key)
      : snapshot_(snapshot), app_(snapshot.app), around_(around), key_(key) {}

  std::vector<WhyLink> Run() {
    std::vector<WhyLink> chain = {Desired()};
    if (around_.fetch) chain.push_back(Repository());
    for (WhyLink& link : std::vector<WhyLink>{Ref(), OfBuild(), OfRelease(), OfTarget()})
      chain.push_back(std::move(link));
    if (around_.attendance) chain.push_back(Host());
    for (WhyLink& link : std::vector<WhyLink>{Told(), Observed(), Routes()})
      chain.push_back(std::move(link));
    const auto cause =
        std::find_if(chain.begin(), chain.end(), [](const auto& l) { return !l.ok; });
    if (cause != chain.end()) cause->cause = true;
    return chain;
  }

 private:
  static WhyLink Say(const char* name, std::string wanted, std::string is, bool ok,
                     std::string reason, std::string message, Time since = kNever) {
    return {
        name, std::move(wanted), std::move(is), ok, std::move(reason), std::move(message), since,
        false};
  }
  static WhyLink Of(const char* name, std::string wanted, std::string is, const Condition& why) {
    return Say(name, std::move(wanted), std::move(is), why.ok, why.reason, why.message, why.since);
  }
  const Condition* Stored(const char* type) const {
    const auto found = std::find_if(snapshot_.conditions.begin(), snapshot_.conditions.end(),
                                    [&](const Condition& one) { return one.type == type; });
    return found == snapshot_.conditions.end() ? nullptr : &*found;
  }
  // `condition` with the times that are stored for the same statement.
  Condition WithTimes(Condition condition) const {
    const Condition* stored = Stored(condition.type.c_str());
    if (stored != nullptr && stored->ok == condition.ok && stored->reason == condition.reason)
      condition.since = stored->since;
    return condition;
  }
  // What is stopped needs no build, and neither does what is pinned.
  bool NeedsBuild() const {
    return !app_.deleted && app_.desired != DesiredState::kStopped && app_.pinned.empty();
  }

  WhyLink Desired() const {
    if (app_.deleted)
      return Say("desired", "deleted", "deleted", true, "Deleting", "its owner deleted it");
    return Say("desired", Word(app_.desired), Word(app_.desired), true, "Desired",
               std::string("its owner wants it ") + Word(app_.desired), app_.updated_at);
  }

  WhyLink Repository() const {
    return Of("repository", "readable", around_.fetch->ok ? "readable" : "not readable",
              *around_.fetch);
  }

  WhyLink Ref() const {
    const Condition source = WithTimes(BuildConditions(snapshot_).front());
    return Of("ref", app_.ref, source.ok ? Short(app_.commit) : "not there", source);
  }

  const Build* NewestOf(const std::string& build_key) const {
    const auto found =
        std::find_if(snapshot_.builds.begin(), snapshot_.builds.end(), [&](const Build& one) {
          return one.build_key == build_key && one.outcome.reason() != model::kSuperseded;
        });
    return found == snapshot_.builds.end() ? nullptr : &*found;
  }

  WhyLink OfBuild() const {
    const std::string wanted_key = BuildKey(key_, app_, app_.commit);
    const std::string wanted =
        "build of " + Short(app_.commit) + ", key " + wanted_key.substr(0, 8);
    const Build* build = NewestOf(wanted_key);
    if (const Condition* stuck = Quarantined(snapshot_, "Build"))
      return Of("build", wanted, build == nullptr ? "none" : build->id.str(), *stuck);
    WhyLink link = build != nullptr ? Exists(wanted, *build) : None(wanted);
    if (NeedsBuild()) return link;
    link.ok = true;
    link.message += app_.pinned.empty() ? "; none is needed" : "; a pinned release needs none";
    return link;
  }
  WhyLink Exists(const std::string& wanted, const Build& build) const {
    const auto& queue = around_.queue;
    Condition why = BuildCondition(build, queue ? &*queue : nullptr, snapshot_.now);
    if (why.ok && build.image_state != model::ImageState::kKept) {
      why.ok = false;
      why.reason = "ImageGone";
      why.message = "its image was cleaned up; it is about to be built again";
    }
    return Of("build", wanted, build.id.str() + " " + Word(build.status), why);
  }
  WhyLink None(const std::string& wanted) const {
    const bool soon = DecideBuild(snapshot_, key_).build.has_value();
    return Say("build", wanted, "none", false, "NeverBuilt",
               soon ? "a build is about to be registered" : "there is none of this commit");
  }

  // What releaser would decide now; nothing where all is decided.
  WhyLink OfRelease() const {
    const Condition why = WithTimes(ReleaseCondition(snapshot_, key_));
    const std::string is = app_.target.release.empty() ? "none" : app_.target.release.str();
    if (const Condition* stuck = Quarantined(snapshot_, "Release"))
      return Of("release", "of " + Short(app_.commit), is, *stuck);
    if (!app_.pinned.empty()) {
      WhyLink link = Of("release", "pinned " + app_.pinned.str(), is, why);
      link.ok = app_.target.release == app_.pinned;
      if (!link.ok) link.reason = "ReleasePending";
      return link;
    }
    WhyLink link = Of("release", "of " + Short(app_.commit) + " with the settings of now", is, why);
    if (!NeedsBuild()) link.ok = true;
    const auto retarget = DecideTarget(snapshot_, key_);
    if (retarget && retarget->release) {
      link.ok = false;
      link.reason = "ReleasePending";
      link.message = "a new release is about to be recorded";
    }
    return link;
  }

  WhyLink OfTarget() const {
    const model::Target& target = app_.target;
    const std::string is = Generation(target.generation) + ", " + Word(target.state);
    const bool pending = DecideTarget(snapshot_, key_).has_value();
    const bool runs = app_.deleted || app_.desired != DesiredState::kRunning ||
                      target.state == DesiredState::kRunning;
    const char* message = pending ? "another target is about to be decided"
                          : runs  ? "what shall run is decided"
                                  : "there is nothing to run, so its routes lead to a page";
    return Say("target", Word(app_.desired), is, !pending && runs,
               pending ? "TargetPending"
               : runs  ? "TargetSet"
                       : "NeverDeployed",
               message);
  }

  WhyLink Host() const {
    const Condition why = HostCondition(*around_.attendance, app_.backend);
    const std::string holder = around_.attendance->holder.str();
    return Of("host", "a host that loads " + app_.backend,
              why.ok           ? holder
              : holder.empty() ? "none"
                               : holder + ", away",
              why);
  }

  // The backend's word where it said one, else a plain one.
  WhyLink Backend(const char* name, std::string wanted, std::string is, bool ok,
                  const char* otherwise, const char* message) const {
    const Condition* deploy = Stored("Deploy");
    const bool says = !ok && deploy != nullptr && !deploy->ok && !deploy->message.empty();
    return Say(name, std::move(wanted), std::move(is), ok, says ? deploy->reason : otherwise,
               says ? deploy->message : message, says ? deploy->since : kNever);
  }

  WhyLink Told() const {
    const int64_t wanted = app_.target.generation;
    const int64_t told = snapshot_.observed ? snapshot_.observed->fence.generation : 0;
    const bool ok = told == wanted;
    return Backend("told", Generation(wanted), told == 0 ? "nothing" : Generation(told), ok,
                   ok ? "Told" : "NotTold",
                   ok ? "the backend was told" : "the backend has not taken it up yet");
  }

  WhyLink Observed() const {
    const std::string wanted = Word(app_.target.state);
    if (const auto unseen = Unseen(snapshot_)) return Of("observed", wanted, "unknown", *unseen);
    if (!snapshot_.observed)
      return Say("observed", wanted, "never looked at", app_.target.generation == 0, "NotObserved",
                 "the backend has not been asked yet");
    const model::ObservedApp& seen = *snapshot_.observed;
    const bool runs =
        app_.target.state != DesiredState::kRunning || seen.serving_run_key == app_.target.run_key;
    const bool site = snapshot_.release && snapshot_.release->image.IsArtifact();
    const std::string is = site ? (seen.serving_run_key.empty() ? "not served" : "served")
                                : std::string(Word(seen.container)) + ", " +
                                      std::to_string(seen.ready) + " of " +
                                      std::to_string(seen.wanted) + " ready";
    const bool ok = seen.converged && seen.state == app_.target.state && runs;
    WhyLink link = Backend("observed", wanted, is, ok, ok ? "AsWanted" : "NotConverged",
                           ok ? "it is as the backend was told" : "it is not as wanted yet");
    if (const Condition* observed = Stored("Observed"); observed != nullptr && link.since == kNever)
      link.since = observed->since;
    return link;
  }

  WhyLink Routes() const {
    const std::string page = PageReason(snapshot_);
    std::string wanted = app_.websites.empty()
                             ? "none"
                             : app_.websites.front().fqdn + app_.websites.front().path_prefix;
    if (app_.websites.size() > 1)
      wanted += " and " + std::to_string(app_.websites.size() - 1) + " more";
    wanted += page.empty() || app_.websites.empty() ? "" : " to the page \"" + page + "\"";
    if (!snapshot_.observed || Unseen(snapshot_))
      return Say("routes", wanted, "unknown", app_.target.generation == 0, "NotObserved",
                 "what is routed is not known");
    const bool ok = snapshot_.observed->route_key == app_.target.route_key;
    return Backend("routes", wanted, ok ? "in force" : "older ones", ok,
                   ok ? "Routed" : "RoutesPending",
                   ok ? "the routes are in force" : "the routes are not rewritten yet");
  }

  const model::AppSnapshot& snapshot_;
  const model::Application& app_;
  const Surroundings& around_;
  const Secret& key_;
};

}  // namespace

std::vector<WhyLink> Explain(const model::AppSnapshot& snapshot, const Surroundings& around,
                             const Secret& key) {
  return Explaining(snapshot, around, key).Run();
}

}  // namespace ns::plan
