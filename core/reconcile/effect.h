// What a pass of a loop asks for, and what comes back. Values only.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "model/snapshot.h"
#include "ports/build_desk.h"
#include "ports/git_remote.h"
#include "ports/store.h"

namespace ns::reconcile {

enum class LoopId {
  kFetcher,
  kRegisterer,
  kReleaser,
  kStarter,
  kCrashDetector,
  kSynchronizer,
  kObserver,
  kCleaner,
  // of builders
  kClaims,
  kLeaseGuard,
  kAttempt,
  // of hosts of static sites
  kSites,
};

// "repository-fetcher", ...
const char* LoopName(LoopId loop);

using Key = std::string;
// The key of loops that look at the whole queue at once.
inline constexpr char kQueueKey[] = "queue";
// A wake of this key is a wake of all that the loop has: it is relisted.
inline constexpr char kEveryKey[] = "";

// The key of the cleaner for what is no application's alone: the events.
inline constexpr char kJournalKey[] = "journal";

// The key of the loop of static sites for what is none's alone: what nobody needs any more.
inline constexpr char kSweepKey[] = "sweep";

// The version under which purged applications are listed: nothing changes them any more.
inline constexpr int64_t kPurgedVersion = 1;

// Effects are carried out on behalf of a host: loading takes what nobody alive holds, and fails
// with the reason model::kHeldElsewhere where somebody does; writes fail so too.

// Answered by Keys: those that this host holds or may take. Of the observer's, the version is of
// what their backends show as well.
struct ListKeys {
  LoopId loop;
};
// Answered by model::RepositorySnapshot.
struct LoadRepository {
  RepositoryId id;
};
// Answered by ports::HostKeyLook.
struct LookAtHostKey {
  ports::Remote remote;
};
struct PinHostKeys {
  RepositoryId repository;
  std::string url;
  std::vector<std::string> keys;
};
// Answered by Refs.
struct ListRefs {
  ports::Remote remote;
};
// Answered by Commits.
struct ReadCommits {
  ports::Remote remote;
  std::vector<std::string> hashes;
};
struct StoreCommits {
  RepositoryId repository;
  std::vector<model::Follower> moved;
  std::vector<model::Commit> commits;
};
struct SaveConditions {
  model::Subject subject;
  std::string id;
  std::vector<model::Condition> conditions;
};
// Says that these were looked at and are as their conditions of `types` have it. Answered by Keys:
// those of which that could not be said.
struct TouchConditions {
  model::Subject subject;
  std::vector<std::string> ids;
  std::vector<std::string> types;  // the first must be ok
  Duration next_in;
};
// Answered by model::AppSnapshot.
struct LoadApp {
  AppId id;
};
struct RegisterBuild {
  model::Build build;
  std::vector<BuildId> supersede, cancel;
};
// Answered by model::QueueSnapshot.
struct LoadQueue {};
// Answered by Builds: those that were claimed.
struct ClaimBuilds {
  std::vector<model::BuildClaim> claims;
};
struct ExpireBuild {
  BuildId build;
  int attempt;
  model::BuildResult result;
};
// Answered by model::Target.
struct SetTarget {
  AppId app;
  int64_t expected;
  model::Target next;
  std::optional<model::Release> release;
};
// Answered by model::ObservedApp.
struct ObserveApp {
  std::string backend;
  AppId app;
};
struct ApplyApp {
  std::string backend;
  model::DesiredApp desired;
};
struct SaveObserved {
  model::ObservedApp observed;
  std::vector<model::Condition> conditions;
};
struct RemoveApp {
  std::string backend;
  AppId app;
  model::Fence fence;
};
// Answered by model::AppHistory.
struct LoadHistory {
  AppId id;
};
struct CondemnImages {
  AppId app;
  std::vector<BuildId> builds;
};
// Removes the images of these builds from the registry, and their artifacts from the storage,
// whatever attempt made them, but no image whose digest is to be kept. No builds: all of the
// application.
struct DeleteImages {
  AppId app;
  std::vector<BuildId> builds;
  std::set<std::string> keep;
  bool artifacts = false;  // there are some of them: without a storage it fails
};
struct ImagesGone {
  AppId app;
  std::vector<BuildId> builds;
};
struct DropLogs {
  AppId app;
  std::vector<BuildId> builds;
};
struct DropReleases {
  AppId app;
  std::vector<ReleaseId> releases;
};
// Answered by int64_t: how many of the oldest `limit` were older than that, and went.
struct DropEvents {
  Duration age;
  int limit;
};
struct ConfirmRemoved {
  AppId app;
};
// A purged one is not looked after any more.
struct ForgetPurged {
  AppId app;
};
struct PurgeApp {
  AppId app;
};
// Answered by int64_t: the number of the database's history.
struct LoadEpoch {};
struct RaiseEpoch {
  int64_t at_least;
};

// -- of builders; the desk knows which host asks --
// Answered by Builds: those that are claimed for this host.
struct ListClaims {};
// Answered by Renewals, one for each.
struct RenewClaims {
  std::vector<ports::Claim> claims;
};
// Answered by model::BuildResult, also where the attempt failed.
struct RunAttempt {
  model::Build build;
};
struct SettleAttempt {
  model::Build build;
  model::BuildResult result;
};

// -- of hosts of static sites --
// Answered by model::SiteDemand.
struct LoadSite {
  AppId app;
};
struct BringSite {
  model::SiteDemand site;
};
// Says which releases of it are on this host's disk.
struct AcknowledgeSite {
  AppId app;
};
// Takes away what has not been needed for a while.
struct SweepSites {};

using Effect =
    std::variant<ListKeys, LoadRepository, LookAtHostKey, PinHostKeys, ListRefs, ReadCommits,
                 StoreCommits, SaveConditions, TouchConditions, LoadApp, RegisterBuild, LoadQueue,
                 ClaimBuilds, ExpireBuild, SetTarget, ObserveApp, ApplyApp, SaveObserved, RemoveApp,
                 LoadHistory, CondemnImages, DeleteImages, ImagesGone, DropLogs, DropReleases,
                 DropEvents, ConfirmRemoved, PurgeApp, ForgetPurged, LoadEpoch, RaiseEpoch,
                 ListClaims, RenewClaims, RunAttempt, SettleAttempt, LoadSite, BringSite,
                 AcknowledgeSite, SweepSites>;

using Keys = std::vector<model::Versioned>;
using Refs = std::vector<model::GitRef>;
using Commits = std::vector<model::Commit>;
using Builds = std::vector<model::Build>;
using Renewals = std::vector<Status>;
// What the effect's comment names, or monostate for those that only succeed.
using Answer = std::variant<std::monostate, Keys, model::RepositorySnapshot, Refs, Commits,
                            model::AppSnapshot, model::QueueSnapshot, model::Target,
                            model::ObservedApp, model::AppHistory, int64_t, Builds, Renewals,
                            model::BuildResult, model::SiteDemand, ports::HostKeyLook>;
using Outcome = Result<Answer>;

}  // namespace ns::reconcile
