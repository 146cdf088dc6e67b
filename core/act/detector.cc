#include "act/detector.h"

#include <utility>

#include "act/detect.h"
#include "act/pause.h"
#include "act/source_folder.h"
#include "act/source_listing.h"
#include "base/log.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLookDeadline = 1min;
constexpr Duration kDeskDeadline = 5s;
constexpr Duration kPoll = 5s;
constexpr Duration kRest = 100ms;  // after each look at the desk, however many hints come
constexpr Duration kAgain = 1s;    // after a failure of the desk
constexpr int kTries = 5;

Status Unreadable(const Status& failure) {
  const Fault fault = failure.fault() == Fault::kUnknown ? Fault::kSource : failure.fault();
  return Status(failure.code(), failure.reason(),
                "the repository cannot be read: " + failure.message())
      .SetFault(fault);
}

Result<ports::Detection> Look(const BuilderParts& parts, const ports::DetectionOrder& order,
                              const ports::Call& call) {
  NS_ASSIGN(const SourceFolder folder,
            SourceFolder::Make(parts.folder + "/detect-" + order.claim.id.str()));
  const Status there = parts.git.Checkout(call, order.remote, order.commit, folder.path(), {});
  if (!there.ok()) return Unreadable(there);
  NS_ASSIGN(const ports::SourceListing source, ListSource(folder.path()));
  return Detect(call, parts.methods, source);
}

}  // namespace

ports::DetectionAnswer LookAtSource(const BuilderParts& parts, const ports::DetectionOrder& order,
                                    const std::stop_token& cancel) {
  auto found = Look(parts, order, {cancel, parts.clock.Monotonic() + kLookDeadline});
  if (found.ok()) return {Status(), *std::move(found)};
  return {found.status(), {}};
}

Detector::Detector(const BuilderParts& parts)
    : parts_(parts), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Detector::~Detector() { Stop(); }

void Detector::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Detector::Wake() {
  {
    Lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Detector::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      Lock lock(mutex_);
      changed_.wait_for(mutex_, stop, kPoll, [this]() NS_REQUIRES(mutex_) { return woken_; });
      woken_ = false;
    }
    while (!stop.stop_requested() && TakeOne(stop)) {
    }
    Pause(stop, kRest);
  }
}

bool Detector::TakeOne(const std::stop_token& stop) {
  const auto order = parts_.desk.TakeDetection({stop, parts_.clock.Monotonic() + kDeskDeadline});
  if (!order.ok()) {
    log::Debug("no question can be taken", {{"error", order.status().ToString()}});
    Pause(stop, kAgain);
    return order.status().reason() != ports::kControllerAway;
  }
  if (!order->has_value()) return false;
  const ports::DetectionAnswer answer = LookAtSource(parts_, **order, stop);
  if (!stop.stop_requested()) Answer(**order, answer, stop);
  return true;
}

void Detector::Answer(const ports::DetectionOrder& order, const ports::DetectionAnswer& answer,
                      const std::stop_token& stop) {
  Status told;
  for (int i = 0; i < kTries && !stop.stop_requested(); ++i) {
    if (i > 0) Pause(stop, kAgain);
    told = parts_.desk.AnswerDetection({stop, parts_.clock.Monotonic() + kDeskDeadline},
                                       order.claim, answer);
    if (told.code() != Code::kUnavailable) break;
  }
  log::Info("a source was looked at", {{"commit", order.commit},
                                       {"outcome", answer.failure.ToString()},
                                       {"told", told.ToString()}});
}

}  // namespace ns::act
