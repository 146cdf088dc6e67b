// The backend plugin of the simulation: the SDK's rollout over the fake engine, and the port that
// the core reaches it by.
#pragma once

#include <map>
#include <memory>

#include "base/clock.h"
#include "docker.h"
#include "network.h"
#include "ns/sdk/rollout_backend.h"
#include "ports/backend.h"

namespace ns::sim {

// What checks listen to.
struct BackendWatch {
  // A rollout changes something of an application: what, and by which fence.
  std::function<void(const std::string& app, const sdk::Fence& fence, std::string_view what)> acts;
};

class SimBackend final : public sdk::RolloutBackend {
 public:
  SimBackend(const std::string& instance, Docker& docker, RecordsDisk& disk, Scheduler& scheduler,
             Link& way, const BackendWatch& watch);

  void Apply(const sdk::Call&, const sdk::App&, const sdk::StatusSink&) override;

 protected:
  sdk::Look LookAt(const sdk::Call&, const std::string& app, const sdk::AppRecord&) override;
  std::map<std::string, sdk::Look> LookAtAll(
      const sdk::Call&, const std::map<std::string, sdk::AppRecord>& records) override;
  void Pull(const sdk::Call&, const sdk::App&) override;
  void Start(const sdk::Call&, const sdk::App&, const std::string& key, const sdk::Look&) override;
  sdk::ProbeAnswer Probe(const sdk::Call&, const sdk::App&, const std::string& replica) override;
  void SetRoutes(const sdk::Call&, const sdk::App&, const std::set<std::string>& targets,
                 sdk::AppRecord&) override;
  std::string Unconfirmed(const sdk::Call&, const sdk::App&, const std::set<std::string>& targets,
                          const sdk::AppRecord&) override;
  int CountOpen(const sdk::Call&, const sdk::App&, const std::string& replica) override;
  void Stop(const sdk::Call&, const std::string& replica, bool now) override;
  void Resume(const sdk::Call&, const std::string& replica) override;
  void RemoveReplica(const sdk::Call&, const std::string& replica) override;
  void RemoveRest(const sdk::Call&, const std::string& app, bool data) override;

 private:
  sdk::Look Seen(const std::string& app, const sdk::AppRecord& record);
  template <class Act>
  auto Ask(std::string_view what, const Act& act);
  void Acts(const sdk::App& app, std::string_view what);

  const std::string instance_;
  Docker& docker_;
  std::map<std::string, int> started_;  // containers by the rollout under way, of each application
  Link& way_;
  const BackendWatch& watch_;
};

// The port, as the plugin adapter of the core makes it of a table.
class BackendPort final : public ports::Backend {
 public:
  BackendPort(SimBackend& backend, Scheduler& scheduler, Clock& clock)
      : backend_(backend), scheduler_(scheduler), clock_(clock) {}

  Status Apply(const ports::Call& call, const model::DesiredApp& app) override;
  Status Remove(const ports::Call& call, const AppId& app, const model::Fence& fence) override;
  Result<model::ObservedApp> Observe(const ports::Call& call, const AppId& app) override;
  Result<std::vector<model::ObservedApp>> Survey(const ports::Call& call,
                                                 const std::vector<AppId>& apps) override;
  Status Watch(const ports::Call&, const std::function<void(const AppId&)>&) override {
    return {Code::kUnsupported, "the world tells of changes itself"};
  }
  Result<std::vector<model::LogLine>> Logs(const ports::Call&, const ports::LogQuery&) override {
    return std::vector<model::LogLine>();
  }
  Result<std::vector<model::ReplicaUsage>> Usages(const ports::Call&) override {
    return std::vector<model::ReplicaUsage>();
  }

 private:
  SimBackend& backend_;
  Scheduler& scheduler_;
  Clock& clock_;
};

// What a plugin may do within what the boundary validates: it tells what it saw before, says that
// it has applied what it has not, or that it has failed when it has not. Not that it has removed
// what is there: nobody looks after what is gone.
class LyingBackend final : public ports::Backend {
 public:
  LyingBackend(ports::Backend& inner, Network& network) : inner_(inner), network_(network) {}

  Status Apply(const ports::Call& call, const model::DesiredApp& app) override;
  Status Remove(const ports::Call& call, const AppId& app, const model::Fence& fence) override;
  Result<model::ObservedApp> Observe(const ports::Call& call, const AppId& app) override;
  Result<std::vector<model::ObservedApp>> Survey(const ports::Call& call,
                                                 const std::vector<AppId>& apps) override;
  Status Watch(const ports::Call& call, const std::function<void(const AppId&)>& changed) override {
    return inner_.Watch(call, changed);
  }
  Result<std::vector<model::LogLine>> Logs(const ports::Call& call,
                                           const ports::LogQuery& query) override {
    return inner_.Logs(call, query);
  }
  Result<std::vector<model::ReplicaUsage>> Usages(const ports::Call& call) override {
    return inner_.Usages(call);
  }

 private:
  bool Lies(int percent) {
    return network_.Has(FaultClass::kPlugin) && network_.chance().Percent(percent);
  }
  model::ObservedApp Told(model::ObservedApp seen);

  ports::Backend& inner_;
  Network& network_;
  std::map<AppId, model::ObservedApp> before_;
};

}  // namespace ns::sim
