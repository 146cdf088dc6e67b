#include "world.h"

#include <algorithm>

#include "base/log.h"

namespace ns::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kConverge = 120s;  // after the faults have ended
constexpr Duration kQuiet = 10min, kShortQuiet = 30s;

// Where a process runs, one after another.
struct Place {
  std::string name;
  bool builder = false, somewhere = false;  // see kSomewhere
  MachineClock clock;
  std::shared_ptr<Host> host;
  HostId last;
};

class World {
 public:
  explicit World(const Options& options)
      : options_(options),
        swarm_(options.seed, Stream::kSwarm),
        faults_(FaultSet::Draw(swarm_).And(options.allowed)),
        chance_(options.seed, Stream::kFaults),
        hosts_chance_(options.seed, Stream::kHosts),
        trace_(options.print),
        scheduler_(Chance(options.seed, Stream::kScheduling)),
        network_(scheduler_, trace_, options.seed, faults_),
        clock_(scheduler_),
        database_(clock_),
        docker_(scheduler_, trace_, git_, registry_, Chance(options.seed + 1, Stream::kHosts)),
        users_(scheduler_, network_, database_, git_),
        checker_(scheduler_, network_, database_, docker_, git_, registry_, records_, users_),
        ground_{scheduler_, trace_,   network_,       database_, git_, registry_,
                docker_,    records_, backend_watch_, {},        {},   {}} {
    Listen();
  }

  ~World() { scheduler_.EndAll(); }

  Outcome Run() {
    Begin();
    Chaos();
    Heal();
    if (!Over()) Converge();
    if (!Over()) BeQuiet();
    return Result();
  }

 private:
  bool Over() {
    if (!scheduler_.defect().empty()) checker_.Fail("defect", scheduler_.defect());
    return checker_.violation().has_value();
  }

  // Until that moment, or a violation.
  void RunUntil(Duration until) {
    while (!Over() && scheduler_.Step(until)) {
    }
  }

  void Listen() {
    network_.took_effect = [this](const std::string& host, std::string_view method) {
      checker_.StoreCalled(host, method);
    };
    network_.asks = [this](const std::string& host, std::string_view method) {
      if (method == "Backend.Apply" || method == "Backend.Remove")
        checker_.HostChangesBackend(host);
      Ambush(host, method);
    };
    backend_watch_.acts = [this](const std::string& app, const sdk::Fence& fence,
                                 std::string_view what) { checker_.RolloutActs(app, fence, what); };
    docker_.created = [this](const Container& made) {
      checker_.ContainerCreated(made);
      if (made.instance != Users::BackendOf(AppId(made.app)))
        checker_.Fail("I23", made.app + " has a container in another instance of the backend");
    };
    docker_.ends = [this](const Container& ending) { checker_.ContainerEnds(ending); };
    docker_.routed = [this](const std::string& app, const Routes& routes) {
      checker_.RoutesWritten(app, routes);
    };
    registry_.deletes = [this](const std::string& app, const std::string& digest) {
      checker_.ImageDeleted(app, digest);
    };
    docker_.changed = [this](const std::string& app) {
      for (const auto& place : places_) {
        if (place->host) place->host->BackendChanged(app);
      }
    };
    ground_.runs = [this](const std::string& host, const std::string& attempt, bool begins) {
      checker_.Runs(host, attempt, begins);
    };
    ground_.pushes = [this](const std::string& host, const std::string& attempt) {
      checker_.Pushes(host, attempt);
    };
    ground_.sees = [this](const std::string& app, const std::vector<model::EnvVar>& env) {
      checker_.Sees(app, env, true);
    };
    database_.store().hints.Subscribe([this](const ports::Hint& hint) {
      for (const auto& place : places_) {
        if (place->host) place->host->Hinted(hint);
      }
    });
    log::Redirect(log::Level::kError, [this](log::Level, std::string_view line) {
      checker_.Fail("log", std::string(line));
    });
  }

  void Begin() {
    users_.SetUp();
    const int controllers = 1 + static_cast<int>(swarm_.Below(3));
    const int builders = 1 + static_cast<int>(swarm_.Below(3));
    const int somewhere = 1 + static_cast<int>(swarm_.Below(controllers));
    slots_ = 1 + static_cast<int>(swarm_.Below(2));
    for (int i = 0; i < controllers + builders; ++i) {
      const bool builder = i >= controllers;
      const std::string name =
          (builder ? "builder" : "controller") + std::to_string(builder ? i - controllers : i);
      places_.push_back(
          std::unique_ptr<Place>(new Place{name,
                                           builder,
                                           i < somewhere,
                                           MachineClock(scheduler_, hosts_chance_.Between(1s, 24h)),
                                           {},
                                           {}}));
      Open(*places_.back());
    }
  }

  void Open(Place& place) {
    const uint64_t seed = hosts_chance_.random().Next();
    trace_.Add(scheduler_.now(), {place.name, "begins"});
    if (place.builder)
      place.host = std::make_shared<BuilderHost>(ground_, place.name, place.clock, seed, slots_);
    else
      place.host =
          std::make_shared<ControllerHost>(ground_, place.name, place.clock, seed, place.somewhere);
    checker_.HostBegins(place.host->id(), place.name);
    Host* const host = place.host.get();
    host->ends = [this, name = place.name](const auto& request, const auto& outcome) {
      checker_.EffectEnds(name, request, outcome);
    };
    host->begins = [this, host, name = place.name](const reconcile::Request& request) {
      if (request.loop == reconcile::LoopId::kSynchronizer) synchronizes_[name] = request.key;
      trace_.Add(scheduler_.now(), {name, ">", reconcile::LoopName(request.loop), request.key});
      if (host->engine()) checker_.EffectBegins(name, request, *host->engine());
    };
    host->Begin(std::exchange(place.last, host->id()));
  }

  // -- faults --

  void Chaos() {
    Chance workload(options_.seed, Stream::kWorkload);
    const Duration end = chance_.Between(25s, 90s);
    chaos_end_ = end;
    steps_ = DrawSteps(workload, end);
    std::vector<UserStep> taken;
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (!options_.skipped.contains(i)) taken.push_back(steps_[i]);
    }
    users_.Do(taken);
    Often(FaultClass::kCrash, 4s, 30s, end, [this] { Crash(); });
    Often(FaultClass::kPause, 5s, 40s, end, [this] { Pause(); });
    Often(FaultClass::kClockJump, 5s, 40s, end, [this] { Jump(); });
    Often(FaultClass::kPartition, 5s, 40s, end, [this] { Partition(); });
    Often(FaultClass::kDatabase, 10s, 50s, end, [this] { StopDatabase(); });
    Often(FaultClass::kFailover, 10s, 60s, end, [this] { FailOver(); });
    Often(FaultClass::kOperator, 3s, 25s, end, [this] { Meddle(); });
    if (faults_.Has(FaultClass::kFailover)) KeepCopies(end);
    Watch(end);
    RunUntil(end);
  }

  void Often(FaultClass fault, Duration least, Duration most, Duration end,
             std::function<void()> act) {
    // Drawn whether or not, so that a fault switched off moves no other.
    const Duration wait = chance_.Between(least, most);
    if (!faults_.Has(fault)) return;
    Again(least, most, end, wait, std::make_shared<std::function<void()>>(std::move(act)));
  }
  void Again(Duration least, Duration most, Duration end, Duration wait,
             std::shared_ptr<std::function<void()>> act) {
    if (scheduler_.now() + wait >= end) return;
    scheduler_.After(wait, [=, this] {
      (*act)();
      Again(least, most, end, chance_.Between(least, most), act);
    });
  }

  // What has died comes back.
  void Watch(Duration end) {
    for (const auto& place : places_) {
      if (place->host && place->host->process()->dead) {
        place->host.reset();
        scheduler_.After(chance_.Between(100ms, 12s), [this, raw = place.get()] {
          if (!raw->host) Open(*raw);
        });
      }
    }
    if (scheduler_.now() < end) scheduler_.After(500ms, [this, end] { Watch(end); });
  }

  Place& AnyPlace() {
    return *places_[static_cast<size_t>(chance_.Below(static_cast<int64_t>(places_.size())))];
  }

  void Crash() {
    Place& place = AnyPlace();
    if (!place.host) return;
    trace_.Add(scheduler_.now(), {place.name, "is killed"});
    scheduler_.Kill(place.host->process());
  }

  void Pause() {
    Place& place = AnyPlace();
    const Duration span = chance_.Between(1s, 45s);
    const std::optional<Duration> end = EndOfLease(place);
    StandStill(place, end && chance_.Percent(50) ? *end : span);
  }

  void StandStill(const Place& place, Duration span) {
    if (!place.host) return;
    trace_.Add(scheduler_.now(), {place.name, "stands still"});
    checker_.HostPauses(place.name, scheduler_.now() + span);
    scheduler_.Pause(place.host->process(), scheduler_.now() + span);
  }

  // From now until a claim of it has run out and somebody is about to notice.
  std::optional<Duration> EndOfLease(const Place& place) {
    if (!place.builder || !place.host) return std::nullopt;
    const Time now = clock_.Now();
    std::optional<Duration> first;
    database_.rows().state.With([&](const auto& rows) {
      for (const auto& [id, row] : rows.builds) {
        const bool held = row.build.status == model::BuildStatus::kBuilding &&
                          row.build.lease.host == place.host->id() && row.build.lease.expires > now;
        if (held && (!first || row.build.lease.expires - now < *first))
          first = row.build.lease.expires - now;
      }
    });
    if (first) *first += chance_.Between(99ms, 104ms);
    return first;
  }

  // -- pauses that begin where they do most harm: in the middle of what a host does --

  void Ambush(const std::string& host, std::string_view method) {
    if (scheduler_.now() >= chaos_end_ || ambushes_ == 0 || !faults_.Has(FaultClass::kPause))
      return;
    const bool applies = method == "Backend.Apply", looks = method == "Backend.Observe";
    const std::string& key = synchronizes_[host];
    if (!(applies && chance_.Percent(10)) && !(looks && chance_.Percent(3))) return;
    const auto place = std::find_if(places_.begin(), places_.end(),
                                    [&](const auto& one) { return one->name == host; });
    if (place == places_.end() || !(*place)->host || key.size() < 2) return;
    --ambushes_;
    const int app = key.back() - '0';
    if (applies)
      StopInADeploy(**place, app);
    else if (scheduler_.now() + 35s < chaos_end_)
      StopBeforeALook(**place, app);
  }

  // From before a deletion until after the removal.
  void StopInADeploy(const Place& place, int app) {
    StandStill(place, chance_.Between(8s, 45s));
    users_.Also({scheduler_.now() + chance_.Between(0s, 2s), app,
                 chance_.Percent(60) ? StepKind::kDelete : StepKind::kSetEnv,
                 chance_.Below(1 << 20) | 1});
  }

  // Others take the application over, deploy something newer, and stand still when it goes on.
  void StopBeforeALook(const Place& place, int app) {
    const Duration now = scheduler_.now();
    StandStill(place, chance_.Between(28s, 33s));
    users_.Also({now + chance_.Between(0s, 2s), app, StepKind::kSites, chance_.Below(1 << 20)});
    scheduler_.After(chance_.Between(14s, 17s), [this, name = place.name] {
      for (const auto& other : places_) {
        if (!other->builder && other->name != name) StandStill(*other, 30s);
      }
    });
  }

  void Jump() {
    Place& place = AnyPlace();
    trace_.Add(scheduler_.now(), {place.name, "has another time"});
    place.clock.Jump(chance_.Between(-10min, 10min));
  }

  void Partition() {
    const Place& place = AnyPlace();
    const auto peer = static_cast<Peer>(chance_.Below(4));
    const auto cut = static_cast<Cut>(chance_.Below(3));
    trace_.Add(scheduler_.now(), {place.name, "is cut from", kPeerNames[static_cast<size_t>(peer)],
                                  kCutNames[static_cast<size_t>(cut)]});
    network_.Sever(place.name, peer, cut, scheduler_.now() + chance_.Between(1s, 40s));
  }

  void StopDatabase() {
    trace_.Add(scheduler_.now(), {"the database stops"});
    network_.DatabaseDown(scheduler_.now() + chance_.Between(200ms, 15s));
  }

  void KeepCopies(Duration end) {
    database_.rows().state.With([this](const auto& rows) { copies_.push_back(rows); });
    if (copies_.size() > 4) copies_.erase(copies_.begin());
    if (scheduler_.now() < end) scheduler_.After(1500ms, [this, end] { KeepCopies(end); });
  }

  // A replica takes over that has not heard of the last writes. What was lost may be deployed, and
  // somebody may ask for something else at once, which then has the numbers of what was lost.
  void FailOver() {
    if (copies_.empty()) return;
    if (chance_.Percent(50)) {
      const size_t which = static_cast<size_t>(chance_.Below(static_cast<int64_t>(copies_.size())));
      return ComeBackAs(copies_[which], chance_.Between(200ms, 5s));
    }
    auto copy = std::make_shared<ports::testing::FakeState>(
        database_.rows().state.With([](const auto& rows) { return rows; }));
    const int app =
        steps_[static_cast<size_t>(chance_.Below(static_cast<int64_t>(steps_.size())))].app;
    const int64_t choice = chance_.Below(1 << 20);
    users_.Also({scheduler_.now(), app, StepKind::kSites, choice});
    scheduler_.After(chance_.Between(200ms, 1500ms), [this, copy, app, choice] {
      const Duration away = chance_.Between(200ms, 2s);
      ComeBackAs(*copy, away);
      users_.Also({scheduler_.now() + away + chance_.Between(0ms, 20ms), app, StepKind::kSites,
                   choice + 1});
    });
  }

  void ComeBackAs(const ports::testing::FakeState& copy, Duration away) {
    trace_.Add(scheduler_.now(), {"the database loses its last writes"});
    network_.DatabaseDown(scheduler_.now() + away);
    database_.rows().state.With([&](auto& rows) {
      const int64_t number = rows.last_number;
      auto subscribers = std::move(rows.subscribers);
      rows = copy;
      rows.subscribers = std::move(subscribers);
      rows.last_number = number + 1'000'000;  // tokens are never given out twice
    });
    copies_.clear();
    users_.Rebase();
    checker_.DatabaseWentBack();
  }

  void Meddle() {
    std::vector<std::string> ids, apps;
    for (const auto& [id, container] : docker_.containers()) ids.push_back(id);
    for (const auto& [app, routes] : docker_.written()) apps.push_back(app);
    const int64_t kind = chance_.Below(4);
    if (ids.empty() || apps.empty()) return;
    const std::string id = chance_.Pick(ids), app = chance_.Pick(apps);
    static constexpr std::array kWhat = {"kills", "removes", "edits", "spoils the routes beside"};
    trace_.Add(scheduler_.now(), {"somebody", kWhat[static_cast<size_t>(kind)], id});
    if (kind == 0) docker_.Die(id, 137);
    if (kind == 1) docker_.Take(id);
    if (kind == 2) docker_.Edit(id);
    if (kind == 3) docker_.SpoilRoutes(app);
  }

  // -- the end --

  void Heal() {
    trace_.Add(scheduler_.now(), {"no more faults"});
    healed_ = scheduler_.now();
    network_.Calm();
    for (const auto& place : places_) {
      if (place->host && place->host->process()->dead) place->host.reset();
      if (!place->host) Open(*place);
      scheduler_.GoOn(*place->host->process());
    }
  }

  void Converge() {
    Shortfall why = checker_.NotConverged();
    // What people still ask for may change anything.
    while ((!why.empty() || !users_.Done()) && scheduler_.now() < healed_ + kConverge && !Over()) {
      RunUntil(scheduler_.now() + 1s);
      if (scheduler_.now() > healed_ + 10s) checker_.CheckQueue();
      why = checker_.NotConverged();
    }
    converged_after_ = scheduler_.now() - healed_;
    if (!why.empty() && !Over()) checker_.Fail(why.invariant, why.what);
  }

  void BeQuiet() {
    // What is about to end or begin by what was done before.
    RunUntil(scheduler_.now() + 30s);
    if (const Shortfall why = checker_.NotConverged(); !why.empty() && !Over())
      return checker_.Fail(why.invariant, "it was converged and is not any more: " + why.what);
    const int64_t before = checker_.Changes();
    RunUntil(scheduler_.now() + (options_.seed % 64 == 0 ? kQuiet : kShortQuiet));
    if (Over()) return;
    if (checker_.Changes() != before) checker_.Fail("I21", "something still changes");
    if (const Shortfall why = checker_.NotConverged(); !why.empty() && !Over())
      checker_.Fail(why.invariant, "it did not stay converged: " + why.what);
  }

  Outcome Result() {
    Outcome outcome;
    outcome.violation = checker_.violation();
    outcome.events = scheduler_.events();
    trace_.Add(scheduler_.now(), {"end", std::to_string(outcome.events)});
    outcome.hash = trace_.hash();
    outcome.converged_after = converged_after_;
    outcome.faults = faults_;
    outcome.steps = steps_;
    log::Redirect(log::Level::kError, nullptr);
    return outcome;
  }

  const Options& options_;
  Chance swarm_;
  const FaultSet faults_;
  Chance chance_, hosts_chance_;
  Trace trace_;
  GitWorld git_;
  RegistryWorld registry_;
  RecordsDisk records_;
  BackendWatch backend_watch_;
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<ports::testing::FakeState> copies_;
  std::vector<UserStep> steps_;
  Duration healed_{}, converged_after_{}, chaos_end_{};
  int slots_ = 1;                                    // of each builder
  int ambushes_ = 2;                                 // that may still come
  std::map<std::string, std::string> synchronizes_;  // by host: the last
  Scheduler scheduler_;
  Network network_;
  TrueClock clock_;
  ports::testing::FakeStore database_;
  Docker docker_;
  Users users_;
  Checker checker_;
  Ground ground_;
};

}  // namespace

Outcome Run(const Options& options) {
  World world(options);
  return world.Run();
}

}  // namespace ns::sim
