#include "act/driver.h"

#include <algorithm>

#include "base/log.h"

namespace ns::act {
namespace {

using reconcile::Outcome;
using reconcile::Request;

// Failures that a pass meets in the ordinary course of things.
bool Expected(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
    case Code::kCancelled:
    case Code::kStale:
    case Code::kExists:
    case Code::kNotFound:
      return true;
    default:
      return false;
  }
}

void LogFailure(const Request& request, const Status& status) {
  const log::Fields fields = {{"loop", reconcile::LoopName(request.loop)},
                              {"key", request.key},
                              {"error", status.ToString()}};
  if (Expected(status)) {
    log::Debug("a step of a loop did not succeed", fields);
  } else {
    log::Warn("a step of a loop failed; the next pass tries again", fields);
  }
}

}  // namespace

Driver::Driver(const Parts& parts, DriverLimits limits)
    : parts_(parts),
      engine_(parts.random),
      store_pool_(limits.store),
      git_pool_(limits.git),
      backend_pool_(limits.backend) {}

Driver::~Driver() {
  thread_.request_stop();
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& [ticket, source] : under_way_) source.request_stop();
}

void Driver::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Driver::Wake(reconcile::Wake wake) { Put(std::move(wake)); }

void Driver::Put(Input input) {
  {
    Lock lock(mutex_);
    inbox_.push_back(std::move(input));
  }
  arrived_.notify_one();
}

// What has arrived; empty when something in the engine falls due first.
std::vector<Driver::Input> Driver::Wait(const std::stop_token& stop) {
  constexpr Duration kLongest = std::chrono::minutes(1);
  const Duration due = engine_.NextDue();
  const Duration now = parts_.clock.Monotonic();
  const Duration wait = due <= now ? Duration::zero() : std::min(due - now, kLongest);
  std::vector<Input> inputs;
  Lock lock(mutex_);
  arrived_.wait_for(mutex_, stop, wait, [this]() NS_REQUIRES(mutex_) { return !inbox_.empty(); });
  inputs.swap(inbox_);
  return inputs;
}

void Driver::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    for (Input& input : Wait(stop)) {
      const Duration now = parts_.clock.Monotonic();
      if (auto* wake = std::get_if<reconcile::Wake>(&input)) {
        Obey(engine_.Hint(*wake, now));
      } else {
        auto& report = std::get<Report>(input);
        under_way_.erase(report.ticket);
        Obey(engine_.Done(report.ticket, std::move(report.outcome), now));
      }
    }
    if (!stop.stop_requested()) Obey(engine_.Tick(parts_.clock.Monotonic()));
  }
}

void Driver::Obey(reconcile::Commands commands) {
  for (reconcile::Command& command : commands) {
    if (auto* cancel = std::get_if<reconcile::Cancel>(&command)) {
      const auto found = under_way_.find(cancel->ticket);
      if (found != under_way_.end()) found->second.request_stop();
    } else {
      Carry(std::get<Request>(std::move(command)));
    }
  }
}

void Driver::Carry(Request request) {
  std::stop_source source;
  under_way_.emplace(request.ticket, source);
  PoolFor(request.effect).Submit([this, request = std::move(request), token = source.get_token()] {
    Outcome outcome = Perform(request.effect, parts_, token);
    if (!outcome.ok()) LogFailure(request, outcome.status());
    Put(Report{request.ticket, std::move(outcome)});
  });
}

WorkerPool& Driver::PoolFor(const reconcile::Effect& effect) {
  switch (LaneOf(effect)) {
    case Lane::kGit:
      return git_pool_;
    case Lane::kBackend:
      return backend_pool_;
    case Lane::kStore:
      break;
  }
  return store_pool_;
}

}  // namespace ns::act
