#include "reconcile/engine.h"

#include <algorithm>

namespace ns::reconcile {

using namespace std::chrono_literals;

const char* LoopName(LoopId loop) {
  switch (loop) {
    case LoopId::kFetcher:
      return "repository-fetcher";
    case LoopId::kRegisterer:
      return "build-registerer";
    case LoopId::kReleaser:
      return "release-selector";
    case LoopId::kStarter:
      return "build-starter";
    case LoopId::kCrashDetector:
      return "build-crash-detector";
    case LoopId::kSynchronizer:
      return "deployments-synchronizer";
    case LoopId::kClaims:
      return "build-claims";
    case LoopId::kLeaseGuard:
      return "build-lease-guard";
    case LoopId::kAttempt:
      return "build-attempt";
  }
  return "unknown";
}

Duration BackOff(int failures) {
  const Duration wait = Duration(1s) * (int64_t{1} << std::min(failures - 1, 9));
  return std::min<Duration>(wait, 5min);
}

void Engine::Add(std::unique_ptr<Loop> loop, LoopOptions options) {
  Lane& lane = lanes_[loop->id()];
  lane.loop = std::move(loop);
  lane.options = options;
  if (options.period == Duration::zero()) lane.next_list = Duration::max();
}

size_t Engine::waiting() const {
  size_t count = 0;
  for (const auto& [id, lane] : lanes_) count += lane.queue.size();
  return count;
}

bool Engine::Idle(LoopId loop) const {
  const auto lane = lanes_.find(loop);
  return lane == lanes_.end() || (lane->second.running == 0 && lane->second.queue.empty());
}

Duration Engine::Jitter(Duration span) {
  return Duration(static_cast<int64_t>(
      random_.Below(static_cast<uint64_t>(std::max<int64_t>(span.count(), 1)))));
}

void Engine::Schedule(Lane& lane, const Key& key, Duration due) {
  KeyState& state = lane.keys[key];
  if (state.pass) {
    state.dirty = true;  // one pass a key: looked at again when this one ends
    return;
  }
  if (state.due <= due) return;
  lane.queue.erase({state.due, key});
  state.due = due;
  lane.queue.insert({due, key});
}

void Engine::Wake_(const Wake& wake, Duration now, Commands& out) {
  const auto found = lanes_.find(wake.loop);
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  KeyState& state = lane.keys[wake.key];
  const bool change = wake.urgency != Urgency::kHint;
  if (state.pass) {
    state.dirty = true;
    state.changed |= change;
    if (wake.urgency == Urgency::kInterrupt) out.push_back(Cancel{state.ticket});
  } else if (change || state.failures == 0) {
    Schedule(lane, wake.key, now);
  }
}

Commands Engine::Hint(const Wake& wake, Duration now) {
  Commands out;
  Wake_(wake, now, out);
  const auto found = lanes_.find(wake.loop);
  if (found != lanes_.end()) Start(found->second, now, out);
  return out;
}

Commands Engine::Tick(Duration now) {
  Commands out;
  for (auto& [id, lane] : lanes_) {
    if (now >= lane.next_list && !lane.listing) {
      lane.next_list = now + lane.options.period;
      if (lane.options.keyed) {
        StartList(lane, out);
      } else {
        Schedule(lane, kQueueKey, now);
      }
    }
    Start(lane, now, out);
  }
  return out;
}

Duration Engine::NextDue() const {
  Duration due = Duration::max();
  for (const auto& [id, lane] : lanes_) {
    if (!lane.listing) due = std::min(due, lane.next_list);
    const bool room = lane.running < lane.options.in_flight;
    if (room && !lane.queue.empty()) due = std::min(due, lane.queue.begin()->first);
  }
  return due;
}

void Engine::StartList(Lane& lane, Commands& out) {
  const LoopId id = lane.loop->id();
  lane.listing = true;
  flights_[next_ticket_] = {id, "", true};
  out.push_back(Request{next_ticket_++, id, "", ListKeys{id}});
}

void Engine::Listed(Lane& lane, Outcome outcome, Duration now, Commands& out) {
  lane.listing = false;
  if (!outcome.ok()) {
    lane.next_list = std::min(lane.next_list, now + Duration(2s) + Jitter(1s));
    return;
  }
  const Keys& keys = std::get<Keys>(*outcome);
  // Spread, so that a relist of many keys is no burst; few keys are looked at at once.
  const Duration span = std::min<Duration>(lane.options.period / 10,
                                           Duration(2ms) * static_cast<int64_t>(keys.size()));
  for (const Key& key : keys) {
    if (lane.keys[key].failures == 0) Schedule(lane, key, now + Jitter(span));
  }
  Start(lane, now, out);
}

void Engine::Start(Lane& lane, Duration now, Commands& out) {
  while (lane.running < lane.options.in_flight && !lane.queue.empty() &&
         lane.queue.begin()->first <= now) {
    const Key key = lane.queue.begin()->second;
    lane.queue.erase(lane.queue.begin());
    KeyState& state = lane.keys[key];
    state.due = Duration::max();
    state.dirty = state.changed = false;
    state.pass = lane.loop->NewPass(key);
    state.pass->SetNow(now);
    ++lane.running;
    Follow(lane, key, state.pass->Begin(), now, out);
  }
}

void Engine::Follow(Lane& lane, const Key& key, Step step, Duration now, Commands& out) {
  if (auto* finished = std::get_if<Finished>(&step)) {
    Finish(lane, key, std::move(*finished), now, out);
    return;
  }
  const Ticket ticket = next_ticket_++;
  lane.keys[key].ticket = ticket;
  flights_[ticket] = {lane.loop->id(), key, false};
  out.push_back(Request{ticket, lane.loop->id(), key, std::get<Effect>(std::move(step))});
}

void Engine::Finish(Lane& lane, const Key& key, Finished finished, Duration now, Commands& out) {
  KeyState& state = lane.keys[key];
  state.pass.reset();
  --lane.running;
  if (finished.status.ok()) {
    state.failures = 0;
    if (finished.again) Schedule(lane, key, now + *finished.again);
  } else if (finished.status.code() == Code::kNotFound) {
    state.failures = 0;  // the thing is gone: forget it, unless someone has asked since
  } else {
    ++state.failures;
    const Duration wait = finished.status.retry_after().value_or(BackOff(state.failures));
    Schedule(lane, key, now + wait + Jitter(wait / 5));
  }
  if (state.changed || (state.dirty && state.failures == 0)) Schedule(lane, key, now);
  if (state.due == Duration::max()) lane.keys.erase(key);
  for (const Wake& wake : finished.wakes) {
    Wake_(wake, now, out);
    if (const auto woken = lanes_.find(wake.loop); woken != lanes_.end() && &woken->second != &lane)
      Start(woken->second, now, out);
  }
}

Commands Engine::Done(Ticket ticket, Outcome outcome, Duration now) {
  Commands out;
  const auto found = flights_.find(ticket);
  if (found == flights_.end()) return out;
  const Flight flight = found->second;
  flights_.erase(found);
  Lane& lane = lanes_.at(flight.loop);
  if (flight.list) {
    Listed(lane, std::move(outcome), now, out);
    return out;
  }
  Pass& pass = *lane.keys.at(flight.key).pass;
  pass.SetNow(now);
  Follow(lane, flight.key, pass.Next(std::move(outcome)), now, out);
  Start(lane, now, out);
  return out;
}

}  // namespace ns::reconcile
