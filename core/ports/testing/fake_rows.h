// The rows behind FakeStore, and one transaction on them.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "ports/received_store.h"
#include "ports/store.h"

namespace ns::ports::testing {

// By the clock, so that a state that comes back in a fail-over does not come to a number again that
// was given out for what was lost.
inline int64_t NextVersion(int64_t before, Time now) {
  return std::max<int64_t>(before + 1, now.time_since_epoch() / std::chrono::microseconds(1));
}

struct FakeApp {
  model::Application app;  // with env
  int64_t number = 0;      // order of insertion
  bool removed = false;    // the backend has confirmed
  HostId holder;
  int64_t version = 1;
  std::vector<model::Release> releases;  // oldest first
  std::optional<model::ObservedApp> observed;

  // Something that a decision sees has changed.
  void Changed(Time now) { version = NextVersion(version, now); }
};

struct FakeBuild {
  model::Build build;
  int64_t number = 0;
  std::string log;
};

using SubjectKey = std::pair<model::Subject, std::string>;

struct FakeHost {
  model::Host host;
  Time lease_expires = kNever;
};

struct FakeDetection {
  DetectionTask task;  // with the current token
  Time asked = kNever;
  HostId host;
  Time lease_expires = kNever;
  std::optional<DetectionAnswer> answer;
};

struct FakeRepeat {
  std::string fingerprint, token;
  Time lease_expires = kNever, expires = kNever;
  Secret answer;
};

struct FakeToken {
  model::Token token;
  std::string hash;
};

struct FakeState {
  std::map<RepositoryId, model::Repository> repositories;
  std::map<RepositoryId, HostId> repository_holders;
  std::map<std::string, model::Commit> commits;
  std::map<AppId, FakeApp> apps;
  std::map<AppId, Time> purged;
  std::map<BuildId, FakeBuild> builds;
  std::vector<model::Event> events;
  std::map<SubjectKey, std::map<std::string, model::Condition>> conditions;
  std::map<UserId, model::User> users;
  std::map<KeyId, model::SshKey> keys;
  std::vector<model::UserKey> user_keys;  // oldest first
  std::vector<FakeToken> tokens;          // oldest first
  std::vector<model::AdminGrant> grants;
  std::map<HostId, FakeHost> hosts;
  std::set<std::tuple<HostId, AppId, ReleaseId>> site_releases;
  std::map<std::pair<AppId, HostId>, model::Condition> site_failures;
  std::vector<FakeDetection> detections;  // oldest first
  std::vector<model::AuditEvent> audit;   // oldest first
  std::map<std::pair<UserId, std::string>, FakeRepeat> repeats;
  std::vector<model::UsageBatch> usage;
  int64_t epoch = 1;
  int64_t last_number = 0;
  Status failure;  // not ok: every method fails with it
  std::vector<std::function<void(const Hint&)>> subscribers;

  model::Build* FindBuild(const BuildId& id);
  FakeApp* FindApp(const AppId& id);
  // Null for tombstones too.
  FakeApp* FindLiveApp(const AppId& id);
  bool Alive(const HostId& host, Time now) const;
  // Ok where `holder` may write what `held_by` holds: see ports::kNobody.
  Status CheckHeld(const HostId& held_by, const HostId& holder, Time now) const;
  // Takes the application for `holder` as DeployStore::Take says.
  Status TakeApp(FakeApp& row, const HostId& holder, const std::vector<std::string>& backends,
                 Time now);
  // The application of a build has changed.
  void Changed(const AppId& app, Time now);
  std::vector<const FakeBuild*> BuildsWhere(const std::function<bool(const model::Build&)>& wanted,
                                            bool newest_first) const;
};

// What a write tells others, sent once it is over.
using HintList = std::vector<Hint>;

struct FakeRows {
  explicit FakeRows(Clock& the_clock) : clock(the_clock) {}

  // Runs `use(state, now)` alone. Its result.
  template <class Use>
  auto Read(Use&& use) -> decltype(use(std::declval<FakeState&>(), Time())) {
    return state.With([&](FakeState& rows) -> decltype(use(rows, Time())) {
      if (!rows.failure.ok()) return rows.failure;
      return use(rows, clock.Now());
    });
  }
  // The same with hints: `use(state, now, hints)`. A write checks all before it changes anything.
  template <class Use>
  auto Write(Use&& use)
      -> decltype(use(std::declval<FakeState&>(), Time(), std::declval<HintList&>())) {
    HintList hints;
    auto result = Read([&](FakeState& rows, Time now) { return use(rows, now, hints); });
    if (result.ok()) Tell(hints);
    return result;
  }
  void Tell(const HintList& hints);

  Clock& clock;
  Guarded<FakeState> state;
};

Status NoSuch(const std::string& what, const std::string& id);
void HintApp(HintList& hints, const AppId& app);
void HintBuild(HintList& hints, const model::Build& build);
void HintSite(HintList& hints, const AppId& app);
// As AppSnapshot::site.
std::optional<model::SiteSpread> SpreadOf(const FakeState& rows, const AppId& app,
                                          const std::optional<model::Release>& release, Time now);
model::AppSnapshot SnapshotOf(const FakeState& rows, const FakeApp& row, Time now);
model::Attendance AttendanceOf(const FakeState& rows, const FakeApp& row, Time now);
model::Release WithEnv(const FakeState& rows, const model::Release& release);
// The release as loads without env give it.
model::Release BareRelease(const FakeState& rows, const model::Release& release);
void StoreConditions(FakeState& rows, const SubjectKey& key,
                     const std::vector<model::Condition>& conditions, Time now);
void AppendEvent(FakeState& rows, model::Event event, Time now);
// An event of `subject`, which fills the application of builds in.
model::Event EventOf(const FakeState& rows, model::Subject subject, const std::string& id,
                     const UserId& actor, std::string kind);
// JSON, by id.
std::string IdList(std::vector<UserId> ids);
// What the triggers of the schema tell of a change of a row; `before` null: it is new.
void TellApp(FakeState& rows, const FakeApp* before, const FakeApp& after, const UserId& actor,
             Time now);
void TellBuild(FakeState& rows, const model::Build* before, const model::Build& after,
               const UserId& actor, Time now);
void TellHolder(FakeState& rows, const RepositoryId& id, const HostId& holder, Time now);

// Tells at its end what has become of a row since its beginning.
class AppChange {
 public:
  AppChange(FakeState& rows, FakeApp& row, Time now, UserId actor = kPlatform)
      : rows_(rows), row_(row), before_(row), now_(now), actor_(std::move(actor)) {}
  ~AppChange() { TellApp(rows_, &before_, row_, actor_, now_); }
  AppChange(const AppChange&) = delete;
  AppChange& operator=(const AppChange&) = delete;

 private:
  FakeState& rows_;
  FakeApp& row_;
  const FakeApp before_;
  const Time now_;
  const UserId actor_;
};
class BuildChange {
 public:
  BuildChange(FakeState& rows, model::Build& row, Time now, UserId actor = kPlatform)
      : rows_(rows), row_(row), before_(row), now_(now), actor_(std::move(actor)) {}
  ~BuildChange() { TellBuild(rows_, &before_, row_, actor_, now_); }
  BuildChange(const BuildChange&) = delete;
  BuildChange& operator=(const BuildChange&) = delete;

 private:
  FakeState& rows_;
  model::Build& row_;
  const model::Build before_;
  const Time now_;
  const UserId actor_;
};

// What a "deploy.phase" event carries: {"at": ..., "generation": ..., "phase": ...}.
std::string PhaseData(const model::Fence& fence, const model::PhaseMark& mark);
std::vector<model::Condition> ConditionsOf(const FakeState& rows, const SubjectKey& key);

std::unique_ptr<RepositoryStore> NewFakeRepositories(FakeRows& rows);
std::unique_ptr<AppStore> NewFakeApps(FakeRows& rows);
std::unique_ptr<DeployStore> NewFakeDeploys(FakeRows& rows);
std::unique_ptr<RetentionStore> NewFakeRetention(FakeRows& rows);
std::unique_ptr<BuildStore> NewFakeBuilds(FakeRows& rows);
std::unique_ptr<BuildLogStore> NewFakeBuildLogs(FakeRows& rows);
std::unique_ptr<EventStore> NewFakeEvents(FakeRows& rows);
std::unique_ptr<UserStore> NewFakeUsers(FakeRows& rows);
std::unique_ptr<UserKeyStore> NewFakeUserKeys(FakeRows& rows);
std::unique_ptr<TokenStore> NewFakeTokens(FakeRows& rows);
std::unique_ptr<AdminStore> NewFakeAdmins(FakeRows& rows);
std::unique_ptr<HostStore> NewFakeHosts(FakeRows& rows);
std::unique_ptr<SiteStore> NewFakeSites(FakeRows& rows);
std::unique_ptr<DetectionStore> NewFakeDetections(FakeRows& rows);
std::unique_ptr<AuditStore> NewFakeAudit(FakeRows& rows);
std::unique_ptr<RepeatStore> NewFakeRepeats(FakeRows& rows);
std::unique_ptr<UsageStore> NewFakeUsage(FakeRows& rows);
std::unique_ptr<TotalsStore> NewFakeTotals(FakeRows& rows);
std::unique_ptr<ListingStore> NewFakeListings(FakeRows& rows);
std::unique_ptr<ReceivedStore> NewFakeReceived(FakeRows& rows, RepositoryStore& repositories);
std::unique_ptr<Hints> NewFakeHints(FakeRows& rows);

}  // namespace ns::ports::testing
