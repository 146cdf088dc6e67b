// What holds of the decisions about builds whatever they are given; as in plan_properties_test.cc.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "plan/builds.h"
#include "plan/cleanup.h"
#include "plan/keys.h"
#include "plan/test_generators.h"

namespace ns::plan {
namespace {

using model::BuildStatus;
using model::DesiredState;
using namespace testing;

RC_GTEST_PROP(PlanProperties, DecideBuild_NeverRegistersWhatCounts, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  RC_LOG() << rc::toString(snapshot);
  const Registration out = DecideBuild(snapshot, kKey);
  RC_CLASSIFY(out.build.has_value());
  if (!out.build) return;
  RC_ASSERT(!snapshot.app.deleted && snapshot.app.desired != DesiredState::kStopped);
  RC_ASSERT(out.build->build_key == BuildKey(kKey, snapshot.app, out.build->commit));
  for (const model::Build& build : snapshot.builds) {
    if (build.commit == out.build->commit && build.retriable) return;  // asked for
  }
  for (const model::Build& build : snapshot.builds)
    RC_ASSERT(build.build_key != out.build->build_key || !model::CountsAsDuplicate(build));
}

RC_GTEST_PROP(PlanProperties, DecideBuild_RegistersWhatIsWantedAndDoesNotCount, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  RC_LOG() << rc::toString(snapshot);
  const model::Application& app = snapshot.app;
  const bool wanted = !app.deleted && app.desired != DesiredState::kStopped &&
                      !app.commit.empty() && app.commit != model::kNoCommit;
  const std::string key = BuildKey(kKey, app, app.commit);
  const bool counts = std::any_of(
      snapshot.builds.begin(), snapshot.builds.end(),
      [&](const model::Build& b) { return b.build_key == key && model::CountsAsDuplicate(b); });
  const Registration out = DecideBuild(snapshot, kKey);
  if (!wanted) RC_ASSERT(!out.build);
  if (wanted && !counts) RC_ASSERT(out.build && out.build->build_key == key);
  if (wanted && counts) RC_ASSERT(!out.build || !AnyLive(snapshot.builds));
}

RC_GTEST_PROP(PlanProperties, DecideBuild_PutsAsideOnlyLiveBuildsOfOtherKeys, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  const Registration out = DecideBuild(snapshot, kKey);
  for (const model::Build& build : snapshot.builds) {
    const bool aside = Has(out.supersede, build.id), cancelled = Has(out.cancel, build.id);
    RC_ASSERT(!aside || build.status == BuildStatus::kQueued);
    RC_ASSERT(!cancelled || build.status == BuildStatus::kBuilding);
    if (out.build) RC_ASSERT(!(aside || cancelled) || build.build_key != out.build->build_key);
  }
}

const model::QueueApp& AppOf(const model::QueueSnapshot& queue, const model::Build& build) {
  static const model::QueueApp kUnknown;
  const auto found = queue.apps.find(build.app);
  return found == queue.apps.end() ? kUnknown : found->second;
}
bool CanBuild(const model::BuilderState& builder, const std::string& method) {
  return builder.methods.empty() || Has(builder.methods, method);
}

RC_GTEST_PROP(PlanProperties, AssignBuilds_KeepsToSlotsMethodsAndApplications, ()) {
  const model::QueueSnapshot queue = AnyQueue();
  RC_LOG() << rc::toString(queue);
  std::map<HostId, int> room;
  std::map<AppId, int> of_app;
  for (const model::BuilderState& builder : queue.builders)
    room[builder.host] = builder.slots - builder.running;
  for (const model::Build& build : queue.building) ++of_app[build.app];
  for (const model::BuildClaim& one : AssignBuilds(queue)) {
    const auto build = std::find_if(queue.queued.begin(), queue.queued.end(),
                                    [&](const model::Build& b) { return b.id == one.build; });
    const auto builder = std::find_if(queue.builders.begin(), queue.builders.end(),
                                      [&](const auto& b) { return b.host == one.host; });
    RC_ASSERT(build != queue.queued.end() && builder != queue.builders.end());
    RC_ASSERT(build->not_before <= queue.now);
    RC_ASSERT(CanBuild(*builder, AppOf(queue, *build).method));
    RC_ASSERT(++of_app[build->app] == 1);
    RC_ASSERT(--room[one.host] >= 0);
  }
  // Nothing that may start waits while there is room for it.
  for (const model::Build& build : queue.queued) {
    for (const model::BuilderState& builder : queue.builders) {
      const bool could = room[builder.host] > 0 && build.not_before <= queue.now &&
                         CanBuild(builder, AppOf(queue, build).method);
      RC_ASSERT(!could || of_app[build.app] > 0);
    }
  }
}

// The order as it is described: the best of all that may start, again and again.
std::vector<BuildId> OneAfterAnother(const model::QueueSnapshot& queue) {
  std::map<UserId, int> running;
  std::map<HostId, int> room;
  std::set<AppId> busy;
  const auto occupy = [&](const model::Build& build) {
    busy.insert(build.app);
    ++running[AppOf(queue, build).owner];
  };
  for (const model::Build& build : queue.building) occupy(build);
  for (const auto& builder : queue.builders) room[builder.host] = builder.slots - builder.running;
  std::vector<BuildId> order;
  for (;;) {
    const model::Build* best = nullptr;
    HostId where;
    std::tuple<int, Time, bool> least;
    for (const model::Build& build : queue.queued) {
      if (busy.contains(build.app) || build.not_before > queue.now) continue;
      const model::QueueApp& app = AppOf(queue, build);
      HostId most;
      for (const auto& builder : queue.builders) {
        if (room[builder.host] > 0 && CanBuild(builder, app.method) &&
            (most.empty() || room[builder.host] > room[most]))
          most = builder.host;
      }
      const auto served = queue.served.find(app.owner);
      const std::tuple rank(running[app.owner],
                            served == queue.served.end() ? kNever : served->second,
                            app.has_release);
      if (most.empty() || (best != nullptr && least <= rank)) continue;
      best = &build, where = most, least = rank;
    }
    if (best == nullptr) return order;
    occupy(*best);
    --room[where];
    order.push_back(best->id);
  }
}

RC_GTEST_PROP(PlanProperties, AssignBuilds_KeepsTheOrderThatIsDescribed, ()) {
  const model::QueueSnapshot queue = AnyQueue();
  RC_LOG() << rc::toString(queue);
  std::vector<BuildId> order;
  for (const model::BuildClaim& claim : AssignBuilds(queue)) order.push_back(claim.build);
  RC_ASSERT(order == OneAfterAnother(queue));
}

// Three owners: the first has six of nine applications, always with a build in the queue.
class BusyQueue {
 public:
  static constexpr int kOwners = 3, kApps = 9;

  BusyQueue() : queue_(AnyQueue()) {
    queue_.queued.clear();
    queue_.building.clear();
    queue_.served.clear();
    for (model::BuilderState& builder : queue_.builders) builder.running = 0;
    for (int n = 1; n <= kApps; ++n) {
      queue_.apps[IdOf<AppId>(n)] = {IdOf<UserId>(n > 6 ? n - 6 : 1),
                                     OneOf<std::string>({"cmd", "file"}), Coin()};
    }
  }

  // Builds come and end, and others are started. At most how many starts any owner had to see who
  // had none under way and could have had that slot.
  int Tick() {
    queue_.now += std::chrono::seconds(1);
    for (int n = 1; n <= kApps; ++n) {
      if (n <= 6 || Coin()) Queue(IdOf<AppId>(n));
    }
    std::erase_if(queue_.building, [&](const model::Build& build) {
      const bool ends = Coin();
      for (model::BuilderState& builder : queue_.builders)
        builder.running -= ends && builder.host == build.lease.host;
      return ends;
    });
    int longest = 0;
    for (const model::BuildClaim& claim : AssignBuilds(queue_))
      longest = std::max(longest, Start(claim));
    return longest;
  }

 private:
  void Queue(const AppId& app) {
    for (const model::Build& build : queue_.queued) {
      if (build.app == app) return;
    }
    queue_.queued.push_back(BuildOf(FreshApp(), ++last_, kCommitA, BuildStatus::kQueued));
    queue_.queued.back().app = app;
  }

  int Start(const model::BuildClaim& claim) {
    const auto build = std::find_if(queue_.queued.begin(), queue_.queued.end(),
                                    [&](const model::Build& b) { return b.id == claim.build; });
    const auto builder = std::find_if(queue_.builders.begin(), queue_.builders.end(),
                                      [&](const auto& b) { return b.host == claim.host; });
    const UserId owner = AppOf(queue_, *build).owner;
    int longest = 0;
    for (const UserId& other : Waiting(*builder)) {
      if (other != owner) longest = std::max(longest, ++passed_over_[other]);
    }
    passed_over_[owner] = 0;
    queue_.served[owner] = queue_.now;
    ++builder->running;
    build->lease.host = claim.host;
    queue_.building.push_back(*build);
    queue_.queued.erase(build);
    return longest;
  }

  // Owners who have nothing under way and something that this builder could build.
  std::set<UserId> Waiting(const model::BuilderState& builder) const {
    std::set<UserId> waiting;
    for (const model::Build& build : queue_.queued) {
      if (CanBuild(builder, AppOf(queue_, build).method))
        waiting.insert(AppOf(queue_, build).owner);
    }
    for (const model::Build& build : queue_.building) waiting.erase(AppOf(queue_, build).owner);
    return waiting;
  }

  model::QueueSnapshot queue_;
  std::map<UserId, int> passed_over_;
  int last_ = 0;
};

// The promise is three times the fair share; kept is one start of every other owner.
RC_GTEST_PROP(PlanProperties, AssignBuilds_NoOwnerIsPassedOver, ()) {
  BusyQueue queue;
  int longest = 0;
  for (int tick = 0; tick < 40; ++tick) longest = std::max(longest, queue.Tick());
  RC_TAG(longest);
  RC_ASSERT(longest < BusyQueue::kOwners);
}

RC_GTEST_PROP(PlanProperties, ExpireBuilds_EndsExactlyTheLostOnes, ()) {
  const model::QueueSnapshot queue = AnyQueue();
  const auto out = ExpireBuilds(queue);
  size_t lost = 0;
  for (const model::Build& build : queue.building) lost += build.lease.expires < queue.now;
  RC_ASSERT(out.size() == lost);
  for (const Expiry& one : out) {
    const auto build = std::find_if(queue.building.begin(), queue.building.end(),
                                    [&](const model::Build& b) { return b.id == one.build; });
    RC_ASSERT(build != queue.building.end());
    RC_ASSERT(one.attempt == build->attempt);
    const BuildStatus expected = build->cancel_requested                ? BuildStatus::kCancelled
                                 : build->attempt < model::kMaxAttempts ? BuildStatus::kQueued
                                                                        : BuildStatus::kFailed;
    RC_ASSERT(one.result.status == expected);
  }
}

RC_GTEST_PROP(PlanProperties, AfterFailure_RetriesAreBoundedAndNeverTheSourcesFault, ()) {
  const Status failure = AnyOutcome();
  const int attempt = 1 + Number(model::kMaxAttempts);
  const model::BuildResult result = AfterFailure(failure, attempt);
  RC_ASSERT(result.outcome == failure);
  RC_ASSERT(result.status != BuildStatus::kSucceeded && result.status != BuildStatus::kBuilding);
  if (result.status != BuildStatus::kQueued) return;
  RC_ASSERT(attempt < model::kMaxAttempts);
  RC_ASSERT(failure.fault() != Fault::kSource);
  RC_ASSERT(result.retry_in >= Duration::zero());
}

RC_GTEST_PROP(PlanProperties, DecideCleanup_SparesWhatRunsOrMayRunAgain, ()) {
  model::AppHistory history = AnyHistory();
  const Retention retention{1 + Number(1), std::chrono::hours(24 * Number(30))};
  const Cleanup out = DecideCleanup(history, retention);
  RC_CLASSIFY(!out.condemn.empty());
  for (int n = 0; const model::Release& release : history.releases) {
    const bool needed = release.id == history.app.target.release ||
                        release.id == history.app.pinned || n < retention.releases;
    RC_ASSERT(!needed || (!Has(out.condemn, release.build) && !Has(out.logs, release.build)));
    ++n;
  }
  for (model::Build& build : history.builds) {
    const bool live = !model::IsTerminal(build.status);
    RC_ASSERT(!live || (!Has(out.condemn, build.id) && !Has(out.logs, build.id)));
    if (Has(out.condemn, build.id)) build.image_state = model::ImageState::kCondemned;
  }
  std::erase_if(history.releases, [&](const model::Release& release) {
    const bool gone = Has(out.releases, release.id);
    RC_ASSERT(!gone ||
              (release.id != history.app.target.release && release.id != history.app.pinned));
    return gone;
  });
  std::erase_if(history.logged, [&](const BuildId& id) { return Has(out.logs, id); });
  RC_ASSERT(DecideCleanup(history, retention).Empty());
  const std::set<std::string> kept = KeptDigests(history);
  for (const model::Build& build : history.builds) {
    if (build.image_state == model::ImageState::kKept && !build.image.digest.empty())
      RC_ASSERT(kept.contains(build.image.digest));
  }
}
}  // namespace
}  // namespace ns::plan
