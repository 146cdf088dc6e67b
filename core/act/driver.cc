#include "act/driver.h"

#include <algorithm>
#include <array>
#include <exception>

#include "base/log.h"

namespace ns::act {
namespace {

using reconcile::Outcome;
using reconcile::Request;

// Failures that a pass meets in the ordinary course of things.
bool Expected(const Status& status) {
  if (status.reason() == ports::kControllerAway) return true;
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

constexpr std::array kLanes = {Lane::kStore,  Lane::kGit,   Lane::kBackend, Lane::kClaims,
                               Lane::kSettle, Lane::kBuild, Lane::kSites};

}  // namespace

Driver::Driver(const Parts& parts)
    : Driver([&parts](const auto& effect,
                      std::stop_token cancel) { return Perform(effect, parts, std::move(cancel)); },
             kControllerLanes, parts.random, parts.clock) {}

Driver::Driver(Carrier carry, const LaneLimits& limits, Random& random, Clock& clock)
    : carry_(std::move(carry)), clock_(clock), engine_(random) {
  for (const Lane lane : kLanes) {
    const auto limit = limits.find(lane);
    pools_.try_emplace(lane, limit == limits.end() ? 1 : limit->second);
  }
}

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
  const Duration now = clock_.Monotonic();
  const Duration wait = due <= now ? Duration::zero() : std::min(due - now, kLongest);
  std::vector<Input> inputs;
  Lock lock(mutex_);
  arrived_.wait_for(mutex_, stop, wait, [this]() NS_REQUIRES(mutex_) { return !inbox_.empty(); });
  inputs.swap(inbox_);
  return inputs;
}

void Driver::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    for (Input& input : Wait(stop)) Take(std::move(input));
    if (!stop.stop_requested()) Obey(engine_.Tick(clock_.Monotonic()));
    TellIdle();
  }
}

void Driver::Take(Input input) {
  const Duration now = clock_.Monotonic();
  if (auto* wake = std::get_if<reconcile::Wake>(&input)) {
    Obey(engine_.Hint(*wake, now));
  } else if (auto* report = std::get_if<Report>(&input)) {
    under_way_.erase(report->ticket);
    Obey(engine_.Done(report->ticket, std::move(report->outcome), now));
  } else if (auto* asked = std::get_if<Asked>(&input)) {
    asked->set_value(engine_.figures());
  } else {
    waiting_.push_back(std::get<Idle>(std::move(input)));
  }
}

void Driver::TellIdle() {
  std::erase_if(waiting_, [this](Idle& idle) {
    if (!engine_.Idle(idle.loop)) return false;
    idle.reached.set_value();
    return true;
  });
}

bool Driver::WaitIdle(reconcile::LoopId loop, Duration limit) {
  Idle idle{loop, {}};
  const std::future<void> reached = idle.reached.get_future();
  Put(std::move(idle));
  return reached.wait_for(limit) == std::future_status::ready;
}

std::map<reconcile::LoopId, reconcile::LoopFigures> Driver::Figures(Duration limit) {
  Asked asked;
  auto figures = asked.get_future();
  Put(std::move(asked));
  if (figures.wait_for(limit) != std::future_status::ready) return {};
  return figures.get();
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

// Whatever carries effects out here: one that throws is a defect of its own, and no other's.
Outcome Driver::Guarded(const reconcile::Effect& effect, const std::stop_token& cancel) const {
  try {
    return carry_(effect, cancel);
  } catch (const std::exception& defect) {
    return Internal(std::string("a defect: ") + defect.what());
  }
}

void Driver::Carry(Request request) {
  std::stop_source source;
  under_way_.emplace(request.ticket, source);
  WorkerPool& pool = pools_.at(LaneOf(request.effect));
  pool.Submit([this, request = std::move(request), token = source.get_token()] {
    Outcome outcome = Guarded(request.effect, token);
    if (!outcome.ok()) LogFailure(request, outcome.status());
    Put(Report{request.ticket, std::move(outcome)});
  });
}

}  // namespace ns::act
