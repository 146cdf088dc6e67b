#include "checker.h"

#include <algorithm>

#include "plan/keys.h"

namespace ns::sim {

using namespace std::chrono_literals;
using model::BuildStatus;
using ports::testing::FakeApp;

namespace {

// Two controllers may give a builder of two slots a build each at the same moment.
constexpr int kMostClaims = 8;
// Of one application in ten seconds, beside one for each target: somebody meddles less often.
constexpr size_t kMostCreated = 8;

bool MayChange(BuildStatus from, BuildStatus to) {
  switch (from) {
    case BuildStatus::kQueued:
      return to == BuildStatus::kBuilding || to == BuildStatus::kSkipped ||
             to == BuildStatus::kCancelled;
    case BuildStatus::kBuilding:
      return to == BuildStatus::kSucceeded || to == BuildStatus::kFailed ||
             to == BuildStatus::kCancelled || to == BuildStatus::kQueued;
    default:
      return false;
  }
}

bool OnlyReads(std::string_view method) {
  static constexpr std::array kReads = {".Get",   ".List",       ".Snapshot",      ".Queue",
                                        ".Read",  ".Commits",    ".Releases",      ".Observed",
                                        ".Epoch", ".Conditions", ".Key",           ".Renew",
                                        ".Beat",  ".Append",     ".SetConditions", ".SaveObserved"};
  const std::string_view name = method.substr(std::min(method.find('.'), method.size()));
  return std::any_of(kReads.begin(), kReads.end(),
                     [&](const char* read) { return name.starts_with(read); });
}

}  // namespace

void Checker::Fail(std::string invariant, std::string what) {
  if (!violation_) violation_ = {std::move(invariant), std::move(what), scheduler_.now()};
}

void Checker::StoreCalled(const std::string& host, std::string_view method) {
  if (method == "BuildStore.Renew")
    database_.rows().state.With([&](const Rows& rows) { CheckRenewal(rows, host); });
  if (method == "DeployStore.RaiseEpoch" && went_back_ < Duration::zero())
    Fail("I7", host + " takes the database for restored, and it has lost nothing");
  if (!method.starts_with("docker.") && !OnlyReads(method)) {
    database_.rows().state.With([&](Rows& rows) {
      CheckBuilds(rows, host, method);
      CheckApps(rows);
      epoch_ = std::max(epoch_, rows.epoch);
    });
    if (const std::string broken = users_.Broken(); !broken.empty())
      Fail("I15", broken + " is not what was promised, after " + std::string(method));
  }
}

void Checker::CheckBuilds(Rows& rows, const std::string& host, std::string_view method) {
  bool changed = false;
  std::vector<const model::Build*> begun;
  for (const auto& [id, row] : rows.builds) {
    const auto [known, fresh] = builds_.try_emplace(id);
    if (fresh && row.build.status != BuildStatus::kQueued)
      Fail("I2", "build " + id.str() + " does not begin as queued");
    if (!fresh && known->second.status == row.build.status &&
        known->second.lease.token == row.build.lease.token) {
      if (known->second.attempt != row.build.attempt)
        Fail("I4", "build " + id.str() + " has another attempt without a claim");
      continue;
    }
    changed = true;
    CheckBuild(rows, row.build, known->second, host, method);
    if (known->second.status != BuildStatus::kBuilding &&
        row.build.status == BuildStatus::kBuilding)
      begun.push_back(&row.build);
    known->second = {row.build.status,       row.build.lease,   row.build.outcome,
                     row.build.image.digest, row.build.attempt, scheduler_.now()};
  }
  if (changed) CheckDuplicates(rows);
  if (!begun.empty()) CheckShares(rows, host, begun);
  if (builds_.size() > rows.builds.size()) {
    std::erase_if(builds_, [&](const auto& known) {
      const bool gone = !rows.builds.contains(known.first);
      if (gone) CheckPurged(known.first, known.second);
      return gone;
    });
  }
}

void Checker::CheckBuild(const Rows& rows, const model::Build& build, KnownBuild& known,
                         const std::string& host, std::string_view method) {
  const std::string name = "build " + build.id.str();
  if (build.status != known.status) {
    if (model::IsTerminal(known.status)) Fail("I1", name + " had ended and changes");
    if (!MayChange(known.status, build.status))
      Fail("I2", name + " goes from " + std::to_string(static_cast<int>(known.status)) + " to " +
                     std::to_string(static_cast<int>(build.status)));
  }
  CheckClaim(build, known, host, method);
  if (build.attempt > model::kMaxAttempts)
    Fail("I19",
         name + " is tried more often than " + std::to_string(model::kMaxAttempts) + " times");
  const bool again = known.status == BuildStatus::kBuilding && build.status == BuildStatus::kQueued;
  if (again && build.outcome.fault() == Fault::kSource)
    Fail("I19", name + " is tried again though its source is at fault");
  if (known.status == BuildStatus::kQueued && build.status == BuildStatus::kBuilding) {
    // Unless it came to wait after the queue was asked for that the claim was decided on.
    if (build.not_before > TrueClock(scheduler_).Now() && known.since < decided_[{host, build.id}])
      Fail("I19", name + " is tried again before its wait is over");
    CheckRoom(rows, build, host);
    attempt_of_[build.lease.token] = AttemptOf(build.id, build.attempt);
  }
  if (build.status == BuildStatus::kSucceeded) CheckImage(rows, build);
}

void Checker::CheckClaim(const model::Build& build, const KnownBuild& known,
                         const std::string& host, std::string_view method) {
  if (known.status != BuildStatus::kBuilding || build.lease.token == known.lease.token) return;
  const std::string name = "build " + build.id.str();
  if (method == "BuildStore.Expire") {
    if (known.lease.expires > TrueClock(scheduler_).Now())
      Fail("I5", name + " is taken from a builder whose lease is alive");
    expired_[AttemptOf(build.id, known.attempt)] = scheduler_.now();
  } else if (method != "BuildStore.Settle") {
    Fail("I4", name + " is taken from its builder by " + std::string(method) + " of " + host);
  } else if (names_[known.lease.host] != host) {
    Fail("I4", name + " is settled by " + host + ", which does not hold it");
  }
}

// What stood in the queue when the starter asked for it, and what the same decision claims. The
// decision may be of a process that has died since.
void Checker::CheckRoom(const Rows& rows, const model::Build& build, const std::string& host) {
  int beside = 0;
  const Duration asked = decided_[{host, build.id}];
  for (const auto& [id, other] : builds_) {
    const bool known = other.since < asked || other.since == scheduler_.now();
    if (other.status != BuildStatus::kBuilding || !known || id == build.id) continue;
    beside += other.lease.host == build.lease.host ? 1 : 0;
    const auto row = rows.builds.find(id);
    if (row != rows.builds.end() && row->second.build.app == build.app)
      Fail("I20", "two builds of " + build.app.str() + " run at once");
  }
  const auto builder = rows.hosts.find(build.lease.host);
  if (builder != rows.hosts.end() && beside >= builder->second.host.build_slots)
    Fail("I20", "builder " + builder->second.host.name + " is given more than it has room for");
}

void Checker::CheckImage(const Rows& rows, const model::Build& build) {
  succeeded_.insert(build.image.digest);
  const ImageFacts* image = registry_.Find(build.image.digest);
  const auto row = rows.apps.find(build.app);
  if (!image || row == rows.apps.end()) return;
  model::Application app = row->second.app;
  app.env = image->env;
  if (plan::BuildKey(kPlanKey, app, image->commit) != build.build_key && image->app == app.id.str())
    Fail("I23", "build " + build.id.str() + " saw other settings than those of its key");
}

void Checker::CheckDuplicates(const Rows& rows) {
  std::set<std::pair<AppId, std::string>> live;
  std::map<HostId, int> claimed;
  for (const auto& [id, row] : rows.builds) {
    if (model::IsTerminal(row.build.status)) continue;
    if (row.build.status == BuildStatus::kBuilding && ++claimed[row.build.lease.host] > kMostClaims)
      Fail("I20", "builder " + row.build.lease.host.str() + " has more claims than it can run");
    if (!live.emplace(row.build.app, row.build.build_key).second)
      Fail("I3", "two live builds of one source: " + id.str());
  }
}

void Checker::CheckApps(const Rows& rows) {
  std::set<std::string> addresses;
  for (const auto& [id, row] : rows.apps) {
    model::Target& known = targets_[id];
    if (row.app.target.generation < known.generation)
      Fail("I7", "the generation of " + id.str() + " goes back");
    if (row.app.target.generation == known.generation && !(row.app.target == known))
      Fail("I7", "a new target of " + id.str() + " has the generation of the last");
    known = row.app.target;
    if (row.app.deleted) {
      was_deleted_.insert(id);
      continue;
    }
    for (const model::Website& site : row.app.websites) {
      if (!addresses.insert(site.fqdn + site.path_prefix).second)
        Fail("I13", site.fqdn + " has two owners");
    }
  }
}

void Checker::DatabaseWentBack() {
  went_back_ = scheduler_.now();
  builds_.clear();
  targets_.clear();
  overtaken_.clear();
  acted_generation_.clear();
  database_.rows().state.With([this](Rows& rows) {
    for (const auto& [id, row] : rows.builds) {
      const model::Build& build = row.build;
      builds_[id] = {build.status,       build.lease,   build.outcome,
                     build.image.digest, build.attempt, scheduler_.now()};
      // That its lease had run out may be lost too; then its builder goes on.
      if (build.status == BuildStatus::kBuilding) expired_.erase(AttemptOf(id, build.attempt));
    }
    CheckApps(rows);
  });
}

void Checker::RolloutActs(const std::string& app, const sdk::Fence& fence, std::string_view what) {
  sdk::Fence& acted = acted_[app];
  if (fence < acted)
    Fail("I6", std::string(what) + " of " + app + " by an older fence than one that has acted");
  if (!records_.locked.contains(app)) Fail("I6", std::string(what) + " of " + app + " unlocked");
  if (fence.epoch > epoch_)
    Fail("I6", std::string(what) + " of " + app + " by an epoch that nobody was given");
  if (what == "start again" && !network_.Had(FaultClass::kOperator))
    Fail("I19", "a rollout of " + app + " starts another container");
  // It may have looked at the fence just before the newer one came; then it acts once.
  int& late = late_acts_[{app, fence}];
  if (const auto newest = records_.fences.find(app);
      newest != records_.fences.end() && fence < newest->second && ++late > 1)
    Fail("I6", std::string(what) + " of " + app + " though a newer fence is known");
  acted = std::max(acted, fence);
  int64_t& generation = acted_generation_[app];
  if (fence.generation < generation && went_back_ < Duration::zero())
    Fail("I7", std::string(what) + " of " + app + " brings an older target back");
  generation = std::max(generation, fence.generation);
}

void Checker::HostChangesBackend(const std::string& host) {
  if (DatabaseHasLost(30s)) return;  // leases were lost with the rest
  database_.rows().state.With([&](Rows& rows) {
    for (const auto& [id, row] : rows.hosts) {
      const bool newest = row.host.name == host && begun_[host] == id;
      if (newest && row.lease_expires < TrueClock(scheduler_).Now())
        Fail("I6", host + " begins to change a backend after its lease");
    }
  });
}

void Checker::ContainerCreated(const Container& container) {
  for (const Container* other : docker_.Of(container.app)) {
    if (other->fence > container.fence)
      Fail("I7", "a container of " + container.app + " is older than one that is there");
  }
  const ImageFacts* image = registry_.Find(container.digest);
  if (!image || image->app != container.app || !succeeded_.contains(container.digest))
    Fail("I8", "a container of " + container.app + " has an image of no succeeded build of it");
  auto& recent = created_[container.app];
  recent.emplace_back(scheduler_.now(), container.fence);
  while (recent.front().first + 10s < scheduler_.now()) recent.pop_front();
  std::set<sdk::Fence> targets;
  for (const auto& [at, fence] : recent) targets.insert(fence);
  if (recent.size() > kMostCreated + targets.size())
    Fail("I19", container.app + " has too many new containers");
  std::vector<model::EnvVar> env;
  for (const sdk::EnvVar& variable : container.env) {
    env.emplace_back();
    env.back().value = Secret(variable.value);
  }
  Sees(container.app, env, false);
}

void Checker::ContainerEnds(const Container& container) {
  const auto routes = docker_.in_force().find(container.app);
  if (routes == docker_.in_force().end() || !routes->second.targets.contains(container.id)) return;
  const bool deleted = database_.rows().state.With([&](Rows& rows) {
    const FakeApp* app = rows.FindApp(AppId(container.app));
    return !app || app->app.deleted;
  });
  if (removed_.contains(AppId(container.app)) && DatabaseHasLost(60s)) return;
  if (!deleted && container.flaw.empty())
    Fail("I12", "a rollout ends " + container.id + ", which serves");
}

// What was not ready when the routes were written may not serve when they are in force.
void Checker::RoutesWritten(const std::string& app, const Routes& routes) {
  const auto before = docker_.written().find(app);
  for (const std::string& target : routes.targets) {
    const Container* container = docker_.Find(target);
    const bool kept = before != docker_.written().end() && before->second.targets.contains(target);
    if (container && !kept && container->first_ready_at > scheduler_.now())
      Fail("I12", "routes are led to " + target + ", which is not ready");
  }
}

void Checker::ImageDeleted(const std::string& app, const std::string& digest) {
  if (DatabaseHasLost(60s)) return;  // and what was decided is not what stands there
  database_.rows().state.With([&](Rows& rows) {
    const FakeApp* row = rows.FindApp(AppId(app));
    if (!row || row->app.deleted) return;
    const ImageFacts* image = registry_.Find(digest);
    const model::Build* build = image ? rows.FindBuild(BuildId(image->build)) : nullptr;
    const bool wanted =
        build &&
        (!model::IsTerminal(build->status) ||
         (build->image_state == model::ImageState::kKept && build->image.digest == digest));
    if (wanted) Fail("I11", "an image of " + app + " is deleted that may be wanted");
    for (const model::Release& release : row->releases) {
      const bool runs = release.id == row->app.pinned || release.id == row->app.target.release;
      if (runs && release.image.digest == digest)
        Fail("I11", "the image of what " + app + " runs is deleted");
    }
  });
}

void Checker::Sees(const std::string& app, const std::vector<model::EnvVar>& env, bool builds) {
  for (const model::EnvVar& variable : env) {
    if (!variable.value.Reveal().starts_with(app + "/"))
      Fail("I17", app + " gets the variable of another");
    if (builds && !variable.InBuild()) Fail("I17", "a build of " + app + " sees what only runs");
  }
}

void Checker::EffectBegins(const std::string& host, const reconcile::Request& request,
                           const reconcile::Engine& engine) {
  if (request.loop == reconcile::LoopId::kStarter &&
      std::holds_alternative<reconcile::LoadQueue>(request.effect))
    starter_asked_[host] = scheduler_.now();
  if (const auto* claims = std::get_if<reconcile::ClaimBuilds>(&request.effect)) {
    for (const model::BuildClaim& claim : claims->claims) {
      Duration& decided = decided_[{host, claim.build}];
      const auto known = builds_.find(claim.build);
      const bool another = known != builds_.end() && decided > known->second.since;
      decided = another ? std::min(decided, starter_asked_[host]) : starter_asked_[host];
    }
  }
  if (const auto* look = std::get_if<reconcile::ObserveApp>(&request.effect))
    looked_[{host, look->app.str()}] = docker_.changes(look->app.str());
  if (const auto* apply = std::get_if<reconcile::ApplyApp>(&request.effect))
    CheckApply(host, apply->desired);
  if (const auto* remove = std::get_if<reconcile::RemoveApp>(&request.effect))
    CheckRemoval(host, remove->app);
  if (engine.in_flight() > 100) Fail("I20", host + " has too much under way");
  if (engine.waiting() > 100) Fail("I20", host + " has too many keys that wait");
  std::deque<Duration>& recent =
      effects_[host + "/" + reconcile::LoopName(request.loop) + "/" + request.key];
  recent.push_back(scheduler_.now());
  while (recent.front() + 10s < scheduler_.now()) recent.pop_front();
  if (recent.size() > 400)
    Fail("I19",
         host + " looks at " + request.key + " too often in " + reconcile::LoopName(request.loop));
}

// As the backend would tell, were it asked.
bool Checker::IsSo(const model::DesiredApp& desired) const {
  const std::string app = desired.id.str();
  const auto record = records_.records.find(app);
  const auto fence = records_.fences.find(app);
  const auto routes = docker_.written().find(app);
  if (record == records_.records.end() || fence == records_.fences.end() ||
      routes == docker_.written().end())
    return false;
  const sdk::Fence wanted{desired.fence.epoch, desired.fence.generation};
  const auto containers = docker_.Of(app);
  const bool sound = std::all_of(containers.begin(), containers.end(), [](const auto* one) {
    return one->flaw.empty() && one->life == sdk::Life::kRunning;
  });
  return record->second.settled && record->second.fence == wanted && fence->second == wanted &&
         record->second.route_key == desired.route_key && routes->second.intact && sound &&
         routes->second.targets.size() == containers.size() &&
         containers.size() == static_cast<size_t>(record->second.wanted);
}

// Whoever has seen that all is as wanted has nothing to apply. With a plugin that lies, who knows.
void Checker::CheckApply(const std::string& host, const model::DesiredApp& desired) {
  const std::string app = desired.id.str();
  ++applies_[app];
  if (IsSo(desired) && looked_[{host, app}] == docker_.changes(app) &&
      !network_.Had(FaultClass::kPlugin) && !network_.Had(FaultClass::kOperator) &&
      ++needless_[app] > 3)
    Fail("I19", host + " applies again and again what is so already, of " + app);
}

// The deletion that a host acts on may be among what the database has lost since.
void Checker::CheckRemoval(const std::string& host, const AppId& app) {
  const bool lives = database_.rows().state.With([&](Rows& rows) { return rows.FindLiveApp(app); });
  const bool lost = DatabaseHasLost(60s) && was_deleted_.contains(app);
  if (lives && !lost) return Fail("I11", host + " removes " + app.str() + ", which is not deleted");
  removed_.insert(app);
}

int64_t Checker::Changes() {
  return database_.rows().state.With([this](Rows& rows) {
    int64_t changes = registry_.deletions + static_cast<int64_t>(rows.builds.size());
    for (const auto& [id, row] : rows.builds) changes += row.build.attempt;
    for (const auto& [id, row] : rows.apps) {
      changes += row.app.target.generation;
      if (!Hopeless(rows, row.app)) changes += docker_.changes(id.str()) + applies_[id.str()];
    }
    return changes;
  });
}

void Checker::CheckQueue() {
  const auto queue = database_.store().builds.Queue();
  std::set<AppId> busy;
  for (const model::Build& build : queue->building) busy.insert(build.app);
  const bool idle = std::any_of(queue->builders.begin(), queue->builders.end(),
                                [](const auto& b) { return b.running < b.slots; });
  std::map<BuildId, Duration> waits;
  for (const model::Build& build : queue->queued) {
    if (!idle || busy.contains(build.app) || build.not_before > queue->now) continue;
    const auto since = waits_since_.find(build.id);
    waits[build.id] = since == waits_since_.end() ? scheduler_.now() : since->second;
    if (scheduler_.now() - waits[build.id] > 15s)
      Fail("I22", "build " + build.id.str() + " waits though a builder is idle");
  }
  waits_since_ = std::move(waits);
}

}  // namespace ns::sim
