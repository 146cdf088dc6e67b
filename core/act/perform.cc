#include "act/perform.h"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>

#include "base/failpoint.h"
#include "plan/seen.h"

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
constexpr Duration kCollecting = 5s;  // between looks whether builds may begin again

Outcome Only(const Status& status) {
  if (!status.ok()) return status;
  return Answer();
}

template <class T, class... Of>
constexpr bool kIsOneOf = (std::is_same_v<T, Of> || ...);

template <class T>
concept OfOtherRoles =
    kIsOneOf<T, reconcile::ListClaims, reconcile::RenewClaims, reconcile::RunAttempt,
             reconcile::SettleAttempt, reconcile::LoadSite, reconcile::BringSite,
             reconcile::AcknowledgeSite, reconcile::SweepSites>;

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
    if (effect.loop == reconcile::LoopId::kFetcher)
      return From(store_.repositories.Index(parts_.host));
    NS_ASSIGN(Keys keys, store_.apps.Index(parts_.host, parts_.BackendNames()));
    if (effect.loop == reconcile::LoopId::kObserver) AddWhatIsSeen(keys);
    if (effect.loop == reconcile::LoopId::kCleaner) {
      NS_ASSIGN(const auto purged, store_.retention.Purged());
      for (const AppId& app : purged) keys.push_back({app.str(), reconcile::kPurgedVersion});
      keys.push_back({reconcile::kJournalKey});
    }
    return Answer(std::move(keys));
  }

  Outcome operator()(const reconcile::TouchConditions& effect) const {
    NS_ASSIGN(const auto told, store_.events.Touch(effect.subject, effect.ids, effect.types,
                                                   effect.next_in, parts_.host));
    const std::set<std::string> all(told.begin(), told.end());
    Keys missing;
    for (const std::string& id : effect.ids) {
      if (!all.contains(id)) missing.push_back({id});
    }
    return Answer(std::move(missing));
  }

  // -- sources --
  Outcome operator()(const reconcile::LoadRepository& effect) const {
    return From(store_.repositories.Take(effect.id, parts_.host));
  }
  Outcome operator()(const reconcile::LookAtHostKey& effect) const {
    return From(parts_.git.HostKey(Within(kGitDeadline), effect.remote));
  }
  Outcome operator()(const reconcile::PinHostKeys& effect) const {
    return Only(
        store_.repositories.PinHostKeys(effect.repository, effect.url, effect.keys, parts_.host));
  }
  Outcome operator()(const reconcile::ListRefs& effect) const {
    return From(parts_.git.ListRefs(Within(kGitDeadline), effect.remote));
  }
  Outcome operator()(const reconcile::ReadCommits& effect) const {
    return From(parts_.git.Commits(Within(kFetchDeadline), effect.remote, effect.hashes));
  }
  Outcome operator()(const reconcile::StoreCommits& effect) const {
    return Only(store_.repositories.SetCommits(effect.repository, effect.moved, effect.commits,
                                               parts_.host));
  }

  // -- builds --
  Outcome operator()(const reconcile::RegisterBuild& effect) const {
    model::Build build = effect.build;
    if (!build.build_key.empty()) build.id = BuildId::New(parts_.random);
    return Only(store_.builds.Register(build, effect.supersede, effect.cancel, parts_.host));
  }
  Outcome operator()(const reconcile::LoadQueue&) const { return From(store_.builds.Queue()); }
  Outcome operator()(const reconcile::ClaimBuilds& effect) const {
    if (!parts_.may_build()) {
      Status later(Code::kUnavailable, "RegistryCollected",
                   "no build begins while the registry is freed of what deleted images have left");
      return later.SetRetryAfter(kCollecting);
    }
    return From(store_.builds.ClaimAll(effect.claims, ports::kBuildLease));
  }
  Outcome operator()(const reconcile::ExpireBuild& effect) const {
    return Only(store_.builds.Expire(effect.build, effect.attempt, effect.result));
  }

  // -- deploys --
  Outcome operator()(const reconcile::LoadApp& effect) const {
    return From(store_.deploys.Take(effect.id, parts_.host, parts_.BackendNames()));
  }
  Outcome operator()(const reconcile::SetTarget& effect) const {
    model::Target next = effect.next;
    std::optional<model::Release> release = effect.release;
    if (release) next.release = release->id = ReleaseId::New(parts_.random);
    return From(store_.deploys.SetTarget(effect.app, effect.expected, next, release, parts_.host));
  }
  Outcome operator()(const reconcile::ObserveApp& effect) const {
    NS_ASSIGN(ports::Backend * backend, Backend(effect.backend));
    return From(backend->Observe(Within(kLookDeadline), effect.app));
  }
  Outcome operator()(const reconcile::ApplyApp& effect) const {
    NS_TRY(LeaseAlive());
    NS_ASSIGN(ports::Backend * backend, Backend(effect.backend));
    Failpoint("deploy.before-apply");
    const Status applied = backend->Apply(Within(kApplyDeadline), effect.desired);
    Failpoint("deploy.after-apply");
    return Only(applied);
  }
  Outcome operator()(const reconcile::SaveObserved& effect) const {
    return Only(store_.deploys.SaveObserved(effect.observed, effect.conditions, parts_.host));
  }
  Outcome operator()(const reconcile::SaveConditions& effect) const {
    return Only(
        store_.events.SetConditions(effect.subject, effect.id, effect.conditions, parts_.host));
  }

  // -- tombstones --
  Outcome operator()(const reconcile::RemoveApp& effect) const {
    NS_TRY(LeaseAlive());
    NS_ASSIGN(ports::Backend * backend, Backend(effect.backend));
    return Only(backend->Remove(Within(kApplyDeadline), effect.app, effect.fence));
  }
  Outcome operator()(const reconcile::DeleteImages& effect) const {
    const ports::Call call = Within(kGitDeadline);
    NS_ASSIGN(const auto tags, parts_.registry.Tags(call, effect.app));
    for (const std::string& tag : tags) {
      if (!BelongsTo(tag, effect.builds)) continue;
      const Result<std::string> digest = parts_.registry.Digest(call, effect.app, tag);
      if (!digest.ok() && digest.status().code() == Code::kNotFound) continue;
      NS_TRY(digest.status());
      if (!effect.keep.contains(*digest)) NS_TRY(parts_.registry.Delete(call, effect.app, *digest));
    }
    return Only(DeleteArtifacts(call, effect));
  }
  Outcome operator()(const reconcile::LoadHistory& effect) const {
    return From(store_.retention.History(effect.id, parts_.host, parts_.BackendNames()));
  }
  Outcome operator()(const reconcile::CondemnImages& effect) const {
    return Only(store_.retention.CondemnImages(effect.app, effect.builds, parts_.host));
  }
  Outcome operator()(const reconcile::ImagesGone& effect) const {
    return Only(store_.retention.ImagesGone(effect.app, effect.builds, parts_.host));
  }
  Outcome operator()(const reconcile::DropLogs& effect) const {
    return Only(store_.retention.DropLogs(effect.app, effect.builds, parts_.host));
  }
  Outcome operator()(const reconcile::DropReleases& effect) const {
    return Only(store_.retention.DropReleases(effect.app, effect.releases, parts_.host));
  }
  Outcome operator()(const reconcile::DropEvents& effect) const {
    return From(store_.retention.DropEvents(effect.age, effect.limit));
  }
  Outcome operator()(const reconcile::ConfirmRemoved& effect) const {
    return Only(store_.deploys.ConfirmRemoved(effect.app, parts_.host));
  }
  Outcome operator()(const reconcile::PurgeApp& effect) const {
    return Only(store_.deploys.Purge(effect.app, parts_.host));
  }
  Outcome operator()(const reconcile::ForgetPurged& effect) const {
    return Only(store_.retention.ForgetPurged(effect.app));
  }

  // -- of builders and hosts of static sites --
  template <OfOtherRoles E>
  Outcome operator()(const E&) const {
    return Internal("a controller carries out no effect of another role");
  }

  // -- history --
  Outcome operator()(const reconcile::LoadEpoch&) const { return From(store_.deploys.Epoch()); }
  Outcome operator()(const reconcile::RaiseEpoch& effect) const {
    return Only(store_.deploys.RaiseEpoch(effect.at_least));
  }

 private:
  ports::Call Within(Duration limit) const { return {cancel_, parts_.clock.Monotonic() + limit}; }

  // Versions of what the backends show; those of which a backend does not tell become 0.
  void AddWhatIsSeen(Keys& keys) const {
    std::map<std::string, std::vector<AppId>> asked;
    for (const model::Versioned& key : keys) {
      if (!key.backend.empty() && key.version != 0) asked[key.backend].emplace_back(key.key);
    }
    std::map<std::string, model::ObservedApp> seen;
    for (const auto& [name, apps] : asked) {
      for (model::ObservedApp& app : Survey(name, apps)) seen[app.id.str()] = std::move(app);
    }
    for (model::Versioned& key : keys) {
      if (key.backend.empty() || key.version == 0) continue;
      const auto found = seen.find(key.key);
      key.version = found == seen.end() ? 0 : plan::SeenVersion(key.version, found->second);
    }
  }
  // Nothing where the backend cannot: then each is looked at, and says so.
  std::vector<model::ObservedApp> Survey(const std::string& name,
                                         const std::vector<AppId>& apps) const {
    const Result<ports::Backend*> backend = Backend(name);
    if (!backend.ok()) return {};
    Result<std::vector<model::ObservedApp>> seen = (*backend)->Survey(Within(kLookDeadline), apps);
    return seen.ok() ? std::move(seen).value() : std::vector<model::ObservedApp>();
  }

  // Their names are those of the tags with an ending, see model::ArtifactOf.
  Status DeleteArtifacts(const ports::Call& call, const reconcile::DeleteImages& effect) const {
    if (parts_.storage == nullptr) {
      if (!effect.artifacts) return {};
      return Status(Code::kUnavailable, "NoStorage",
                    "the storage that holds its artifacts is not loaded on this host")
          .SetFault(Fault::kOperator);
    }
    const std::string prefix = model::ArtifactPrefix(effect.app);
    ports::ObjectQuery query;
    query.prefix = prefix;
    for (;;) {
      NS_ASSIGN(const auto page, parts_.storage->List(call, query));
      for (const ports::ObjectInfo& object : page) {
        if (BelongsTo(object.key.substr(prefix.size()), effect.builds))
          NS_TRY(parts_.storage->Remove(call, object.key));
      }
      if (page.size() < query.limit) return {};
      query.after = page.back().key;
    }
  }

  // What another host may have taken over is its to change.
  Status LeaseAlive() const {
    if (parts_.lease_alive()) return {};
    return Status(Code::kStale, "LeaseLost", "this host's lease has run out, or may have");
  }
  // Tags are "<build>-<attempt>".
  static bool BelongsTo(const std::string& tag, const std::vector<BuildId>& builds) {
    return builds.empty() || std::any_of(builds.begin(), builds.end(), [&](const BuildId& build) {
             return tag.starts_with(build.str() + "-");
           });
  }
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
        if constexpr (kIsOneOf<Kind, reconcile::LookAtHostKey, reconcile::ListRefs,
                               reconcile::ReadCommits>)
          return Lane::kGit;
        if constexpr (kIsOneOf<Kind, reconcile::ObserveApp, reconcile::ApplyApp,
                               reconcile::RemoveApp, reconcile::DeleteImages>) {
          return Lane::kBackend;
        }
        if constexpr (std::is_same_v<Kind, reconcile::ListKeys>)
          return kind.loop == reconcile::LoopId::kObserver ? Lane::kBackend : Lane::kStore;
        if constexpr (kIsOneOf<Kind, reconcile::ListClaims, reconcile::RenewClaims>)
          return Lane::kClaims;
        if constexpr (std::is_same_v<Kind, reconcile::SettleAttempt>) return Lane::kSettle;
        if constexpr (std::is_same_v<Kind, reconcile::RunAttempt>) return Lane::kBuild;
        if constexpr (kIsOneOf<Kind, reconcile::BringSite, reconcile::SweepSites>)
          return Lane::kSites;
        return Lane::kStore;
      },
      effect);
}

std::vector<std::string> Parts::BackendNames() const {
  std::vector<std::string> names;
  for (const auto& [name, backend] : backends) names.push_back(name);
  return names;
}

Outcome Perform(const reconcile::Effect& effect, const Parts& parts, std::stop_token cancel) {
  return std::visit(Performer(parts, std::move(cancel)), effect);
}

}  // namespace ns::act
