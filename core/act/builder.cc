#include "act/builder.h"

#include <algorithm>
#include <filesystem>

#include "act/pause.h"
#include "act/perform.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "plan/builds.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRenewEvery = 3s;
constexpr Duration kSettleFor = 60s;

}  // namespace

Builder::Builder(const Parts& parts, BuildParts build_parts, HostId host, int slots)
    : parts_(parts),
      build_parts_(std::move(build_parts)),
      host_(std::move(host)),
      pool_(static_cast<size_t>(slots)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Builder::~Builder() {
  thread_.request_stop();
  woken_.notify_all();
  thread_.join();
  Lock lock(mutex_);
  leaving_ = true;
  for (auto& [id, running] : running_) running->cancel.request_stop();
}

void Builder::Wake() {
  {
    Lock lock(mutex_);
    wake_ = true;
  }
  woken_.notify_one();
}

void Builder::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    TakeUp();
    Renew();
    Lock lock(mutex_);
    woken_.wait_for(mutex_, stop, kRenewEvery, [this]() NS_REQUIRES(mutex_) { return wake_; });
    wake_ = false;
  }
}

// Begins what is claimed for this host and not yet under way. What has ended is forgotten before
// the queue is read, not when it ends: a queue that was read before shows it as claimed still.
void Builder::TakeUp() {
  {
    Lock lock(mutex_);
    std::erase_if(running_, [](const auto& entry) { return entry.second->ended; });
  }
  const auto queue = parts_.store.builds.Queue();
  if (!queue.ok()) return;
  if (!swept_) Sweep(queue->building);
  swept_ = true;
  for (const model::Build& build : queue->building) {
    if (build.lease.host != host_) continue;
    auto running = std::make_shared<Running>();
    running->build = build;
    running->held_until = parts_.clock.Monotonic() + kBuildLease;
    {
      Lock lock(mutex_);
      if (!running_.emplace(build.id, running).second) continue;
    }
    pool_.Submit([this, running] { Attempt(*running); });
  }
}

// Removes the checkouts that a killed builder has left: those of no attempt that is under way.
void Builder::Sweep(const std::vector<model::Build>& building) const {
  std::error_code error;
  for (std::filesystem::directory_iterator at(build_parts_.folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    const bool used = std::any_of(building.begin(), building.end(), [&](const model::Build& build) {
      return name == SourceName(build);
    });
    std::error_code ignored;
    if (!used) std::filesystem::remove_all(at->path(), ignored);
  }
}

// Prolongs every claim; a claim that is lost, or may be, ends its work.
void Builder::Renew() {
  std::map<BuildId, std::shared_ptr<Running>> all;
  {
    Lock lock(mutex_);
    all = running_;
    std::erase_if(all, [](const auto& entry) { return entry.second->ended; });
  }
  for (const auto& [id, running] : all) {
    const Duration asked = parts_.clock.Monotonic();
    const Status renewed = parts_.store.builds.Renew(id, running->build.lease.token, kBuildLease);
    const bool held = renewed.ok() || renewed.code() == Code::kCancelled;
    if (held) running->held_until = asked + kBuildLease;
    if (renewed.code() == Code::kCancelled) running->asked = true;
    if (renewed.code() == Code::kCancelled || renewed.code() == Code::kStale)
      running->cancel.request_stop();
    if (!held && parts_.clock.Monotonic() > running->held_until) running->cancel.request_stop();
  }
}

void Builder::Attempt(Running& running) {
  const model::Build& build = running.build;
  log::Info("build begins", {{"build", build.id.str()},
                             {"app", build.app.str()},
                             {"attempt", std::to_string(build.attempt)}});
  model::BuildResult result;
  {
    LogWriter log(parts_.store.logs, build.id, build.lease.token);
    result = RunBuild(parts_, build_parts_, build, log, running.cancel.get_token());
  }
  const bool own_doing = running.cancel.stop_requested() && !running.asked &&
                         result.outcome.reason() != model::kSuperseded;
  if (result.status == model::BuildStatus::kCancelled && own_doing) Requeue(result, build.attempt);
  Failpoint("build.before-settle");
  Settle(running, result);
  {
    Lock lock(mutex_);
    running.ended = true;
  }
  Wake();
}

// In place of a cancellation that nobody asked for.
void Builder::Requeue(model::BuildResult& result, int attempt) {
  Lock lock(mutex_);
  if (leaving_) {
    result.status = model::BuildStatus::kQueued;
    result.outcome =
        Status(Code::kUnavailable, "BuilderStopped", "the builder was stopped during this attempt")
            .SetFault(Fault::kPlatform);
    return;
  }
  Status lost(Code::kUnavailable, "BuilderLost",
              "the database was out of reach for so long that the claim of this attempt may have "
              "been lost");
  result = plan::AfterFailure(lost.SetFault(Fault::kPlatform), attempt);
}

// Tries again while the store is out of reach; after that the crash detector finds the expired
// lease.
void Builder::Settle(const Running& running, const model::BuildResult& result) const {
  const model::Build& build = running.build;
  const Duration give_up = parts_.clock.Monotonic() + kSettleFor;
  Status settled;
  do {
    settled = parts_.store.builds.Settle(build.id, build.lease.token, result);
    if (settled.ok() || settled.code() == Code::kStale) break;
    Pause({}, 500ms);
  } while (parts_.clock.Monotonic() < give_up);
  log::Info("build ended", {{"build", build.id.str()},
                            {"outcome", result.outcome.ToString()},
                            {"settled", settled.ToString()}});
}

}  // namespace ns::act
