#include "act/perform.h"

#include <type_traits>

#include "base/failpoint.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using reconcile::Answer;
using reconcile::Keys;
using reconcile::Outcome;

constexpr Duration kGitDeadline = 60s;
constexpr Duration kFetchDeadline = 10min;  // the first reading of commits brings the whole
                                            // repository, and one cut off begins from nothing
constexpr Duration kApplyDeadline = 10min;  // pull, start, probe and drain have limits of their own
constexpr Duration kLookDeadline = 30s;

Outcome Only(const Status& status) {
  if (!status.ok()) return status;
  return Answer();
}

template <class T, class... Of>
constexpr bool kIsOneOf = (std::is_same_v<T, Of> || ...);

template <class T>
concept OfBuilder = kIsOneOf<T, reconcile::ListClaims, reconcile::RenewClaims,
                             reconcile::RunAttempt, reconcile::SettleAttempt>;

template <class T>
Outcome From(Result<T> result) {
  if (!result.ok()) return result.status();
  return Answer(std::move(result).value());
}

class Performer {
 public:
  Performer(const Parts& parts, std::stop_token cancel)
      : parts_(parts), store_(parts.store), cancel_(std::move(cancel)) {}

  Outcome operator()(const reconcile::ListKeys& effect) const {
    Keys keys;
    if (effect.loop == reconcile::LoopId::kFetcher) {
      NS_ASSIGN(const auto repositories, store_.repositories.List());
      for (const auto& repository : repositories) keys.push_back(repository.id.str());
    } else {
      NS_ASSIGN(const auto ids, store_.apps.ListIds());
      for (const AppId& id : ids) keys.push_back(id.str());
    }
    return Answer(std::move(keys));
  }

  // -- sources --
  Outcome operator()(const reconcile::LoadRepository& effect) const {
    return From(store_.repositories.Snapshot(effect.id));
  }
  Outcome operator()(const reconcile::ListRefs& effect) const {
    return From(parts_.git.ListRefs(Within(kGitDeadline), effect.remote));
  }
  Outcome operator()(const reconcile::ReadCommits& effect) const {
    return From(parts_.git.Commits(Within(kFetchDeadline), effect.remote, effect.hashes));
  }
  Outcome operator()(const reconcile::StoreCommits& effect) const {
    return Only(store_.repositories.SetCommits(effect.moved, effect.commits));
  }

  // -- builds --
  Outcome operator()(const reconcile::RegisterBuild& effect) const {
    model::Build build = effect.build;
    if (!build.build_key.empty()) build.id = BuildId::New(parts_.random);
    return Only(store_.builds.Register(build, effect.supersede, effect.cancel));
  }
  Outcome operator()(const reconcile::LoadQueue&) const { return From(store_.builds.Queue()); }
  Outcome operator()(const reconcile::ClaimBuild& effect) const {
    return From(store_.builds.Claim(effect.build, effect.host, ports::kBuildLease));
  }
  Outcome operator()(const reconcile::ExpireBuild& effect) const {
    return Only(store_.builds.Expire(effect.build, effect.attempt, effect.result));
  }

  // -- deploys --
  Outcome operator()(const reconcile::LoadApp& effect) const {
    return From(store_.deploys.Snapshot(effect.id));
  }
  Outcome operator()(const reconcile::SetTarget& effect) const {
    model::Target next = effect.next;
    std::optional<model::Release> release = effect.release;
    if (release) next.release = release->id = ReleaseId::New(parts_.random);
    return From(store_.deploys.SetTarget(effect.app, effect.expected, next, release));
  }
  Outcome operator()(const reconcile::ObserveApp& effect) const {
    NS_ASSIGN(ports::Backend * backend, Backend(effect.backend));
    return From(backend->Observe(Within(kLookDeadline), effect.app));
  }
  Outcome operator()(const reconcile::ApplyApp& effect) const {
    NS_ASSIGN(ports::Backend * backend, Backend(effect.backend));
    Failpoint("deploy.before-apply");
    const Status applied = backend->Apply(Within(kApplyDeadline), effect.desired);
    Failpoint("deploy.after-apply");
    return Only(applied);
  }
  Outcome operator()(const reconcile::SaveObserved& effect) const {
    return Only(store_.deploys.SaveObserved(effect.observed, effect.conditions));
  }
  Outcome operator()(const reconcile::SaveConditions& effect) const {
    return Only(store_.events.SetConditions(effect.subject, effect.id, effect.conditions));
  }

  // -- tombstones --
  Outcome operator()(const reconcile::RemoveApp& effect) const {
    NS_ASSIGN(ports::Backend * backend, Backend(effect.backend));
    return Only(backend->Remove(Within(kApplyDeadline), effect.app, effect.fence));
  }
  Outcome operator()(const reconcile::DeleteImages& effect) const {
    const ports::Call call = Within(kGitDeadline);
    NS_ASSIGN(const auto tags, parts_.registry.Tags(call, effect.app));
    for (const std::string& tag : tags) {
      const Result<std::string> digest = parts_.registry.Digest(call, effect.app, tag);
      if (!digest.ok() && digest.status().code() == Code::kNotFound) continue;
      NS_TRY(digest.status());
      NS_TRY(parts_.registry.Delete(call, effect.app, *digest));
    }
    return Answer();
  }
  Outcome operator()(const reconcile::ConfirmRemoved& effect) const {
    return Only(store_.deploys.ConfirmRemoved(effect.app));
  }
  Outcome operator()(const reconcile::PurgeApp& effect) const {
    return Only(store_.deploys.Purge(effect.app));
  }

  // -- of builders --
  template <OfBuilder E>
  Outcome operator()(const E&) const {
    return Internal("a controller carries out no effect of a builder");
  }

  // -- history --
  Outcome operator()(const reconcile::LoadEpoch&) const { return From(store_.deploys.Epoch()); }
  Outcome operator()(const reconcile::RaiseEpoch& effect) const {
    return Only(store_.deploys.RaiseEpoch(effect.at_least));
  }

 private:
  ports::Call Within(Duration limit) const { return {cancel_, parts_.clock.Monotonic() + limit}; }

  Result<ports::Backend*> Backend(const std::string& name) const {
    const auto found = parts_.backends.find(name);
    if (found != parts_.backends.end()) return found->second;
    Status missing(Code::kUnavailable, "BackendNotLoaded",
                   "this host loads no backend called \"" + name + "\"");
    return missing.SetFault(Fault::kOperator);
  }

  const Parts& parts_;
  const ports::Store& store_;
  std::stop_token cancel_;
};

}  // namespace

Lane LaneOf(const reconcile::Effect& effect) {
  return std::visit(
      [](const auto& kind) {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (kIsOneOf<Kind, reconcile::ListRefs, reconcile::ReadCommits>)
          return Lane::kGit;
        if constexpr (kIsOneOf<Kind, reconcile::ObserveApp, reconcile::ApplyApp,
                               reconcile::RemoveApp, reconcile::DeleteImages>) {
          return Lane::kBackend;
        }
        if constexpr (kIsOneOf<Kind, reconcile::ListClaims, reconcile::RenewClaims>)
          return Lane::kClaims;
        if constexpr (std::is_same_v<Kind, reconcile::SettleAttempt>) return Lane::kSettle;
        if constexpr (std::is_same_v<Kind, reconcile::RunAttempt>) return Lane::kBuild;
        return Lane::kStore;
      },
      effect);
}

Outcome Perform(const reconcile::Effect& effect, const Parts& parts, std::stop_token cancel) {
  return std::visit(Performer(parts, std::move(cancel)), effect);
}

}  // namespace ns::act
