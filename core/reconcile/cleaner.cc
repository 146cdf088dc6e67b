#include <algorithm>

#include "plan/builds.h"
#include "plan/cleanup.h"
#include "plan/conditions.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// Between looks at a tombstone whose builds have not ended.
constexpr Duration kBuildsEnd = std::chrono::seconds(2);
// A builder that was paused or cut off may push an image after its application was purged: the
// registry is looked at again, ever more rarely, for as long as a host may reasonably be away.
constexpr Duration kFirstSweep = std::chrono::seconds(10);
constexpr Duration kSweptFor = std::chrono::hours(24);
// Events looked at in one statement, and the pause between two.
constexpr int kEvents = 5000;
constexpr Duration kMoreEvents = std::chrono::seconds(1);

// living:    load -> (condemn -> load) -> (delete images -> gone) -> (drop logs) -> (drop releases)
// tombstone: load -> (wait for the backend, for builds) -> delete images -> purge
// purged:    load -> delete images | forget
// Images are condemned before they are deleted, so that nothing is released from one that goes.
// A pass over a living one that comes to its end takes back what its condition said.
class CleanerPass final : public Pass {
 public:
  CleanerPass(Key key, const plan::Retention& retention)
      : id_(std::move(key)), retention_(retention) {}

  Step Begin() override { return Effect(LoadHistory{id_}); }

  Step Next(Outcome outcome) override {
    if (!outcome.ok()) return Failed(outcome.status());
    switch (at_) {
      case At::kLoad:
        return Loaded(std::get<model::AppHistory>(std::move(*outcome)));
      case At::kCondemn:
        at_ = At::kReload;
        return Effect(LoadHistory{id_});
      case At::kReload:
        history_ = std::get<model::AppHistory>(std::move(*outcome));
        releases_ = plan::DecideCleanup(history_, retention_).releases;  // of what is condemned too
        return DeleteCondemned();
      case At::kDelete:
        at_ = At::kGone;
        return Effect(ImagesGone{id_, condemned_});
      case At::kGone:
        return DropOldLogs();
      case At::kDeleteAll:
        return Purge();
      case At::kPurge:
        return Finished{Status(), {}, kFirstSweep, std::nullopt};
      case At::kSweep:
        return SweepAgain();
      case At::kLogs:
        return DropOldReleases();
      case At::kReleases:
        return Conclude(Done());
      case At::kTell:
        return finished_;
      case At::kForget:
        break;
    }
    return Done();
  }

 private:
  enum class At {
    kLoad,
    kCondemn,
    kReload,
    kDelete,
    kGone,
    kLogs,
    kReleases,
    kTell,
    kDeleteAll,
    kPurge,
    kSweep,
    kForget
  };

  Step Loaded(model::AppHistory history) {
    history_ = std::move(history);
    if (history_.purged != kNever) return Sweep();
    if (history_.app.deleted) return CleanUpTombstone();
    plan::Cleanup cleanup = plan::DecideCleanup(history_, retention_);
    if (cleanup.Empty() && plan::Condemned(history_).empty()) return NothingUntil(cleanup.next);
    logs_ = std::move(cleanup.logs);
    releases_ = std::move(cleanup.releases);
    if (cleanup.condemn.empty()) return DeleteCondemned();
    at_ = At::kCondemn;
    return Effect(CondemnImages{id_, std::move(cleanup.condemn)});
  }

  // Only another version or time can bring something to do.
  Step NothingUntil(Time next) {
    Finished finished = Settled(history_.version);
    if (next != kNever) finished.again = next - history_.now;
    return Conclude(std::move(finished));
  }

  Step Conclude(Finished finished) {
    if (!history_.stuck) return finished;
    finished_ = std::move(finished);
    at_ = At::kTell;
    return Effect(
        SaveConditions{model::Subject::kApplication, id_.str(), {plan::CleanupCondition()}});
  }

  Step DeleteCondemned() {
    condemned_ = plan::Condemned(history_);
    if (condemned_.empty()) return DropOldLogs();
    at_ = At::kDelete;
    return Effect(DeleteImages{id_, condemned_, plan::KeptDigests(history_),
                               plan::HasArtifacts(history_, condemned_)});
  }

  Step DropOldLogs() {
    if (logs_.empty()) return DropOldReleases();
    at_ = At::kLogs;
    return Effect(DropLogs{id_, std::move(logs_)});
  }

  Step DropOldReleases() {
    if (releases_.empty()) return Conclude(Done());
    at_ = At::kReleases;
    return Effect(DropReleases{id_, std::move(releases_)});
  }

  Step CleanUpTombstone() {
    if (!history_.removed) return Done({{LoopId::kSynchronizer, id_.str()}});
    // A build that still runs may push an image after all others are deleted.
    if (plan::AnyLive(history_.builds))
      return Finished{Status(), {{LoopId::kRegisterer, id_.str()}}, kBuildsEnd, std::nullopt};
    at_ = At::kDeleteAll;
    return Effect(DeleteImages{id_, {}, {}, plan::HasArtifacts(history_, {})});
  }

  Step Purge() {
    at_ = At::kPurge;
    return Effect(PurgeApp{id_});
  }

  Duration PurgedFor() const { return history_.now - history_.purged; }

  Step Sweep() {
    at_ = PurgedFor() < kSweptFor ? At::kSweep : At::kForget;
    if (at_ == At::kForget) return Effect(ForgetPurged{id_});
    return Effect(DeleteImages{id_, {}, {}});
  }

  Step SweepAgain() const {
    Finished finished = Settled(kPurgedVersion);
    finished.again = std::max<Duration>(kFirstSweep, PurgedFor() / 2);
    return finished;
  }

  const AppId id_;
  const plan::Retention& retention_;
  At at_ = At::kLoad;
  model::AppHistory history_;
  std::vector<BuildId> condemned_, logs_;
  std::vector<ReleaseId> releases_;
  Finished finished_;  // once all is done but to say so
};

// Events that are too old, a batch at a time.
class JournalPass final : public Pass {
 public:
  explicit JournalPass(Duration keep) : keep_(keep) {}
  Step Begin() override { return Effect(DropEvents{keep_, kEvents}); }
  Step Next(Outcome outcome) override {
    if (!outcome.ok()) return Failed(outcome.status());
    Finished finished = Done();
    if (std::get<int64_t>(*outcome) == kEvents) finished.again = kMoreEvents;
    return finished;
  }

 private:
  const Duration keep_;
};

class Cleaner final : public Loop {
 public:
  explicit Cleaner(plan::Retention retention) : retention_(retention) {}
  LoopId id() const override { return LoopId::kCleaner; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    if (key == kJournalKey) return std::make_unique<JournalPass>(retention_.history);
    return std::make_unique<CleanerPass>(key, retention_);
  }
  const char* condition() const override { return "Cleanup"; }

 private:
  const plan::Retention retention_;
};

}  // namespace

std::unique_ptr<Loop> NewCleaner(plan::Retention retention) {
  return std::make_unique<Cleaner>(retention);
}

}  // namespace ns::reconcile
