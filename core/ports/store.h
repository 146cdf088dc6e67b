// What the platform remembers. Rows are the truth; every method is one transaction.
// All methods block and may be called from any thread. Besides the codes named at each, any may
// give kUnavailable (the database is out of reach or too slow; nothing is known about a write) and
// kInternal.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"
#include "model/application.h"
#include "model/build.h"
#include "model/condition.h"
#include "model/deploy.h"
#include "model/host.h"
#include "model/repository.h"
#include "model/site.h"
#include "model/snapshot.h"
#include "model/user.h"
#include "ports/audit_store.h"
#include "ports/behalf.h"
#include "ports/detection_store.h"
#include "ports/event_store.h"
#include "ports/identity_store.h"
#include "ports/listing_store.h"
#include "ports/received_store.h"
#include "ports/repeat_store.h"
#include "ports/totals_store.h"
#include "ports/usage_store.h"

namespace ns::ports {

// What else a write of a repository needs.
struct RepositoryWrite {
  std::optional<model::Repository> expected;  // kStale where another one is stored
  KeyId spent;  // a generated key that goes with it, once: kPrecondition "KeySpent" without it
};

class RepositoryStore {
 public:
  virtual ~RepositoryStore() = default;
  // kExists: another repository has this URL.
  virtual Status Insert(const model::Repository& repository, const UserId& actor = kPlatform,
                        const RepositoryWrite& with = {}) = 0;
  // Replaces everything but the id, and the secrets of credentials that are marked seal_broken,
  // which stay as they are stored. kNotFound, kExists.
  virtual Status Update(const model::Repository& repository, const UserId& actor = kPlatform,
                        const RepositoryWrite& with = {}) = 0;
  // kNotFound; kPrecondition while applications exist.
  virtual Status Delete(const RepositoryId& id, const UserId& actor = kPlatform) = 0;
  // With credentials, as far as they open. kNotFound.
  virtual Result<model::Repository> Get(const RepositoryId& id) = 0;
  // Without credentials, by name.
  virtual Result<std::vector<model::Repository>> List() = 0;
  // With credentials and followers (applications that are not tombstones). kNotFound.
  virtual Result<model::RepositorySnapshot> Snapshot(const RepositoryId& id) = 0;
  // As Snapshot, for a pass of a loop on host `holder`, which holds the repository from now on
  // where nobody alive does. kStale with the reason model::kHeldElsewhere where somebody does.
  virtual Result<model::RepositorySnapshot> Take(const RepositoryId& id, const HostId& holder) = 0;
  // Those that `holder` holds, with their versions, or may take, with version 0: the keys of the
  // fetcher.
  virtual Result<std::vector<model::Versioned>> Index(const HostId& holder) = 0;
  // Sets `commit` of followers and stores commit metadata, known ones unchanged.
  virtual Status SetCommits(const RepositoryId& id, const std::vector<model::Follower>& moved,
                            const std::vector<model::Commit>& commits,
                            const HostId& holder = kNobody) = 0;
  // Pins the keys that the SSH host may show, where none is pinned and the URL is still that one;
  // kStale where it is not so.
  virtual Status PinHostKeys(const RepositoryId& id, const std::string& url,
                             const std::vector<std::string>& keys,
                             const HostId& holder = kNobody) = 0;
  // Those that are known, in no order.
  virtual Result<std::vector<model::Commit>> Commits(const std::vector<std::string>& hashes) = 0;
};

// A website or port that some application holds, seen by the check inside a write's transaction.
struct Holding {
  AppId app;
  std::vector<UserId> owners;
  std::vector<model::Website> websites;
  std::vector<model::PortPublication> ports;
};
// Decides about a write while nobody else can write websites or ports. Pure.
using HoldingCheck = std::function<Status(const std::vector<Holding>& others)>;

// What a write does to variables besides.
struct EnvEdit {
  std::vector<model::EnvVar> set;
  std::vector<std::string> drop;  // keys; those that are not there are passed over
};

class AppStore {
 public:
  virtual ~AppStore() = default;
  // Whole or nothing. `check` sees every other application's holdings under a lock; its failure is
  // the result.
  virtual Status Insert(const model::Application& app, const HoldingCheck& check,
                        const UserId& actor = kPlatform) = 0;
  // Replaces what a person may edit (name, ref, build, run, kind of deploy, artifact path, spa,
  // websites, ports, owners, strategy) and sets updated_at; of its variables only what `env` names.
  // Never touches desired, commit or target. kNotFound (also for a tombstone), kStale when
  // `expected_updated_at` is not current.
  virtual Status Update(const model::Application& app, Time expected_updated_at,
                        const HoldingCheck& check, const UserId& actor = kPlatform,
                        const EnvEdit& env = {}) = 0;
  // With env. kNotFound for purged ones; tombstones are returned with `deleted`.
  virtual Result<model::Application> Get(const AppId& id) = 0;
  // Without env; tombstones left out.
  virtual Result<std::vector<model::Application>> List() = 0;
  // Every application with tombstones that `holder` holds, with its version and the backend where
  // something of it should be, or may take, with version 0: those whose backend is one of
  // `backends` and whose holder is not alive. The keys of the loops. kNobody: all, with their
  // versions.
  virtual Result<std::vector<model::Versioned>> Index(const HostId& holder,
                                                      const std::vector<std::string>& backends) = 0;
  // kExhausted, "TooManyVariables": it would be one more than model::kMostVariables, which bounds
  // those that are not the platform's.
  virtual Status SetEnv(const AppId& id, const model::EnvVar& variable,
                        const UserId& actor = kPlatform) = 0;
  // kNotFound: no such variable.
  virtual Status DeleteEnv(const AppId& id, const std::string& key,
                           const UserId& actor = kPlatform) = 0;
  // Sets desired; `restart` also raises the restart nonce, to a number never given out before, even
  // by a database that has lost writes since. kNotFound for tombstones.
  virtual Status SetDesired(const AppId& id, model::DesiredState desired, bool restart,
                            const UserId& actor = kPlatform) = 0;
  // Pins the application to one of its releases, or with an empty id lets it follow its ref again.
  // kNotFound: no such application, tombstones too, or no such release of it; kPrecondition: the
  // release's image is gone.
  virtual Status SetPin(const AppId& id, const ReleaseId& release,
                        const UserId& actor = kPlatform) = 0;
  // Tombstone: frees its websites and ports for others at once. kPrecondition while desired is
  // running.
  virtual Status MarkDeleted(const AppId& id, const UserId& actor = kPlatform) = 0;
};

class DeployStore {
 public:
  virtual ~DeployStore() = default;
  // kNotFound for purged applications.
  virtual Result<model::AppSnapshot> Snapshot(const AppId& id) = 0;
  // As Snapshot, for a pass of a loop on host `holder`, which loads `backends`: it holds the
  // application from now on where nobody alive does. kStale with the reason model::kHeldElsewhere
  // where somebody does, or its backend is not loaded here.
  virtual Result<model::AppSnapshot> Take(const AppId& id, const HostId& holder,
                                          const std::vector<std::string>& backends) = 0;
  // Compare-and-set: where the target is still `expected.generation`, stores `next` with generation
  // + 1 and, when given, the release. The new target; kStale when somebody was faster, or when the
  // image of the release is condemned.
  virtual Result<model::Target> SetTarget(const AppId& id, int64_t expected_generation,
                                          const model::Target& next,
                                          const std::optional<model::Release>& release,
                                          const HostId& holder = kNobody) = 0;
  // Stores an observation, and conditions as EventStore::SetConditions does. An observation whose
  // fence is lower than the stored one is dropped silently. Phases newer than those stored become
  // "deploy.phase" events.
  virtual Status SaveObserved(const model::ObservedApp& observed,
                              const std::vector<model::Condition>& conditions,
                              const HostId& holder = kNobody) = 0;
  // Newest first, without env.
  virtual Result<std::vector<model::Release>> Releases(const AppId& id, int limit) = 0;
  // Who acts on it. kNotFound for purged applications.
  virtual Result<model::Attendance> Attendance(const AppId& id) = 0;
  // One of them, with env. kNotFound: the application has no such release.
  virtual Result<model::Release> Release(const AppId& app, const ReleaseId& id) = 0;
  // The backend has confirmed that nothing is left (tombstones only).
  virtual Status ConfirmRemoved(const AppId& id, const HostId& holder = kNobody) = 0;
  // Removes a confirmed tombstone's rows, all but its events. kPrecondition when removal is not
  // confirmed.
  virtual Status Purge(const AppId& id, const HostId& holder = kNobody) = 0;
  // The number of the database's history, and a way to raise it after a restore: never lowers.
  virtual Result<int64_t> Epoch() = 0;
  virtual Status RaiseEpoch(int64_t at_least) = 0;
};

// What is kept, and for how long.
class RetentionStore {
 public:
  virtual ~RetentionStore() = default;
  // Takes the application as DeployStore::Take does; of one that was purged, which nobody takes,
  // tells since when. kNotFound for those that are forgotten.
  virtual Result<model::AppHistory> History(const AppId& id, const HostId& holder,
                                            const std::vector<std::string>& backends) = 0;
  // Condemns the images of these settled builds, all but those that the target or the pin runs.
  // From then on nothing is released from them, and those that succeeded no longer count as
  // duplicates.
  virtual Status CondemnImages(const AppId& id, const std::vector<BuildId>& builds,
                               const HostId& holder = kNobody) = 0;
  // The registry has the images of these condemned builds no more.
  virtual Status ImagesGone(const AppId& id, const std::vector<BuildId>& builds,
                            const HostId& holder = kNobody) = 0;
  // Removes the logs of these builds of the application, where settled.
  virtual Status DropLogs(const AppId& id, const std::vector<BuildId>& builds,
                          const HostId& holder = kNobody) = 0;
  // Removes these releases of the application, all but its target's and its pin.
  virtual Status DropReleases(const AppId& id, const std::vector<ReleaseId>& releases,
                              const HostId& holder = kNobody) = 0;
  // Removes events and audit events that are older than `age` on the database's clock, the oldest
  // first; looks at `limit` of each. How many went, the larger of the two numbers.
  virtual Result<int64_t> DropEvents(Duration age, int limit) = 0;
  // Purged and not yet forgotten, by id.
  virtual Result<std::vector<AppId>> Purged() = 0;
  virtual Status ForgetPurged(const AppId& id) = 0;
};

// Static sites on the disks of the hosts that serve them.
class SiteStore {
 public:
  virtual ~SiteStore() = default;
  // Of every application whose target is a release with an artifact, without tombstones.
  virtual Result<std::vector<model::SiteDemand>> Demands() = 0;
  // Of one. kNotFound: it has none.
  virtual Result<model::SiteDemand> Demand(const AppId& app) = 0;
  // Applications, tombstones not among them, whose routes may still lead to another release than
  // that of the target, of whatever kind the two are: the target was not seen to be in force.
  virtual Result<std::vector<AppId>> Unsettled() = 0;
  // That host has these releases of the application on disk and no other. Of applications that are
  // gone nothing is kept, and nothing is told.
  virtual Status Acknowledge(const HostId& host, const AppId& app,
                             const std::vector<ReleaseId>& releases) = 0;
  // What that host says of the application. The condition of that type becomes what is wrong on a
  // host of sites whose lease is alive, the first by name, or else `said`: one that succeeds does
  // not hide that another fails. What hosts said that are gone is forgotten. kNotFound.
  virtual Status Say(const HostId& host, const AppId& app, const model::Condition& said) = 0;
};

struct LogSlice {
  std::string bytes;
  int64_t next_offset = 0;
  bool finished = false;  // the build is settled and `next_offset` is the end
};

using BuildResult = model::BuildResult;
using BuildClaim = model::BuildClaim;

class BuildStore {
 public:
  virtual ~BuildStore() = default;
  // One transaction: sets `supersede` (still queued ones) to kSkipped and requests cancel of
  // `cancel`, both with outcome reason model::kSuperseded; inserts `build` as queued, unless its id
  // is empty. kExists: a build with this application and build key is there that counts
  // (model::CountsAsDuplicate).
  virtual Status Register(const model::Build& build, const std::vector<BuildId>& supersede,
                          const std::vector<BuildId>& cancel, const HostId& holder = kNobody) = 0;
  virtual Result<model::Build> Get(const BuildId& id) = 0;
  // Newest first.
  virtual Result<std::vector<model::Build>> ListByApp(const AppId& app, int limit) = 0;
  virtual Result<model::QueueSnapshot> Queue() = 0;
  // Queued -> building by compare-and-set, each: attempt + 1, a new token, expiry on the database's
  // clock. Those that were claimed, in the order given; whoever was faster has the others.
  virtual Result<std::vector<model::Build>> ClaimAll(const std::vector<BuildClaim>& claims,
                                                     Duration lease) = 0;
  // One of them. kStale.
  Result<model::Build> Claim(const BuildId& id, const HostId& host, Duration lease) {
    NS_ASSIGN(auto claimed, ClaimAll({{id, host}}, lease));
    if (claimed.empty()) return Stale("the build is not queued any more");
    return std::move(claimed.front());
  }
  // Prolongs a lease. kStale: lost; kCancelled: a cancel was requested (the lease is prolonged all
  // the same).
  virtual Status Renew(const BuildId& id, const std::string& token, Duration lease) = 0;
  // Ends a claim. kStale when the token is not current. A row whose outcome reason is
  // model::kSuperseded keeps it when cancelled.
  virtual Status Settle(const BuildId& id, const std::string& token, const BuildResult& result) = 0;
  // For a build whose lease has expired on the database's clock: queued again or failed, as
  // `result` says. kStale otherwise.
  virtual Status Expire(const BuildId& id, int attempt, const BuildResult& result) = 0;
  // Queued: cancelled at once. Building: requested. kPrecondition when settled.
  virtual Status Cancel(const BuildId& id, const UserId& actor = kPlatform) = 0;
  // Marks the finished builds of that commit retriable. kNotFound: no build of that commit.
  virtual Status Retry(const AppId& app, const std::string& commit,
                       const UserId& actor = kPlatform) = 0;
};

class BuildLogStore {
 public:
  virtual ~BuildLogStore() = default;
  // Stores `bytes` as those from `offset` on; such as are stored already are passed over. The end
  // of the log: one that is lower than `offset` says that bytes are missing before it, and nothing
  // was stored. kStale when the token is not current.
  virtual Result<int64_t> Append(const BuildId& id, const std::string& token, int64_t offset,
                                 std::string_view bytes) = 0;
  // At most `max` bytes from `offset`. kNotFound: no such build.
  virtual Result<LogSlice> Read(const BuildId& id, int64_t offset, int64_t max) = 0;
};

// Key pairs of one user that wait to be used.
inline constexpr int kGeneratedKeysKept = 20;

class UserStore {
 public:
  virtual ~UserStore() = default;
  // The user called `name`, made when unknown, once, whatever the concurrency. `admin` true notes
  // that they came as one, false changes nothing; `granted` is what AdminStore says.
  virtual Result<model::User> Ensure(const std::string& name, bool admin) = 0;
  virtual Result<model::User> Get(const UserId& id) = 0;
  virtual Result<std::vector<model::User>> List() = 0;
  // The user's others that expire first go, so that kGeneratedKeysKept are left. kNotFound: no such
  // user.
  virtual Status SaveKey(const model::SshKey& key) = 0;
  // An unexpired key of that user. kNotFound.
  virtual Result<model::SshKey> Key(const KeyId& id, const UserId& user) = 0;
};

class HostStore {
 public:
  virtual ~HostStore() = default;
  // Writes the whole row with last_seen on the database's clock. The host's lease, and with it
  // whatever it holds, is alive for `lease` from now. All hosts whose lease is alive, by id.
  virtual Result<std::vector<HostId>> Beat(const model::Host& host, Duration lease) = 0;
  // Those seen within `within`; kNever-free.
  virtual Result<std::vector<model::Host>> List(Duration within) = 0;
  // The row goes, and what the host held is anybody's.
  virtual Status Leave(const HostId& id) = 0;
};

// What a loop should look at soon.
struct Hint {
  enum class Kind {
    kRepository,
    kApplication,
    kBuild,
    kBuildLog,
    kQueue,
    kSite,  // of an application: another release shall be there, or is
    kDetection
  } kind = Kind::kApplication;
  std::string id;
  friend bool operator==(const Hint&, const Hint&) = default;
};

// Key hints between processes; each may be lost or doubled. Triggers of the store give them after
// its own writes.
class Hints {
 public:
  virtual ~Hints() = default;
  virtual Status Send(const Hint& hint) = 0;
  // Calls `on_hint` on the listener's thread until the store goes; register before Start-up's first
  // wait.
  virtual void Subscribe(std::function<void(const Hint&)> on_hint) = 0;
};

// All of it. Owns none.
struct Store {
  RepositoryStore& repositories;
  AppStore& apps;
  DeployStore& deploys;
  RetentionStore& retention;
  BuildStore& builds;
  BuildLogStore& logs;
  EventStore& events;
  UserStore& users;
  UserKeyStore& user_keys;
  TokenStore& tokens;
  AdminStore& admins;
  HostStore& hosts;
  SiteStore& sites;
  DetectionStore& detections;
  UsageStore& usage;
  TotalsStore& totals;
  ListingStore& listings;
  AuditStore& audit;
  RepeatStore& repeats;
  ReceivedStore& received;
  Hints& hints;
};

}  // namespace ns::ports
