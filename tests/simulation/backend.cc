#include "backend.h"

#include <algorithm>

namespace ns::sim {

using namespace std::chrono_literals;
using sdk::App;
using sdk::AppRecord;
using sdk::Call;
using sdk::Life;

namespace {

// Time of one call: virtual, and over when the core no longer wants it.
class CallTiming final : public sdk::Timing {
 public:
  CallTiming(Scheduler& scheduler, const Clock& clock, std::stop_token cancel)
      : scheduler_(scheduler), clock_(clock), cancel_(std::move(cancel)) {}
  sdk::Nanoseconds Monotonic() const override { return clock_.Monotonic(); }
  // Of the machine that the engine and its records are on.
  sdk::Nanoseconds SinceBoot() const override { return scheduler_.now() + std::chrono::hours(1); }
  sdk::UtcTime NowUtc() const override { return clock_.Now(); }
  void WaitOnce(int, sdk::Nanoseconds most) const override { scheduler_.Sleep(most, cancel_); }
  bool Cancelled() const { return cancel_.stop_requested(); }

 private:
  Scheduler& scheduler_;
  const Clock& clock_;
  const std::stop_token cancel_;
};

// The ns_call of a core's call.
class RawCall {
 public:
  RawCall(const ports::Call& call, Scheduler& scheduler, const Clock& clock)
      : timing_(scheduler, clock, call.cancel) {
    raw_.struct_size = sizeof(raw_);
    raw_.cancel_fd = -1;
    raw_.deadline_ns = call.deadline ? call.deadline->count() : 0;
    raw_.host_data = &timing_;
    raw_.cancelled = [](const ns_call* asked) noexcept -> int32_t {
      return static_cast<const CallTiming*>(asked->host_data)->Cancelled() ? 1 : 0;
    };
  }
  Call call() const { return Call(&raw_, timing_); }

 private:
  CallTiming timing_;
  ns_call raw_{};
};

Status StatusOfError(const sdk::Error& error) {
  Status status(static_cast<Code>(error.code()), error.reason(), error.message());
  return status.SetFault(static_cast<Fault>(error.fault()));
}

sdk::Process ProcessOf(const model::ProcessSpec& from) {
  sdk::Process process;
  process.name = from.name;
  process.image = from.image;
  for (const model::EnvVar& variable : from.env)
    process.env.push_back({variable.key, variable.value.Reveal(), variable.secret});
  process.replicas = from.replicas;
  process.probe.period = from.probe.period;
  process.probe.timeout = from.probe.timeout;
  process.stop_grace = from.stop_grace;
  process.drain_limit = from.drain_limit;
  return process;
}

App AppOf(const model::DesiredApp& from) {
  App app;
  app.id = from.id.str();
  app.name = from.name;
  app.fence = {from.fence.epoch, from.fence.generation};
  app.state = static_cast<sdk::AppState>(from.state);
  app.strategy = static_cast<sdk::Strategy>(from.strategy);
  app.run_key = from.run_key;
  app.route_key = from.route_key;
  for (const auto& process : from.processes) app.processes.push_back(ProcessOf(process));
  for (const model::Website& site : from.routes) {
    sdk::Route route;
    route.id = site.id.str();
    route.host = site.fqdn;
    route.path = site.path_prefix;
    app.routes.push_back(std::move(route));
  }
  app.page_upstream = from.page_upstream;
  app.page_reason = from.page_reason;
  return app;
}

model::ObservedApp ObservedOf(const AppId& id, const sdk::AppStatus& from, Time now) {
  model::ObservedApp seen;
  seen.id = id;
  seen.exists = from.exists;
  seen.fence = {from.fence.epoch, from.fence.generation};
  seen.serving_run_key = from.serving_run_key;
  seen.route_key = from.route_key;
  seen.container = static_cast<model::ContainerState>(from.container);
  seen.state = static_cast<model::DesiredState>(from.state);
  seen.converged = from.converged;
  seen.ready = from.ready;
  seen.wanted = from.wanted;
  seen.restarts = from.restarts;
  seen.exit_code = from.exit_code;
  seen.image_digest = from.image_digest;
  seen.reason = from.reason;
  seen.message = from.message;
  for (const sdk::Phase& phase : from.phases) seen.phases.push_back({phase.name, phase.at});
  seen.observed_at = now;
  return seen;
}

sdk::AppStatus StatusFrom(const ns_app_status& raw) {
  sdk::AppStatus status;
  status.exists = raw.exists != 0;
  status.fence = {raw.fence.epoch, raw.fence.generation};
  status.serving_run_key = sdk::Text(raw.serving_run_key);
  status.route_key = sdk::Text(raw.route_key);
  status.container = static_cast<sdk::Container>(raw.container);
  status.state = static_cast<sdk::AppState>(raw.state);
  status.converged = raw.converged != 0;
  status.ready = raw.ready;
  status.wanted = raw.wanted;
  status.restarts = raw.restarts;
  status.exit_code = raw.exit_code;
  status.image_digest = sdk::Text(raw.image_digest);
  status.reason = sdk::Text(raw.reason);
  status.message = sdk::Text(raw.message);
  for (size_t i = 0; i < raw.phase_count; ++i) {
    const ns_phase& phase = *raw.phases[i];
    status.phases.push_back(
        {sdk::Text(phase.name), sdk::UtcTime(std::chrono::microseconds(phase.at_us))});
  }
  return status;
}

}  // namespace

SimBackend::SimBackend(const std::string& instance, Docker& docker, RecordsDisk& disk,
                       Scheduler& scheduler, Link& way, const BackendWatch& watch)
    : RolloutBackend({sdk::Host(), NS_BACKEND, instance, "{}"}),
      instance_(instance),
      docker_(docker),
      way_(way),
      watch_(watch) {
  OpenRecords(std::make_unique<DiskRecords>(disk, scheduler, [this] { way_.MayDieIn("records"); }));
}

// One request to the engine.
template <class Act>
auto SimBackend::Ask(std::string_view what, const Act& act) {
  const std::string point(what);
  const auto check = [](const Status& status) {
    if (!status.ok())
      throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_BACKEND_UNAVAILABLE, status.message(),
                       sdk::Fault::kPlatform);
  };
  check(way_.Before({point + ".before", ports::FaultMoment::kBefore}));
  auto answer = act();
  way_.After({point + ".after", ports::FaultMoment::kAfter});
  check(way_.Lost({point + ".lost", ports::FaultMoment::kLost}));
  return answer;
}

void SimBackend::Apply(const Call& call, const App& app, const sdk::StatusSink& status) {
  started_[app.id] = 0;
  RolloutBackend::Apply(call, app, status);
}

void SimBackend::Acts(const App& app, std::string_view what) {
  if (watch_.acts) watch_.acts(app.id, app.fence, what);
}

sdk::Look SimBackend::LookAt(const Call&, const std::string& app, const AppRecord& record) {
  return Ask("docker.List", [&] { return Seen(app, record); });
}

std::map<std::string, sdk::Look> SimBackend::LookAtAll(
    const Call&, const std::map<std::string, AppRecord>& records) {
  return Ask("docker.ListAll", [&] {
    std::map<std::string, sdk::Look> looks;
    for (const auto& [app, record] : records) {
      if (!docker_.chance().Percent(5)) looks[app] = Seen(app, record);  // else left out
    }
    return looks;
  });
}

sdk::Look SimBackend::Seen(const std::string& app, const AppRecord& record) {
  sdk::Look look;
  for (const Container* container : docker_.Of(app)) {
    sdk::ReplicaReport report;
    report.replica = {.id = container->id,
                      .key = container->key,
                      .life = container->life,
                      .sound = container->flaw.empty(),
                      .order = container->order};
    report.name = container->id;
    report.run_key = container->run_key;
    report.image_digest = container->digest;
    report.flaw = container->flaw;
    report.exit_code = container->exit_code;
    look.replicas.push_back(std::move(report));
  }
  const auto routes = docker_.written().find(app);
  if (routes == docker_.written().end())
    look.routes_intact = record.written_route_key.empty();
  else
    look.routes_intact = routes->second.intact && routes->second.key == record.written_route_key &&
                         routes->second.targets == record.targets;
  return look;
}

void SimBackend::Pull(const Call&, const App& app) {
  Acts(app, "pull");
  Ask("docker.Pull", [] { return true; });
}

void SimBackend::Start(const Call&, const App& app, const std::string& key, const sdk::Look&) {
  Acts(app, ++started_[app.id] > 1 ? "start again" : "start");
  const sdk::Process& process = app.processes.front();
  Container container;
  container.app = app.id;
  container.instance = instance_;
  container.digest = process.image.substr(process.image.find('@') + 1);
  container.key = key;
  container.run_key = app.run_key;
  container.env = process.env;
  container.fence = app.fence;
  const Result<std::string> made = Ask("docker.Create", [&] { return docker_.Create(container); });
  if (!made.ok()) throw sdk::Error(NS_E_NOT_FOUND, NS_REASON_IMAGE_GONE, made.status().message());
}

sdk::ProbeAnswer SimBackend::Probe(const Call& call, const App&, const std::string& replica) {
  const auto now = call.timing().SinceBoot() - std::chrono::hours(1);
  return Ask("docker.Probe", [&]() -> sdk::ProbeAnswer {
    const Container* container = docker_.Find(replica);
    if (!container || container->life == Life::kEnded)
      return {sdk::Readiness::kBroken, NS_REASON_CONTAINER_EXITED, "It has ended."};
    if (now < container->ready_at)
      return {sdk::Readiness::kNotYet, NS_REASON_PROBE_FAILED, "Nothing listens."};
    return {sdk::Readiness::kReady, "", ""};
  });
}

void SimBackend::SetRoutes(const Call&, const App& app, const std::set<std::string>& targets,
                           AppRecord&) {
  Acts(app, "routes");
  Ask("docker.Routes", [&] {
    Routes routes;
    routes.key = app.route_key;
    routes.targets = targets;
    for (const sdk::Route& route : app.routes) routes.addresses.insert({route.host, route.path});
    docker_.Write(app.id, std::move(routes));
    return true;
  });
}

std::string SimBackend::Unconfirmed(const Call&, const App& app,
                                    const std::set<std::string>& targets, const AppRecord&) {
  return Ask("docker.Confirm", [&]() -> std::string {
    const auto routes = docker_.in_force().find(app.id);
    const bool shown = routes != docker_.in_force().end() && routes->second.key == app.route_key &&
                       routes->second.targets == targets;
    return shown ? "" : "the proxy shows others";
  });
}

int SimBackend::CountOpen(const Call&, const App&, const std::string&) {
  return Ask("docker.Count", [&] { return docker_.chance().Percent(20) ? 1 : 0; });
}

void SimBackend::Stop(const Call&, const std::string& replica, bool now) {
  Ask("docker.Stop", [&] { return docker_.Stop(replica, now), true; });
}

void SimBackend::Resume(const Call&, const std::string& replica) {
  Ask("docker.Resume", [&] { return docker_.Resume(replica), true; });
}

void SimBackend::RemoveReplica(const Call&, const std::string& replica) {
  Ask("docker.Remove", [&] { return docker_.Remove(replica), true; });
}

void SimBackend::RemoveRest(const Call&, const std::string& app, bool) {
  Ask("docker.RemoveRest", [&] { return docker_.RemoveRoutes(app), true; });
}

Status BackendPort::Apply(const ports::Call& call, const model::DesiredApp& app) {
  const RawCall raw(call, scheduler_, clock_);
  ns_status_sink nowhere{nullptr, [](void*, const ns_app_status*) noexcept {}};
  try {
    backend_.Apply(raw.call(), AppOf(app), sdk::StatusSink(nowhere));
    return Status();
  } catch (const sdk::Error& error) {
    return StatusOfError(error);
  }
}

Status BackendPort::Remove(const ports::Call& call, const AppId& app, const model::Fence& fence) {
  const RawCall raw(call, scheduler_, clock_);
  try {
    backend_.Remove(raw.call(), app.str(), {fence.epoch, fence.generation}, true);
    return Status();
  } catch (const sdk::Error& error) {
    return StatusOfError(error);
  }
}

Result<model::ObservedApp> BackendPort::Observe(const ports::Call& call, const AppId& app) {
  const RawCall raw(call, scheduler_, clock_);
  try {
    return ObservedOf(app, backend_.Observe(raw.call(), app.str()), clock_.Now());
  } catch (const sdk::Error& error) {
    return StatusOfError(error);
  }
}

Result<std::vector<model::ObservedApp>> BackendPort::Survey(const ports::Call& call,
                                                            const std::vector<AppId>& apps) {
  const RawCall raw(call, scheduler_, clock_);
  std::vector<std::string> ids;
  for (const AppId& app : apps) ids.push_back(app.str());
  std::vector<model::ObservedApp> seen;
  const auto put = [](void* ctx, ns_str app, const ns_app_status* status) noexcept -> ns_status {
    static_cast<std::vector<model::ObservedApp>*>(ctx)->push_back(
        ObservedOf(AppId(sdk::Text(app)), StatusFrom(*status), kNever));
    return NS_OK;
  };
  try {
    backend_.Survey(raw.call(), ids, sdk::SurveySink({&seen, put}));
  } catch (const sdk::Error& error) {
    return StatusOfError(error);
  }
  for (model::ObservedApp& one : seen) one.observed_at = clock_.Now();
  return seen;
}

Status LyingBackend::Apply(const ports::Call& call, const model::DesiredApp& app) {
  if (Lies(5)) return Status();
  const Status applied = inner_.Apply(call, app);
  return Lies(5) ? Unavailable("the plugin says so") : applied;
}

Status LyingBackend::Remove(const ports::Call& call, const AppId& app, const model::Fence& fence) {
  const Status removed = inner_.Remove(call, app, fence);
  return Lies(20) ? Unavailable("the plugin says so") : removed;
}

Result<model::ObservedApp> LyingBackend::Observe(const ports::Call& call, const AppId& app) {
  NS_ASSIGN(auto seen, inner_.Observe(call, app));
  return Told(std::move(seen));
}

Result<std::vector<model::ObservedApp>> LyingBackend::Survey(const ports::Call& call,
                                                             const std::vector<AppId>& apps) {
  NS_ASSIGN(auto seen, inner_.Survey(call, apps));
  for (model::ObservedApp& one : seen) one = Told(std::move(one));
  return seen;
}

model::ObservedApp LyingBackend::Told(model::ObservedApp seen) {
  const auto before = before_.find(seen.id);
  if (before != before_.end() && Lies(10)) return before->second;
  return before_[seen.id] = std::move(seen);
}

}  // namespace ns::sim
