// A container engine with a proxy before it, as far as a rollout sees them. Nothing here mends
// anything by itself.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ns/sdk/app.h"
#include "ns/sdk/app_record.h"
#include "ns/sdk/rollout.h"
#include "scheduler.h"
#include "sources.h"
#include "trace.h"

namespace ns::sim {

struct Container {
  std::string id, app, digest;
  std::string instance;  // of the backend that made it
  std::string key, run_key;
  std::vector<sdk::EnvVar> env;
  sdk::Fence fence;  // of the call that made it
  sdk::Life life = sdk::Life::kNew;
  int64_t order = 0;
  Duration started_at{}, ready_at{}, first_ready_at{};
  std::string flaw;  // what somebody changed by hand
  int exit_code = 0;
};

// Of one application.
struct Routes {
  std::string key;
  std::set<std::string> targets;                            // containers; none: the page
  std::set<std::pair<std::string, std::string>> addresses;  // host and path
  bool intact = true;
  friend bool operator==(const Routes&, const Routes&) = default;
};

class Docker {
 public:
  Docker(Scheduler& scheduler, Trace& trace, GitWorld& git, RegistryWorld& registry, Chance chance)
      : scheduler_(scheduler), trace_(trace), git_(git), registry_(registry), chance_(chance) {}

  Chance& chance() { return chance_; }
  const std::map<std::string, Container>& containers() const { return containers_; }
  const std::map<std::string, Routes>& in_force() const { return in_force_; }
  const std::map<std::string, Routes>& written() const { return written_; }
  const Container* Find(const std::string& id) const;
  // Of one application, the oldest first.
  std::vector<const Container*> Of(const std::string& app) const;
  // Changes that rollouts have made at an application.
  int64_t changes(const std::string& app) const {
    const auto found = changes_.find(app);
    return found == changes_.end() ? 0 : found->second;
  }

  // -- what a rollout asks for; at once --
  Result<std::string> Create(Container container);
  void Stop(const std::string& id, bool now);
  void Resume(const std::string& id);
  void Remove(const std::string& id);
  void Write(const std::string& app, Routes routes);
  void RemoveRoutes(const std::string& app);

  // -- what others do --
  void Die(const std::string& id, int exit_code);
  void Take(const std::string& id);
  void Edit(const std::string& id);
  void SpoilRoutes(const std::string& app);

  // Something of that application has changed.
  std::function<void(const std::string& app)> changed;
  std::function<void(const Container& container)> created;
  // A container that runs is about to be stopped or removed by a rollout.
  std::function<void(const Container& container)> ends;
  // Routes are about to be written.
  std::function<void(const std::string& app, const Routes& routes)> routed;

 private:
  void Start(Container& container);
  void Tell(const std::string& app);
  void PutInForce(const std::string& app);

  Scheduler& scheduler_;
  Trace& trace_;
  GitWorld& git_;
  RegistryWorld& registry_;
  Chance chance_;
  std::map<std::string, Container> containers_;
  std::map<std::string, Routes> written_, in_force_;
  int64_t made_ = 0;
  std::map<std::string, int64_t> changes_;
};

// What the processes of the machine keep of applications: outlives them, but for locks.
struct RecordsDisk {
  std::map<std::string, sdk::Fence> fences;
  std::map<std::string, sdk::AppRecord> records;
  std::set<std::string> locked;
};

class DiskRecords final : public sdk::Records {
 public:
  // `moment`: called before and after each write.
  DiskRecords(RecordsDisk& disk, Scheduler& scheduler, std::function<void()> moment)
      : disk_(disk), scheduler_(scheduler), moment_(std::move(moment)) {}
  void Raise(const std::string& app, const sdk::Fence& fence) const override;
  sdk::Fence Highest(const std::string& app) const override;
  std::unique_ptr<sdk::Held> Lock(const sdk::Call& call, const std::string& app,
                                  const sdk::Fence& fence) const override;
  sdk::AppRecord Read(const std::string& app) const override;
  bool Has(const std::string& app) const override;
  void Write(const std::string& app, const sdk::AppRecord& record) const override;
  void Forget(const std::string& app) const override;

 private:
  void Touch() const;

  RecordsDisk& disk_;
  Scheduler& scheduler_;
  const std::function<void()> moment_;
};

}  // namespace ns::sim
