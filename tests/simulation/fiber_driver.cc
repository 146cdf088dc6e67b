#include "fiber_driver.h"

#include <algorithm>

#include "act/perform.h"

namespace ns::sim {

void FiberDriver::Wake(const reconcile::Wake& wake) {
  Obey(engine_.Hint(wake, clock_.Monotonic()));
  Tick();
}

void FiberDriver::Tick() {
  Obey(engine_.Tick(clock_.Monotonic()));
  Arm();
}

// One timer for whatever is due first.
void FiberDriver::Arm() {
  const Duration due = engine_.NextDue();
  if (due == Duration::max() || due >= armed_) return;
  armed_ = due;
  const Duration wait = std::max<Duration>(due - clock_.Monotonic(), std::chrono::microseconds(50));
  scheduler_.AfterIn(process_, wait, [this, due, kept = owner_.lock()] {
    if (armed_ != due) return;
    armed_ = Duration::max();
    Tick();
  });
}

void FiberDriver::Obey(reconcile::Commands commands) {
  for (reconcile::Command& command : commands) {
    if (auto* cancel = std::get_if<reconcile::Cancel>(&command)) {
      const auto found = under_way_.find(cancel->ticket);
      if (found != under_way_.end()) found->second.request_stop();
      continue;
    }
    auto& request = std::get<reconcile::Request>(command);
    under_way_.emplace(request.ticket, std::stop_source());
    const act::Lane id = act::LaneOf(request.effect);
    lanes_[id].waiting.push_back(std::move(request));
    Feed(id);
  }
}

void FiberDriver::Feed(act::Lane id) {
  Lane& lane = lanes_[id];
  const auto limit = limits_.find(id);
  const size_t most = limit == limits_.end() ? 1 : limit->second;
  while (lane.running < most && !lane.waiting.empty()) {
    ++lane.running;
    reconcile::Request request = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    if (begins) begins(request);
    Carry(id, std::move(request));
  }
}

void FiberDriver::Carry(act::Lane id, reconcile::Request request) {
  const std::stop_token cancel = under_way_.at(request.ticket).get_token();
  scheduler_.Spawn(process_,
                   [this, id, cancel, request = std::move(request), kept = owner_.lock()] {
                     reconcile::Outcome outcome = carry_(request.effect, cancel);
                     scheduler_.Sleep(std::chrono::microseconds(20));  // the way back to the engine
                     --lanes_[id].running;
                     under_way_.erase(request.ticket);
                     if (ends) ends(request, outcome);
                     Obey(engine_.Done(request.ticket, std::move(outcome), clock_.Monotonic()));
                     Feed(id);
                     Tick();
                   });
}

}  // namespace ns::sim
