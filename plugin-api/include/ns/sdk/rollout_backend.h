// Derive from RolloutBackend and supply the primitives: fences, the order of steps, zero downtime,
// cancelling, what is told and what a crash leaves are taken care of. Each primitive does one
// thing, throws Error when it cannot, and may be asked again after a crash in its middle. All of
// them are called with the application's lock held.
#pragma once

#include "ns/sdk/backend.h"
#include "ns/sdk/rollout_status.h"

namespace ns::sdk {

struct ProbeAnswer {
  Readiness readiness = Readiness::kNotYet;
  std::string reason, message;  // why it is not ready (yet)
};

class RolloutBackend : public Backend {
 public:
  explicit RolloutBackend(const Setup& setup) : host_(setup.host) {}

  void Apply(const Call& call, const App& app, const StatusSink& status) override;
  void Remove(const Call& call, const std::string& app, const Fence& fence, bool data) override;
  AppStatus Observe(const Call& call, const std::string& app) override;
  void Survey(const Call& call, const std::vector<std::string>& apps,
              const SurveySink& statuses) override;

 protected:
  // -- the primitives
  // ------------------------------------------------------------------------------------------------------
  // Everything that bears the application's mark. `record` says what was last asked; its notes are
  // the backend's own.
  virtual Look LookAt(const Call& call, const std::string& app, const AppRecord& record) = 0;
  virtual void Pull(const Call& call, const App& app) = 0;
  // Makes and starts one replica beside the others, for that key.
  virtual void Start(const Call& call, const App& app, const std::string& key,
                     const Look& there) = 0;
  // Tries once, without waiting long, whether a new replica is ready.
  virtual ProbeAnswer Probe(const Call& call, const App& app, const std::string& replica) = 0;
  // Writes the routes: to `targets`; when there are none to App::site, or else to the page. Whole
  // or not at all.
  virtual void SetRoutes(const Call& call, const App& app, const std::set<std::string>& targets,
                         AppRecord& record) = 0;
  // What is missing until these routes are in force; empty: nothing.
  virtual std::string Unconfirmed(const Call& call, const App& app,
                                  const std::set<std::string>& targets,
                                  const AppRecord& record) = 0;
  // How many requests or connections are open on a replica that no route leads to any more.
  virtual int CountOpen(const Call& call, const App& app, const std::string& replica) = 0;
  // Asks it to end and returns; `now`: ends it and waits for that.
  virtual void Stop(const Call& call, const std::string& replica, bool now) = 0;
  virtual void Resume(const Call& call, const std::string& replica) = 0;
  virtual void RemoveReplica(const Call& call, const std::string& replica) = 0;
  // After the last replica: routes, networks and whatever else bears the application's mark.
  virtual void RemoveRest(const Call& call, const std::string& app, bool data) = 0;

  // -- what may be offered
  // As LookAt, of many at once and without a request for each; those of which it cannot tell are
  // left out. Called without their locks.
  virtual std::map<std::string, Look> LookAtAll(const Call&,
                                                const std::map<std::string, AppRecord>&) {
    Unsupported("looking at many applications at once");
  }

  // -- what may be changed
  // -------------------------------------------------------------------------------------------------
  // Replicas of another key are replaced. By default the run key; a platform whose routes stand in
  // the replica adds the route key.
  virtual std::string KeyOf(const App& app) const { return app.run_key; }
  virtual Goal GoalOf(const App& app) const;

  const Host& host() const { return host_; }
  // Call one of them in Activate: the data folder need not be there before.
  void OpenRecords() { OpenRecords(std::make_unique<AppRecords>(host_.data_dir() + "/apps")); }
  void OpenRecords(std::unique_ptr<const Records> records) { records_ = std::move(records); }
  const Records& records() const { return *records_; }

 private:
  class Driver;
  AppStatus StatusNow(const Call& call, const std::string& app, const AppRecord& record) {
    return StatusWith(call, app, record, LookAt(call, app, record));
  }
  AppStatus StatusWith(const Call& call, const std::string& app, const AppRecord& record,
                       const Look& look) const {
    return StatusOf(record, look, records_->Highest(app),
                    call.timing().NowUtc().time_since_epoch().count());
  }
  AppStatus Observed(const std::string& app, AppStatus status) const {
    if (!records_->Has(app) && !status.exists)
      status.reason = NS_REASON_NEVER_DEPLOYED, status.message = "It was never deployed here.";
    return status;
  }

  const Host host_;
  std::unique_ptr<const Records> records_ = std::make_unique<AppRecords>();
};

inline Goal RolloutBackend::GoalOf(const App& app) const {
  Goal goal;
  goal.fence = app.fence;
  goal.run = app.state == AppState::kRunning && !app.processes.empty();
  goal.strategy = app.strategy;
  goal.key = KeyOf(app);
  goal.route_key = RoutesKeyOf(app);
  goal.replicas = goal.run ? std::max(app.processes.front().replicas, 1) : 0;
  if (app.processes.empty()) return goal;
  const Process& process = app.processes.front();
  if (process.probe.period.count() > 0) goal.probe_period = process.probe.period;
  if (process.probe.timeout.count() > 0) goal.probe_timeout = process.probe.timeout;
  if (process.drain_limit.count() > 0) goal.drain_limit = process.drain_limit;
  if (process.stop_grace.count() > 0) goal.stop_grace = process.stop_grace;
  return goal;
}

// Carries out the steps of one Apply. Writes the record before each step that a crash must not
// forget.
class RolloutBackend::Driver {
 public:
  Driver(RolloutBackend& backend, const Call& call, const App& app)
      : backend_(backend),
        call_(call),
        app_(app),
        rollout_(backend.GoalOf(app)),
        record_(backend.records_->Read(app.id)) {}

  const AppRecord& record() const { return record_; }

  // Throws what ended the rollout, unless it came to its end.
  void Run() {
    LookAgain();
    Accept();
    for (;;) {
      call_.Check();
      const Step step =
          rollout_.Next(SeenOf(record_, look_, backend_.records_->Highest(app_.id)), Now());
      Mark(step.kind);
      switch (step.kind) {
        case StepKind::kDone:
          return Settle();
        case StepKind::kFail:
          return GiveUp(step);
        case StepKind::kSuperseded:
          throw Records::Stale(app_.id);
        case StepKind::kWait:
          call_.Wait(step.wait);
          if (stopping_) LookAgain();
          break;
        default:
          Attempt(step);
      }
    }
  }

 private:
  void LookAgain() {
    look_ = backend_.LookAt(call_, app_.id, record_);
    stopping_ = false;
    for (const ReplicaReport& report : look_.replicas)
      stopping_ = stopping_ || (asked_.contains(report.replica.id) && report.replica.Alive());
  }

  // What is asked for now is what the application is compared with from here on.
  void Accept() {
    const Goal& goal = rollout_.goal();
    const AppState state = goal.run || app_.site              ? AppState::kRunning
                           : app_.state == AppState::kRunning ? AppState::kStopped
                                                              : app_.state;
    const std::string drift = DriftOf(record_, look_);
    if (!drift.empty())
      record_.mended = drift, record_.mended_at_us = NowUtc().time_since_epoch().count();
    const bool same = record_.state == state && record_.key == goal.key &&
                      record_.route_key == goal.route_key && record_.wanted == goal.replicas;
    if (same && record_.settled && drift.empty() && record_.fence == goal.fence) return;
    if (!same || record_.fence != goal.fence)
      record_.failure_reason.clear(), record_.failure_message.clear();
    new_deploy_ = record_.fence != goal.fence || record_.phases.empty() ||
                  record_.phases.back().name == "done";
    record_.fence = goal.fence;
    record_.state = state;
    record_.key = goal.key;
    record_.run_key = app_.run_key;
    record_.route_key = goal.route_key;
    record_.wanted = goal.replicas;
    record_.settled = false;
    Save();
  }

  // The timeline: each phase once, when it begins. A deploy that another call began is continued.
  void Mark(StepKind kind) {
    const std::string phase = PhaseOf(kind);
    if (phase.empty() || record_.settled) return;
    if (new_deploy_) record_.phases.clear();
    new_deploy_ = false;
    const bool known = std::any_of(record_.phases.begin(), record_.phases.end(),
                                   [&](const Phase& p) { return p.name == phase; });
    if (!known) record_.phases.push_back({phase, NowUtc()});
  }

  // A primitive that cannot do its part fails the rollout, not the call: what is new is taken back
  // first.
  void Attempt(const Step& step) {
    try {
      Perform(step);
    } catch (const Error& error) {
      if (error.code() == NS_E_CANCELLED || error.code() == NS_E_DEADLINE ||
          error.code() == NS_E_STALE || failure_)
        throw;
      failure_ = error;
      rollout_.Fail(error.reason().empty() ? NS_REASON_BACKEND_UNAVAILABLE : error.reason(),
                    error.message());
      LookAgain();
    }
  }

  void Perform(const Step& step) {
    switch (step.kind) {
      case StepKind::kPull:
        backend_.Pull(call_, app_);
        return rollout_.Pulled();
      case StepKind::kStart:
        backend_.Start(call_, app_, rollout_.goal().key, look_);
        return LookAgain();
      case StepKind::kProbe:
        return TryProbe(step.replica);
      case StepKind::kRoute:
        return SetRoutes(step.targets);
      case StepKind::kConfirm:
        return TryConfirm(step.targets);
      case StepKind::kDrain:
        return Count(step.targets);
      case StepKind::kStop:
        return AskToStop(step.replica);
      case StepKind::kKill:
        backend_.Stop(call_, step.replica, true);
        return LookAgain();
      case StepKind::kResume:
        backend_.Resume(call_, step.replica);
        return LookAgain();
      default:
        backend_.RemoveReplica(call_, step.replica);
        return LookAgain();
    }
  }

  void TryProbe(const std::string& replica) {
    ProbeAnswer answer = backend_.Probe(call_, app_, replica);
    rollout_.Probed(replica, answer.readiness, std::move(answer.reason), std::move(answer.message),
                    Now());
  }

  // The record first: should we die in between, the routes are found other than written and are
  // written again.
  void SetRoutes(const std::set<std::string>& targets) {
    const AppRecord before = record_;
    record_.targets = targets;
    record_.written_route_key = rollout_.goal().route_key;
    record_.site_run_key = SiteRunKey();
    for (const std::string& id : before.targets) {
      if (!targets.contains(id)) record_.draining_since[id] = Now().count();
    }
    // Where they lead that are not as written nobody knows: to any replica, perhaps.
    for (const ReplicaReport& report : look_.replicas) {
      if (!look_.routes_intact && report.replica.Alive())
        record_.draining_since.emplace(report.replica.id, Now().count());
    }
    for (const std::string& id : targets) record_.draining_since.erase(id);
    try {
      backend_.SetRoutes(call_, app_, targets, record_);
    } catch (const Error&) {
      record_.targets = before.targets;
      record_.written_route_key = before.written_route_key;
      record_.site_run_key = before.site_run_key;
      record_.draining_since = before.draining_since;  // what it led to before may still be reached
      throw;
    }
    Save();
    rollout_.Routed(Now());
    LookAgain();
  }

  void TryConfirm(const std::set<std::string>& targets) {
    std::string missing = backend_.Unconfirmed(call_, app_, targets, record_);
    const bool in_force = missing.empty();
    rollout_.Confirmed(in_force, std::move(missing), Now());
  }

  void Count(const std::set<std::string>& replicas) {
    for (const std::string& replica : replicas) {
      const int open = backend_.CountOpen(call_, app_, replica);
      rollout_.Counted(replica, open, Now());
    }
  }

  void AskToStop(const std::string& replica) {
    if (const int open = rollout_.OpenOn(replica); open > 0)
      backend_.host_.log().Warn("the drain limit has passed with requests open",
                                {{"application", app_.id}, {"open", std::to_string(open)}});
    backend_.Stop(call_, replica, false);
    rollout_.AskedToStop(replica, Now());
    asked_.insert(replica);
    LookAgain();
  }

  // Of a site that shall be served; a new run key alone changes nothing of it.
  std::string SiteRunKey() const { return app_.site ? app_.run_key : ""; }

  void Settle() {
    if (record_.settled) return;
    record_.settled = true;
    record_.site_run_key = SiteRunKey();
    record_.failure_reason.clear();
    record_.failure_message.clear();
    record_.draining_since.clear();
    Save();
  }

  void GiveUp(const Step& step) {
    record_.failure_reason = step.reason;
    record_.failure_message = step.message;
    Save();
    if (failure_) throw Error(*failure_);
    throw Error(NS_E_PRECONDITION, step.reason, step.message, Fault::kSource);
  }

  Nanoseconds Now() const { return call_.timing().SinceBoot(); }
  UtcTime NowUtc() const { return call_.timing().NowUtc(); }
  void Save() { backend_.records_->Write(app_.id, record_); }

  RolloutBackend& backend_;
  const Call& call_;
  const App& app_;
  Rollout rollout_;
  AppRecord record_;
  Look look_;
  std::set<std::string> asked_;
  bool stopping_ = false, new_deploy_ = true;
  std::optional<Error> failure_;
};

inline void RolloutBackend::Apply(const Call& call, const App& app, const StatusSink& status) {
  records_->Raise(app.id, app.fence);
  const auto lock = records_->Lock(call, app.id, app.fence);
  Driver driver(*this, call, app);
  std::exception_ptr failed;
  try {
    driver.Run();
  } catch (const Error&) {
    failed = std::current_exception();
  }
  try {
    status.Put(StatusNow(call, app.id, driver.record()));
  } catch (const Error&) {
    if (!failed) throw;  // else the first failure is the one to tell
  }
  if (failed) std::rethrow_exception(failed);
}

inline void RolloutBackend::Remove(const Call& call, const std::string& app, const Fence& fence,
                                   bool data) {
  records_->Raise(app, fence);
  const auto lock = records_->Lock(call, app, fence);
  const Look look = LookAt(call, app, records_->Read(app));
  for (const ReplicaReport& report : look.replicas) RemoveReplica(call, report.replica.id);
  RemoveRest(call, app, data);
  records_->Forget(app);
}

inline AppStatus RolloutBackend::Observe(const Call& call, const std::string& app) {
  const AppRecord record = records_->Read(app);
  return Observed(app, StatusNow(call, app, record));
}

inline void RolloutBackend::Survey(const Call& call, const std::vector<std::string>& apps,
                                   const SurveySink& statuses) {
  std::map<std::string, AppRecord> records;
  for (const std::string& app : apps) records[app] = records_->Read(app);
  const std::map<std::string, Look> looks = LookAtAll(call, records);
  for (const auto& [app, look] : looks) {
    const auto record = records.find(app);
    if (record == records.end()) continue;
    call.Check();
    statuses.Put(app, Observed(app, StatusWith(call, app, record->second, look)));
  }
}

}  // namespace ns::sdk
