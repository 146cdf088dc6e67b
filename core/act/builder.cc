#include "act/builder.h"

#include "act/pause.h"
#include "act/perform.h"
#include "base/failpoint.h"
#include "base/log.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRenewEvery = 3s;
constexpr Duration kSettleFor = 60s;

}  // namespace

Builder::Builder(const Parts& parts, BuildParts build_parts, HostId host, int slots)
    : parts_(parts), build_parts_(std::move(build_parts)), host_(std::move(host)), pool_(static_cast<size_t>(slots)),
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

// Begins what is claimed for this host and not yet under way.
void Builder::TakeUp() {
  const auto queue = parts_.store.builds.Queue();
  if (!queue.ok()) return;
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

// Prolongs every claim; a claim that is lost, or may be, ends its work.
void Builder::Renew() {
  std::map<BuildId, std::shared_ptr<Running>> all;
  {
    Lock lock(mutex_);
    all = running_;
  }
  for (const auto& [id, running] : all) {
    const Duration asked = parts_.clock.Monotonic();
    const Status renewed = parts_.store.builds.Renew(id, running->build.lease.token, kBuildLease);
    const bool held = renewed.ok() || renewed.code() == Code::kCancelled;
    if (held) running->held_until = asked + kBuildLease;
    if (renewed.code() == Code::kCancelled || renewed.code() == Code::kStale) running->cancel.request_stop();
    if (!held && parts_.clock.Monotonic() > running->held_until) running->cancel.request_stop();
  }
}

void Builder::Attempt(Running& running) {
  const model::Build& build = running.build;
  log::Info("build begins", {{"build", build.id.str()}, {"app", build.app.str()}, {"attempt", std::to_string(build.attempt)}});
  model::BuildResult result;
  {
    LogWriter log(parts_.store.logs, build.id, build.lease.token);
    result = RunBuild(parts_, build_parts_, build, log, running.cancel.get_token());
  }
  bool leaving = false;
  {
    Lock lock(mutex_);
    leaving = leaving_;
  }
  if (leaving && result.status == model::BuildStatus::kCancelled) {
    result.status = model::BuildStatus::kQueued;
    result.outcome = Status(Code::kUnavailable, "BuilderStopped", "the builder was stopped during this attempt").SetFault(Fault::kPlatform);
  }
  Failpoint("build.before-settle");
  Settle(running, result);
  Lock lock(mutex_);
  running_.erase(build.id);
}

// Tries again while the store is out of reach; after that the crash detector finds the expired lease.
void Builder::Settle(const Running& running, const model::BuildResult& result) const {
  const model::Build& build = running.build;
  const Duration give_up = parts_.clock.Monotonic() + kSettleFor;
  Status settled;
  do {
    settled = parts_.store.builds.Settle(build.id, build.lease.token, result);
    if (settled.ok() || settled.code() == Code::kStale) break;
    Pause({}, 500ms);
  } while (parts_.clock.Monotonic() < give_up);
  log::Info("build ended", {{"build", build.id.str()}, {"outcome", result.outcome.ToString()}, {"settled", settled.ToString()}});
}

}  // namespace ns::act
