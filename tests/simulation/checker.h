// What must always hold, looked at after every event that could break it, and what must hold in the
// end. The invariants are those of docs/design/simulation.md, which says where each is checked.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "docker.h"
#include "hosts.h"
#include "ports/testing/fake_rows.h"
#include "user.h"

namespace ns::sim {

struct Violation {
  std::string invariant;  // "I7"
  std::string what;
  Duration at{};
};

// What is not as the people want it, and the invariant that it breaks should it stay so.
struct Shortfall {
  std::string invariant, what;
  bool empty() const { return what.empty(); }
};

// As engines name it.
inline std::string AttemptOf(const BuildId& build, int attempt) {
  return build.str() + "-" + std::to_string(attempt);
}

class Checker {
 public:
  Checker(Scheduler& scheduler, Network& network, ports::testing::FakeStore& database,
          Docker& docker, GitWorld& git, RegistryWorld& registry, const RecordsDisk& records,
          const Users& users)
      : scheduler_(scheduler),
        network_(network),
        database_(database),
        docker_(docker),
        git_(git),
        registry_(registry),
        records_(records),
        users_(users) {}

  const std::optional<Violation>& violation() const { return violation_; }
  void Fail(std::string invariant, std::string what);

  // -- what happens --
  void HostBegins(const HostId& id, const std::string& name) {
    names_[id] = name;
    begun_[name] = id;
  }
  void HostChangesBackend(const std::string& host);
  void HostPauses(const std::string& host, Duration until) {
    paused_until_[host] = std::max(paused_until_[host], until);
  }
  void StoreCalled(const std::string& host, std::string_view method);
  void DatabaseWentBack();
  void RolloutActs(const std::string& app, const sdk::Fence& fence, std::string_view what);
  void ContainerCreated(const Container& container);
  void ContainerEnds(const Container& container);
  void RoutesWritten(const std::string& app, const Routes& routes);
  void ImageDeleted(const std::string& app, const std::string& digest);
  void Runs(const std::string& host, const std::string& attempt, bool begins);
  void Pushes(const std::string& host, const std::string& attempt);
  void Sees(const std::string& app, const std::vector<model::EnvVar>& env, bool builds);
  void EffectBegins(const std::string& host, const reconcile::Request& request,
                    const reconcile::Engine& engine);
  void EffectEnds(const std::string& host, const reconcile::Request& request,
                  const reconcile::Outcome& outcome);

  // -- after the faults have ended --
  // The first thing that is not yet as the people want it; empty: nothing.
  Shortfall NotConverged();
  // Something that changes while it should be quiet: grows with every change.
  int64_t Changes();
  // No build waits while somebody could run it.
  void CheckQueue();

 private:
  struct KnownBuild {
    model::BuildStatus status = model::BuildStatus::kQueued;
    model::Lease lease;
    Status outcome;
    std::string digest;
    int attempt = 0;
    Duration since{};
  };
  using Rows = ports::testing::FakeState;

  void CheckBuilds(Rows& rows, const std::string& host, std::string_view method);
  void CheckBuild(const Rows& rows, const model::Build& build, KnownBuild& known,
                  const std::string& host, std::string_view method);
  void CheckClaim(const model::Build& build, const KnownBuild& known, const std::string& host,
                  std::string_view method);
  void CheckRoom(const Rows& rows, const model::Build& build, const std::string& host);
  void CheckShares(const Rows& rows, const std::string& host,
                   const std::vector<const model::Build*>& begun);
  void CheckRenewal(const Rows& rows, const std::string& host);
  void CheckPurged(const BuildId& id, const KnownBuild& known);
  void CheckHasStopped(const std::string& host, const std::string& attempt);
  bool IsLate(const std::string& host, const std::string& attempt) const;
  void CheckImage(const Rows& rows, const model::Build& build);
  void CheckDuplicates(const Rows& rows);
  void CheckApply(const std::string& host, const model::DesiredApp& desired);
  bool IsSo(const model::DesiredApp& desired) const;
  void CheckRemoval(const std::string& host, const AppId& app);
  void CheckApps(const Rows& rows);
  static bool AskedAgain(const Rows& rows, const AppId& app);
  Shortfall AppNotConverged(const Rows& rows, const ports::testing::FakeApp& row);
  Shortfall RunningNotConverged(const Rows& rows, const model::Application& app);
  Shortfall ContainerNotWanted(const Rows& rows, const model::Application& app,
                               const Container& container);
  Shortfall ReleaseNotWanted(const Rows& rows, const model::Application& app);
  std::string LeftBehind(const Rows& rows);
  bool DatabaseHasLost(Duration within) const { return scheduler_.now() < went_back_ + within; }
  bool Hopeless(const Rows& rows, const model::Application& app) const;

  Scheduler& scheduler_;
  Network& network_;
  ports::testing::FakeStore& database_;
  Docker& docker_;
  GitWorld& git_;
  RegistryWorld& registry_;
  const RecordsDisk& records_;
  const Users& users_;
  std::optional<Violation> violation_;
  std::map<HostId, std::string> names_;
  std::map<std::string, HostId> begun_;  // the newest of each name
  Duration went_back_ = -std::chrono::hours(1);
  std::map<std::pair<std::string, sdk::Fence>, int> late_acts_;
  std::map<BuildId, KnownBuild> builds_;
  std::map<AppId, model::Target> targets_;
  int64_t epoch_ = 1;                // the highest that the database has given out
  std::set<std::string> succeeded_;  // digests of succeeded builds
  std::map<std::string, sdk::Fence> acted_;
  std::map<std::string, std::string> running_;                         // attempt -> who runs it
  std::map<std::pair<std::string, std::string>, Duration> run_since_;  // host, attempt
  std::map<std::string, std::deque<Duration>> effects_;
  std::map<BuildId, Duration> waits_since_;
  std::map<std::string, Duration> paused_until_;   // by host
  std::map<std::string, Duration> starter_asked_;  // for the queue, by host
  // When the queue was asked for on which the claim of a build was decided: the oldest of those
  // that may still arrive.
  std::map<std::pair<std::string, BuildId>, Duration> decided_;
  std::set<AppId> was_deleted_;              // also where the database has lost that since
  std::set<AppId> removed_;                  // that a host began to remove
  std::map<std::string, Duration> expired_;  // attempt -> when its claim was taken away
  // Containers, by application: when, and of which target.
  std::map<std::string, std::deque<std::pair<Duration, sdk::Fence>>> created_;
  std::map<std::string, int64_t> applies_;         // by application
  std::map<std::string, int> needless_;            // applies of what was so, by application
  std::set<std::string> pushed_;                   // attempts
  std::map<std::string, std::string> attempt_of_;  // by token
  std::map<std::string, std::set<std::string>> confirmed_;  // attempts whose claim a host renewed
  // When a host was told that it has lost the claim of an attempt.
  std::map<std::pair<std::string, std::string>, Duration> told_lost_;
  // Builds of others that have begun while one of this owner's could, since its last.
  std::map<UserId, int> overtaken_;
  std::map<std::string, int64_t> acted_generation_;  // since the database last lost something
  // Host and application -> changes of the application when the host last asked to see it.
  std::map<std::pair<std::string, std::string>, int64_t> looked_;
};

}  // namespace ns::sim
