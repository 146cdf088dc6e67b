#include "hosts.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "act/build_job.h"
#include "act/hints.h"
#include "act/perform.h"
#include "act/perform_build.h"
#include "ports/testing/fake_rows.h"
#include "reconcile/loops.h"

namespace ns::sim {

using namespace std::chrono_literals;
using reconcile::LoopId;
using reconcile::LoopOptions;

namespace {

constexpr Duration kPeriod = 10s;       // of all loops
constexpr Duration kLongestWait = 20s;  // so that all converges soon after the faults
// Few are kept, so that some go.
// So short that images and logs go while people still roll out and push.
const plan::Retention kRetention{.releases = 1, .logs = 15s, .settling = 5s};
constexpr Duration kLease = 10s, kBeat = 3s, kBeatAgain = 1s;

LoopOptions Keyed(int in_flight, std::set<LoopId> apart_from = {}) {
  return {.period = kPeriod,
          .in_flight = in_flight,
          .keyed = true,
          .longest_wait = kLongestWait,
          .apart_from = std::move(apart_from)};
}
LoopOptions Queue() {
  return {.period = kPeriod, .in_flight = 1, .keyed = false, .rest = reconcile::kQueueRest};
}

std::map<std::string, ports::Backend*> Loaded(Instance& everywhere, Instance* somewhere) {
  std::map<std::string, ports::Backend*> backends = {{kBackend, &everywhere.faulty}};
  if (somewhere) backends[kSomewhere] = &somewhere->faulty;
  return backends;
}

// Sends each piece at once, from the task that runs the build.
class DeskLog final : public act::BuildLog {
 public:
  DeskLog(ports::BuildDesk& desk, ports::Claim claim) : desk_(desk), claim_(std::move(claim)) {}
  void Write(std::string_view bytes) override {
    const Result<int64_t> end = desk_.AppendLog({}, claim_, end_.value_or(0), end_ ? bytes : "");
    if (end.ok()) end_ = *end;
  }

 private:
  ports::BuildDesk& desk_;
  const ports::Claim claim_;
  std::optional<int64_t> end_;
};

// Sources are checked out below it; of this process of ours.
std::string WorkFolder(const std::string& host) {
  return (std::filesystem::temp_directory_path() / ("ns-simulation-" + std::to_string(::getpid())))
             .string() +
         "/" + host;
}

// While an attempt runs.
class Running {
 public:
  Running(const Ground& ground, std::string host, std::string attempt)
      : ground_(ground), host_(std::move(host)), attempt_(std::move(attempt)) {
    if (ground_.runs) ground_.runs(host_, attempt_, true);
  }
  ~Running() {
    if (ground_.runs) ground_.runs(host_, attempt_, false);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  const Ground& ground_;
  const std::string host_, attempt_;
};

}  // namespace

Host::Host(Ground& ground, const std::string& name, MachineClock& clock, uint64_t seed)
    : ground_(ground),
      process_(std::make_shared<Process>(name)),
      clock_(clock),
      random_(seed),
      id_(HostId::New(random_)),
      to_store_(ground.network, process_, Peer::kStore),
      to_git_(ground.network, process_, Peer::kGit),
      to_registry_(ground.network, process_, Peer::kRegistry),
      to_docker_(ground.network, process_, Peer::kDocker),
      to_plugin_(ground.network, process_, Peer::kPlugin),
      to_engine_(ground.network, process_, Peer::kEngine),
      faulty_(ground.database.store(), to_store_),
      store_(faulty_.Ports()) {}

std::unique_ptr<FiberDriver> Host::NewDriver(act::Carrier carry, act::LaneLimits limits) {
  auto driver = std::make_unique<FiberDriver>(ground_.scheduler, process_, weak_from_this(),
                                              std::move(carry), std::move(limits), random_, clock_);
  driver->begins = begins;
  driver->ends = ends;
  return driver;
}

void Host::Begin(const HostId& before) {
  ground_.scheduler.Spawn(process_, [this, before, kept = shared_from_this()] {
    if (!before.empty()) (void)store_.hosts.Leave(before);
    // Before the loops: what they take is theirs only while this host's lease is alive.
    Beat();
    Live();
    StartLoops();
    driver_->Start();
    (void)store_.hints.Send({ports::Hint::Kind::kQueue, ""});
  });
}

// As host::Heartbeat does, for as long as the process lives.
void Host::Live() {
  ground_.scheduler.Spawn(process_, [this, kept = shared_from_this()] {
    bool heard = true;
    for (;;) {
      ground_.scheduler.Sleep(heard ? kBeat : kBeatAgain);
      heard = Beat();
    }
  });
}

bool Host::Beat() {
  const Duration asked = clock_.Monotonic();
  const bool was_alive = LeaseAlive();
  const Result<std::vector<HostId>> alive = store_.hosts.Beat(Describe(), kLease);
  if (!alive.ok()) return false;
  alive_until_ = asked + kLease;
  const std::vector<HostId> before = std::exchange(alive_, *alive);
  const bool missing = std::any_of(before.begin(), before.end(), [this](const HostId& host) {
    return std::find(alive_.begin(), alive_.end(), host) == alive_.end();
  });
  if ((missing || !was_alive) && driver_) Relist();
  return true;
}

void Host::Hinted(const ports::Hint& hint) {
  for (const Duration delay : ground_.network.Hint()) {
    ground_.scheduler.AfterIn(process_, delay, [this, hint, kept = shared_from_this()] {
      if (driver_) Take(hint);
    });
  }
}

ControllerHost::ControllerHost(Ground& ground, const std::string& name, MachineClock& clock,
                               uint64_t seed, bool somewhere)
    : Host(ground, name, clock, seed),
      git_(ground.git, disk_),
      faulty_git_(git_, to_git_),
      faulty_registry_(ground.registry, to_registry_),
      everywhere_(kBackend, ground, clock, to_docker_, to_plugin_),
      somewhere_(kSomewhere, ground, clock, to_docker_, to_plugin_),
      parts_{store_,
             faulty_git_,
             faulty_registry_,
             Loaded(everywhere_, somewhere ? &somewhere_ : nullptr),
             random_,
             clock_,
             id_,
             [this] { return LeaseAlive(); }} {}

model::Host ControllerHost::Describe() const {
  model::Host host;
  host.id = id_;
  host.name = process_->name;
  host.roles = {"controller"};
  return host;
}

void ControllerHost::StartLoops() {
  Result<int64_t> epoch = store_.deploys.Epoch();
  while (!epoch.ok()) {
    ground_.scheduler.Sleep(1s);
    epoch = store_.deploys.Epoch();
  }
  driver_ =
      NewDriver([this](const auto& effect,
                       std::stop_token cancel) { return act::Perform(effect, parts_, cancel); },
                act::kControllerLanes);
  const reconcile::SynchronizerOptions deploys{*epoch, kPageUpstream, kPlanKey};
  driver_->Add(reconcile::NewFetcher(), Keyed(8));
  driver_->Add(reconcile::NewRegisterer(kPlanKey), Keyed(8));
  driver_->Add(reconcile::NewReleaser(kPlanKey), Keyed(8));
  driver_->Add(reconcile::NewStarter(), Queue());
  driver_->Add(reconcile::NewCrashDetector(), Queue());
  driver_->Add(reconcile::NewSynchronizer(deploys), Keyed(8, {LoopId::kObserver}));
  driver_->Add(reconcile::NewObserver(deploys), Keyed(8, {LoopId::kSynchronizer}));
  driver_->Add(reconcile::NewCleaner(kRetention), Keyed(2));
}

void ControllerHost::Relist() {
  for (const LoopId loop : {LoopId::kFetcher, LoopId::kRegisterer, LoopId::kReleaser,
                            LoopId::kSynchronizer, LoopId::kObserver})
    driver_->Wake({loop, reconcile::kEveryKey, reconcile::Urgency::kHint});
}

void ControllerHost::Take(const ports::Hint& hint) {
  for (const reconcile::Wake& wake : act::WakesFor(hint)) driver_->Wake(wake);
}

void ControllerHost::BackendChanged(const std::string& app) {
  for (const Duration delay : ground_.network.Hint()) {
    ground_.scheduler.AfterIn(process_, delay, [this, app, kept = shared_from_this()] {
      if (driver_) driver_->Wake({LoopId::kObserver, app, reconcile::Urgency::kHint});
    });
  }
}

Result<ports::BuildPlan> SimMethod::Plan(const ports::Call&, const ports::BuildRequest& request) {
  if (ground_.sees) ground_.sees(request.app.str(), request.env);
  ports::BuildPlan plan;
  plan.dockerfile_text = disk_[request.source];
  plan.secrets = request.env;
  return plan;
}

bool SimEngine::IsGone(const AppId& app) const {
  return ground_.database.rows().state.With(
      [&](ports::testing::FakeState& rows) { return rows.FindApp(app) == nullptr; });
}

// What its engine says is out of a builder's hands. Without a draw, so that no other fault moves.
bool SimEngine::Lies(const ports::EngineJob& job) const {
  return ground_.network.Has(FaultClass::kEngine) && job.build.str().starts_with("0");
}

Result<ports::EngineOutput> SimEngine::Run(const ports::Call& call, const ports::EngineJob& job,
                                           const std::function<void(std::string_view)>& log) {
  const std::string attempt = job.build.str() + "-" + std::to_string(job.attempt);
  log("step 1\n");
  const Running running(ground_, host_, attempt);
  Chance& chance = ground_.docker.chance();
  const std::string commit = job.plan.dockerfile_text;
  // Some take longer than a lease, and always.
  const int times = job.build.str() < "3" && !job.build.str().starts_with("0") ? 4 : 1;
  ground_.scheduler.Sleep(chance.Between(200ms, 8s) * times, call.cancel);
  if (call.cancel.stop_requested()) return Status(Code::kCancelled, "Cancelled", "cancelled");
  if (ground_.network.Has(FaultClass::kEngine) && chance.Percent(15))
    return Status(Code::kUnavailable, "EngineUnavailable", "the engine has stopped")
        .SetFault(Fault::kPlatform);
  if (!ground_.git.Facts(commit).builds)
    return Status(Code::kInvalid, "CommandFailed", "exit code 1").SetFault(Fault::kSource);
  ground_.trace.Add(ground_.scheduler.now(), {"  push", job.reference});
  if (ground_.pushes) ground_.pushes(host_, attempt);
  ImageFacts facts{job.app.str(), job.build.str(),  commit,
                   job.attempt,   job.plan.secrets, IsGone(job.app)};
  ports::EngineOutput output;
  output.image = {job.reference, ground_.registry.Push(job.reference, std::move(facts)), 1};
  if (Lies(job)) output.image = ground_.registry.OfAnother(job.app.str()).value_or(output.image);
  return output;
}

BuilderHost::BuilderHost(Ground& ground, const std::string& name, MachineClock& clock,
                         uint64_t seed, int slots)
    : Host(ground, name, clock, seed),
      slots_(slots),
      git_(ground.git, disk_),
      faulty_git_(git_, to_git_),
      desk_(store_, ground.registry, nullptr, {kPlanKey, Secret()}, id_),
      method_(ground, disk_),
      engine_(ground, name),
      faulty_engine_(engine_, to_engine_),
      parts_{desk_,
             faulty_git_,
             {{"runtime-dockerfile", &method_}},
             {&faulty_engine_},
             WorkFolder(name),
             random_,
             clock_} {}

model::Host BuilderHost::Describe() const {
  model::Host host;
  host.id = id_;
  host.name = process_->name;
  host.roles = {"builder"};
  host.build_slots = slots_;
  host.build_methods = {"runtime-dockerfile"};
  return host;
}

void BuilderHost::StartLoops() {
  driver_ = NewDriver(
      [this](const auto& effect, std::stop_token cancel) { return Perform(effect, cancel); },
      {{act::Lane::kClaims, 1},
       {act::Lane::kSettle, 2},
       {act::Lane::kBuild, static_cast<size_t>(slots_)}});
  reconcile::BuilderLoops loops = reconcile::NewBuilderLoops();
  driver_->Add(std::move(loops.claims),
               {.period = 3s, .in_flight = 2, .keyed = false, .rest = reconcile::kClaimsRest});
  driver_->Add(std::move(loops.guard), {.period = 0s, .in_flight = 1, .keyed = false});
  driver_->Add(std::move(loops.attempts), {.period = 0s, .in_flight = 2 * slots_, .keyed = false});
}

// As act::PerformBuild, but that the log of an attempt needs no thread.
reconcile::Outcome BuilderHost::Perform(const reconcile::Effect& effect, std::stop_token cancel) {
  const auto* run = std::get_if<reconcile::RunAttempt>(&effect);
  if (!run) return act::PerformBuild(effect, parts_, cancel);
  DeskLog log(desk_, {run->build.id, run->build.lease.token});
  return reconcile::Answer(act::RunBuild(parts_, run->build, log, cancel));
}

void BuilderHost::Take(const ports::Hint& hint) {
  if (hint.kind == ports::Hint::Kind::kQueue || hint.kind == ports::Hint::Kind::kBuild)
    driver_->Wake({LoopId::kClaims, reconcile::kQueueKey, reconcile::Urgency::kPrompt});
}

}  // namespace ns::sim
