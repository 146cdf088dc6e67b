#include "plan/builds.h"

#include <algorithm>

#include "plan/keys.h"

namespace ns::plan {
namespace {

using model::Build;
using model::BuildStatus;

bool Live(const Build& build) { return !model::IsTerminal(build.status); }

// The build a person asked to have again and that no later one has answered, or null. `builds` are
// newest first.
const Build* AskedAgain(const std::vector<Build>& builds) {
  for (size_t i = 0; i < builds.size(); ++i) {
    if (!builds[i].retriable || Live(builds[i])) continue;
    const auto newer = builds.begin() + static_cast<std::ptrdiff_t>(i);
    const bool answered = std::any_of(builds.begin(), newer,
                                      [&](const Build& b) { return b.commit == builds[i].commit; });
    if (!answered) return &builds[i];
  }
  return nullptr;
}

void PutAside(const std::vector<Build>& builds, const std::string& keep_key, Registration& out) {
  for (const Build& build : builds) {
    if (!Live(build) || build.build_key == keep_key || build.cancel_requested) continue;
    (build.status == BuildStatus::kQueued ? out.supersede : out.cancel).push_back(build.id);
  }
}

Build MakeBuild(const AppId& app, const std::string& commit, const std::string& build_key) {
  Build build;
  build.app = app;
  build.commit = commit;
  build.build_key = build_key;
  return build;
}

// What may be over by itself: our own parts, and the operator's where they are out of reach (a
// database that restarts).
bool MayPass(const Status& failure) {
  return failure.fault() == Fault::kPlatform ||
         (failure.fault() == Fault::kOperator && failure.code() == Code::kUnavailable);
}

}  // namespace

bool AnyLive(const std::vector<Build>& builds) {
  return std::any_of(builds.begin(), builds.end(), Live);
}

Registration DecideBuild(const model::AppSnapshot& snapshot, const Secret& key) {
  Registration out;
  const model::Application& app = snapshot.app;
  if (app.deleted) {
    PutAside(snapshot.builds, "", out);
    return out;
  }
  if (app.desired == model::DesiredState::kStopped || app.commit.empty() ||
      app.commit == model::kNoCommit)
    return out;

  const std::string wanted = BuildKey(key, app, app.commit);
  const bool counted =
      std::any_of(snapshot.builds.begin(), snapshot.builds.end(), [&](const Build& build) {
        return build.build_key == wanted && model::CountsAsDuplicate(build);
      });
  if (!counted) {
    out.build = MakeBuild(app.id, app.commit, wanted);
    PutAside(snapshot.builds, wanted, out);
    return out;
  }
  if (const Build* again = AskedAgain(snapshot.builds); again && !AnyLive(snapshot.builds)) {
    out.build = MakeBuild(app.id, again->commit, BuildKey(key, app, again->commit));
  }
  return out;
}

std::vector<Expiry> ExpireBuilds(const model::QueueSnapshot& queue) {
  std::vector<Expiry> out;
  for (const Build& build : queue.building) {
    if (build.lease.expires >= queue.now) continue;
    Status lost(Code::kUnavailable, "BuilderLost",
                "the builder stopped answering during attempt " + std::to_string(build.attempt));
    lost.SetFault(Fault::kPlatform);
    model::BuildResult result = AfterFailure(lost, build.attempt);
    result.retry_in = Duration::zero();  // it has waited for the lease already
    if (build.cancel_requested) result.status = BuildStatus::kCancelled;
    out.push_back({build.id, build.attempt, std::move(result)});
  }
  return out;
}

model::BuildResult AfterFailure(const Status& failure, int attempt) {
  model::BuildResult result;
  result.outcome = failure;
  if (failure.code() == Code::kCancelled) {
    result.status = BuildStatus::kCancelled;
  } else if (MayPass(failure) && attempt < model::kMaxAttempts) {
    result.status = BuildStatus::kQueued;
    result.retry_in = failure.retry_after().value_or(std::chrono::seconds(5) * attempt * attempt);
  } else {
    result.status = BuildStatus::kFailed;
  }
  return result;
}

}  // namespace ns::plan
