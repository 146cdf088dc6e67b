// An application, its remote and its builders as values, for tests: what stores and builders do
// with decisions, without any of them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/builds.h"
#include "plan/deploy.h"
#include "plan/test_snapshots.h"

namespace ns::plan::testing {

// What the store does with a decision about the target; kStale is false.
inline bool StoreTarget(model::AppSnapshot& snapshot, const Retarget& retarget) {
  if (retarget.next.generation != snapshot.app.target.generation) return false;
  snapshot.app.target = retarget.next;
  ++snapshot.app.target.generation;
  if (!retarget.release) {
    if (snapshot.pinned && snapshot.pinned->id == retarget.next.release)
      snapshot.release = snapshot.pinned;
    return true;
  }
  snapshot.release = retarget.release;
  snapshot.release->id = IdOf<ReleaseId>(static_cast<int>(snapshot.app.target.generation));
  snapshot.app.target.release = snapshot.release->id;
  return true;
}

struct World {
  model::AppSnapshot snapshot = FreshApp();
  std::string remote = kCommitA;      // what the ref is there
  std::set<std::string> bad_commits;  // whose builds fail by their own fault
  std::vector<model::Release> history;
  int registered = 0;

  void Fetch() { snapshot.app.commit = remote; }

  // What the store does with a registration: one transaction, no second build beside one that
  // counts.
  void Register(const Registration& decision) {
    for (model::Build& build : snapshot.builds) {
      if (Has(decision.supersede, build.id) && build.status == model::BuildStatus::kQueued)
        End(build, model::BuildStatus::kSkipped, Superseded());
      if (Has(decision.cancel, build.id) && build.status == model::BuildStatus::kBuilding) {
        build.cancel_requested = true;
        build.outcome = Superseded();
      }
    }
    if (!decision.build) return;
    for (const model::Build& build : snapshot.builds) {
      if (build.build_key == decision.build->build_key && !model::IsTerminal(build.status)) return;
    }
    model::Build build = *decision.build;
    build.id = IdOf<BuildId>(100 + ++registered);
    snapshot.builds.insert(snapshot.builds.begin(), std::move(build));
  }

  void Claim(model::Build& build) {
    if (build.status != model::BuildStatus::kQueued) return;
    build.status = model::BuildStatus::kBuilding;
    ++build.attempt;
  }

  // The builder's end of an attempt. The same source gives the same image.
  void Finish(model::Build& build, bool builder_lost) {
    if (build.status != model::BuildStatus::kBuilding) return;
    if (builder_lost) {
      Status lost(Code::kUnavailable, "BuilderLost", "");
      return Settle(build, AfterFailure(lost.SetFault(Fault::kPlatform), build.attempt));
    }
    if (bad_commits.contains(build.commit)) {
      Status bad(Code::kInvalid, "CommandFailed", "");
      return Settle(build, AfterFailure(bad.SetFault(Fault::kSource), build.attempt));
    }
    if (build.cancel_requested)
      return Settle(build, AfterFailure(Status(Code::kCancelled, "Cancelled", ""), build.attempt));
    build.image = {"r:5000/ns/app:b", "sha256:" + Sha256Hex(build.build_key), 1};
    End(build, model::BuildStatus::kSucceeded, Status());
  }

  void Release() {
    const auto retarget = DecideTarget(snapshot, kKey);
    if (retarget && StoreTarget(snapshot, *retarget) && retarget->release)
      history.push_back(*snapshot.release);
  }

  void Pin(const model::Release& release) {
    snapshot.pinned = release;
    snapshot.app.pinned = release.id;
  }
  void Unpin() {
    snapshot.pinned.reset();
    snapshot.app.pinned = {};
  }

  // Every loop until none has anything left to do; false: they never came to rest.
  bool Settle() {
    for (int round = 0; round < 100; ++round) {
      const model::AppSnapshot before = snapshot;
      Fetch();
      Register(DecideBuild(snapshot, kKey));
      for (model::Build& build : snapshot.builds) {
        Claim(build);
        Finish(build, false);
      }
      Release();
      if (snapshot.app == before.app && snapshot.builds == before.builds) return true;
    }
    return false;
  }

 private:
  static bool Has(const std::vector<BuildId>& ids, const BuildId& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
  static Status Superseded() { return Status(Code::kCancelled, model::kSuperseded, ""); }
  static void End(model::Build& build, model::BuildStatus status, Status outcome) {
    build.status = status;
    build.outcome = std::move(outcome);
  }
  // What the store does with a result: a cancelled build is not queued again, and one that was
  // superseded keeps saying so.
  static void Settle(model::Build& build, const model::BuildResult& result) {
    const bool cancelled = result.status == model::BuildStatus::kCancelled ||
                           (result.status == model::BuildStatus::kQueued && build.cancel_requested);
    const bool keep = cancelled && build.outcome.reason() == model::kSuperseded;
    End(build, cancelled ? model::BuildStatus::kCancelled : result.status,
        keep ? build.outcome : result.outcome);
  }
};

}  // namespace ns::plan::testing
