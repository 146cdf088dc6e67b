// The processes of an installation: controllers and builders, each an incarnation of a place that
// outlives it.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "act/builder_parts.h"
#include "act/parts.h"
#include "act/store_desk.h"
#include "backend.h"
#include "base/secret.h"
#include "clocks.h"
#include "fiber_driver.h"
#include "network.h"
#include "ports/faults/faulty.h"
#include "ports/testing/fake_store.h"
#include "sources.h"

namespace ns::sim {

inline const Secret kPlanKey(std::string(32, 'k'));
// Instances of the backend: one that every controller loads, and one that only some do.
inline constexpr char kBackend[] = "docker", kSomewhere[] = "edge";
inline constexpr char kPageUpstream[] = "http://127.0.0.1:9";

// What all processes stand on.
struct Ground {
  Scheduler& scheduler;
  Trace& trace;
  Network& network;
  ports::testing::FakeStore& database;
  GitWorld& git;
  RegistryWorld& registry;
  Docker& docker;
  RecordsDisk& records;
  const BackendWatch& backend_watch;
  // A builder begins or ends to run an attempt: false.
  std::function<void(const std::string& host, const std::string& attempt, bool begins)> runs;
  // It is about to push its image.
  std::function<void(const std::string& host, const std::string& attempt)> pushes;
  // Environment that reaches a build or a container of an application.
  std::function<void(const std::string& app, const std::vector<model::EnvVar>& env)> sees;
};

class Host : public std::enable_shared_from_this<Host> {
 public:
  Host(Ground& ground, const std::string& name, MachineClock& clock, uint64_t seed);
  virtual ~Host() = default;

  const std::shared_ptr<Process>& process() const { return process_; }
  const HostId& id() const { return id_; }
  // Begins to work; `before`: the incarnation that was here, whose row goes.
  void Begin(const HostId& before);
  void Hinted(const ports::Hint& hint);
  // Something of that application changed in the backend.
  virtual void BackendChanged(const std::string&) {}
  const reconcile::Engine* engine() const { return driver_ ? &driver_->engine() : nullptr; }

  std::function<void(const reconcile::Request&)> begins;
  std::function<void(const reconcile::Request&, const reconcile::Outcome&)> ends;

 protected:
  virtual model::Host Describe() const = 0;
  // Makes driver_.
  virtual void StartLoops() = 0;
  // There may be something to take over.
  virtual void Relist() {}
  bool LeaseAlive() const { return clock_.Monotonic() < alive_until_; }
  virtual void Take(const ports::Hint& hint) = 0;
  std::unique_ptr<FiberDriver> NewDriver(act::Carrier carry, act::LaneLimits limits);

  Ground& ground_;
  const std::shared_ptr<Process> process_;
  MachineClock& clock_;
  SeededRandom random_;
  const HostId id_;
  Link to_store_, to_git_, to_registry_, to_docker_, to_plugin_, to_engine_;
  ports::FaultyStore faulty_;
  const ports::Store store_;
  std::unique_ptr<FiberDriver> driver_;

 private:
  void Live();
  bool Beat();

  std::vector<HostId> alive_;  // hosts at the last beat
  Duration alive_until_{};
};

// A loaded instance of the backend, as its controller reaches it.
struct Instance {
  Instance(const std::string& name, const Ground& ground, MachineClock& clock, Link& to_docker,
           Link& to_plugin)
      : backend(name, ground.docker, ground.records, ground.scheduler, to_docker,
                ground.backend_watch),
        port(backend, ground.scheduler, clock),
        lying(port, ground.network),
        faulty(lying, to_plugin) {}

  SimBackend backend;
  BackendPort port;
  LyingBackend lying;
  ports::FaultyBackend faulty;
};

class ControllerHost final : public Host {
 public:
  // `somewhere`: it loads the instance that not all do.
  ControllerHost(Ground& ground, const std::string& name, MachineClock& clock, uint64_t seed,
                 bool somewhere);
  void BackendChanged(const std::string& app) override;

 private:
  model::Host Describe() const override;
  void StartLoops() override;
  void Relist() override;
  void Take(const ports::Hint& hint) override;

  std::map<std::string, std::string> disk_;
  GitPort git_;
  ports::FaultyGitRemote faulty_git_;
  ports::FaultyRegistry faulty_registry_;
  Instance everywhere_;
  Instance somewhere_;
  const act::Parts parts_;
};

// Makes images out of thin air and time.
class SimEngine final : public ports::BuildEngine {
 public:
  SimEngine(Ground& ground, std::string host) : ground_(ground), host_(std::move(host)) {}
  ports::EngineAbilities Abilities() const override {
    ports::EngineAbilities abilities;
    abilities.dockerfile = abilities.secrets = true;
    return abilities;
  }
  Result<ports::EngineOutput> Run(const ports::Call& call, const ports::EngineJob& job,
                                  const std::function<void(std::string_view)>& log) override;
  Status Abort(const ports::Call&, const BuildId&) override { return {}; }

 private:
  bool IsGone(const AppId& app) const;
  bool Lies(const ports::EngineJob& job) const;

  Ground& ground_;
  const std::string host_;
};

// The plan names the commit that lies in the folder.
class SimMethod final : public ports::BuildMethod {
 public:
  SimMethod(Ground& ground, std::map<std::string, std::string>& disk)
      : ground_(ground), disk_(disk) {}
  Result<ports::BuildPlan> Plan(const ports::Call&, const ports::BuildRequest& request) override;
  Result<std::vector<ports::Suggestion>> Detect(const ports::Call&,
                                                const ports::SourceListing&) override {
    return Status(Code::kUnsupported, "nobody asks");
  }

 private:
  Ground& ground_;
  std::map<std::string, std::string>& disk_;
};

class BuilderHost final : public Host {
 public:
  BuilderHost(Ground& ground, const std::string& name, MachineClock& clock, uint64_t seed,
              int slots);

 private:
  model::Host Describe() const override;
  void StartLoops() override;
  void Take(const ports::Hint& hint) override;
  reconcile::Outcome Perform(const reconcile::Effect& effect, std::stop_token cancel);

  const int slots_;
  std::map<std::string, std::string> disk_;
  GitPort git_;
  ports::FaultyGitRemote faulty_git_;
  act::StoreDesk desk_;
  SimMethod method_;
  SimEngine engine_;
  ports::FaultyBuildEngine faulty_engine_;
  const act::BuilderParts parts_;
};

}  // namespace ns::sim
