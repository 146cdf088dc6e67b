// ns.backend/1 on one Docker Engine with Traefik in front.
#pragma once

#include "config.h"
#include "docker/engine.h"
#include "inspections.h"
#include "networks.h"
#include "ns/sdk/rollout_backend.h"
#include "proxy.h"

namespace ns::backend_docker {

class DockerBackend final : public sdk::RolloutBackend {
 public:
  explicit DockerBackend(const sdk::Setup& setup);

  void Activate(const sdk::Call& call) override;
  void Deactivate() override;
  void Watch(const sdk::Call& call, const sdk::ChangeSink& changes) override;
  void Logs(const sdk::Call& call, const sdk::LogQuery& query, const sdk::LogSink& lines) override;
  void Usages(const sdk::Call& call, const sdk::UsageSink& sink) override;

 protected:
  sdk::Look LookAt(const sdk::Call& call, const std::string& app,
                   const sdk::AppRecord& record) override;
  std::map<std::string, sdk::Look> LookAtAll(
      const sdk::Call& call, const std::map<std::string, sdk::AppRecord>& records) override;
  void Pull(const sdk::Call& call, const sdk::App& app) override;
  void Start(const sdk::Call& call, const sdk::App& app, const std::string& key,
             const sdk::Look& there) override;
  sdk::ProbeAnswer Probe(const sdk::Call& call, const sdk::App& app,
                         const std::string& replica) override;
  void SetRoutes(const sdk::Call& call, const sdk::App& app, const std::set<std::string>& targets,
                 sdk::AppRecord& record) override;
  std::string Unconfirmed(const sdk::Call& call, const sdk::App& app,
                          const std::set<std::string>& targets,
                          const sdk::AppRecord& record) override;
  int CountOpen(const sdk::Call& call, const sdk::App& app, const std::string& replica) override;
  void Stop(const sdk::Call& call, const std::string& replica, bool now) override;
  void Resume(const sdk::Call& call, const std::string& replica) override;
  void RemoveReplica(const sdk::Call& call, const std::string& replica) override;
  void RemoveRest(const sdk::Call& call, const std::string& app, bool data) override;
  std::string KeyOf(const sdk::App& app) const override;

 private:
  // Adds whether the route file is as it was written.
  void LookAtRoutes(sdk::Look& look, const std::string& app, const sdk::AppRecord& record) const;
  std::optional<docker::Container> Inspected(const sdk::Call& call, const docker::Listed& listed);
  // nullopt: it has ended meanwhile.
  std::optional<sdk::Usage> UsageNow(const sdk::Call& call, const docker::Listed& listed);
  // Leaves out those that cannot be read.
  void AskUsages(const sdk::Call& call, const std::vector<docker::Listed>& unread,
                 const sdk::UsageSink& sink);
  traefik::Config RoutesTo(const sdk::Call& call, const sdk::App& app,
                           const std::set<std::string>& targets);
  std::string Create(const sdk::Call& call, const sdk::App& app, const std::string& key, int number,
                     const std::string& address);
  docker::Container Existing(const sdk::Call& call, const std::string& id);

  const Config config_;
  http::Client http_;
  docker::Engine engine_;
  Inspections inspections_;
  Networks networks_;
  Proxy proxy_;
};

}  // namespace ns::backend_docker
