#include "reconcile/engine.h"
#include "model/quarantine.h"

#include <algorithm>
#include <exception>
#include <utility>

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
    case LoopId::kObserver:
      return "observer";
    case LoopId::kCleaner:
      return "cleaner";
    case LoopId::kSites:
      return "ssgen";
  }
  return "unknown";
}

namespace {

// Keys that one effect says something of.
constexpr size_t kPage = 5000;

// A pass that throws is a defect at its key, and nobody else's trouble.
template <class Take>
Step Guarded(Take&& take) {
  try {
    return take();
  } catch (const std::exception& defect) {
    return Failed(Internal(std::string("a defect: ") + defect.what()));
  }
}

}  // namespace

Duration BackOff(int failures) {
  const Duration wait = Duration(1s) * (int64_t{1} << std::min(failures - 1, 9));
  return std::min<Duration>(wait, 5min);
}

// Whoever asks for a look again and again during an outage does not make the wait after it longer.
int Engine::FailuresIfItFails(const KeyState& state) {
  return state.early ? state.failures : state.failures + 1;
}

Duration Engine::WaitAfter(const Lane& lane, int failures) {
  return std::min(BackOff(failures), lane.options.longest_wait);
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

std::map<LoopId, LoopFigures> Engine::figures() const {
  std::map<LoopId, LoopFigures> all;
  for (const auto& [id, lane] : lanes_) all[id] = lane.figures;
  return all;
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
  if (state.gated) return;  // as soon as there is room
  if (key == kQueueKey) due = std::max(due, lane.rests_until);
  if (state.due <= due) return;
  lane.queue.erase({state.due, key});
  state.due = due;
  lane.queue.insert({due, key});
}

void Engine::Wake_(const Wake& wake, Duration now, Commands& out) {
  const auto found = lanes_.find(wake.loop);
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  if (wake.key == kEveryKey) {
    lane.next_list = std::min(lane.next_list, now);
    return;
  }
  if (wake.urgency == Urgency::kLater) {
    lane.settled.erase(wake.key);
    return;
  }
  KeyState& state = lane.keys[wake.key];
  state.unchanged = false;
  const bool change = wake.urgency != Urgency::kHint;
  if (change) lane.settled.erase(wake.key);
  if (state.pass) {
    state.dirty = true;
    state.changed |= change;
  } else if (change || state.failures == 0) {
    state.early = state.failures > 0;
    Schedule(lane, wake.key, now);
  }
  if (wake.urgency == Urgency::kInterrupt) Interrupt(lane, wake.key, out);
}

// Whatever is under way at that key, also of a loop that keeps this one waiting.
void Engine::Interrupt(Lane& lane, const Key& key, Commands& out) {
  Lane* const busy = lane.keys[key].pass ? &lane : Blocker(lane, key);
  if (busy != nullptr) out.push_back(Cancel{busy->keys[key].ticket});
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
  flights_[next_ticket_] = {id, "", Purpose::kList};
  out.push_back(Request{next_ticket_++, id, "", ListKeys{id}});
}

void Engine::Listed(Lane& lane, Outcome outcome, Duration now, Commands& out) {
  lane.listing = false;
  if (!outcome.ok()) {
    lane.next_list = std::min(lane.next_list, now + Duration(2s) + Jitter(1s));
    return;
  }
  const Keys& keys = std::get<Keys>(*outcome);
  lane.figures.looked = now;
  Forget(lane, keys);
  // Spread, so that a relist of many keys is no burst; few keys are looked at at once.
  const Duration span = std::min<Duration>(lane.options.period / 10,
                                           Duration(2ms) * static_cast<int64_t>(keys.size()));
  for (const model::Versioned& one : keys) {
    const bool settled = IsSettled(lane, one);
    if (settled && !lane.loop->always_looks()) {
      lane.untold.push_back(one);
      continue;
    }
    const auto state = lane.keys.find(one.key);
    if (state != lane.keys.end() && state->second.failures > 0) continue;
    if (settled && state == lane.keys.end()) lane.keys[one.key].unchanged = true;
    Schedule(lane, one.key, now + Jitter(span));
  }
  Start(lane, now, out);
  Tell(lane, !Busy(lane, now), out);
}

bool Engine::IsSettled(const Lane& lane, const model::Versioned& one) {
  const auto settled = lane.settled.find(one.key);
  return settled != lane.settled.end() && one.version != 0 && settled->second == one.version;
}

// A pass is under way, or the next is as near as those of one relist are.
bool Engine::Busy(const Lane& lane, Duration now) {
  return lane.running > 0 || (!lane.queue.empty() && lane.queue.begin()->first <= now + 1s);
}

void Engine::Tell(Lane& lane, bool rest, Commands& out) {
  std::vector<model::Versioned>& untold = lane.untold;
  while (untold.size() >= kPage || (rest && !untold.empty())) {
    const auto end = untold.begin() + static_cast<int64_t>(std::min(untold.size(), kPage));
    std::optional<Effect> effect =
        lane.loop->Told({std::move_iterator(untold.begin()), std::move_iterator(end)},
                        {lane.options.period, lane.options.longest_wait});
    untold.erase(untold.begin(), end);
    if (!effect) continue;
    const LoopId id = lane.loop->id();
    flights_[next_ticket_] = {id, "", Purpose::kTold};
    out.push_back(Request{next_ticket_++, id, "", *std::move(effect)});
  }
}

// Where it could not be said at all the next relist says it.
void Engine::Told(Lane& lane, const Outcome& outcome, Duration now) {
  const auto* missing = outcome.ok() ? std::get_if<Keys>(&*outcome) : nullptr;
  if (missing == nullptr) return;
  for (const model::Versioned& one : *missing) {
    lane.settled.erase(one.key);
    lane.loop->Forget(one.key);
    const auto state = lane.keys.find(one.key);
    if (state == lane.keys.end() || state->second.failures == 0) Schedule(lane, one.key, now);
  }
}

// What is not listed any more is gone, or held by another host.
void Engine::Forget(Lane& lane, const Keys& listed) {
  std::map<Key, int64_t> settled;
  for (const model::Versioned& one : listed) {
    const auto found = lane.settled.find(one.key);
    if (found != lane.settled.end()) settled.insert(lane.settled.extract(found));
  }
  for (const auto& [key, version] : lane.settled) {  // those that are left
    lane.loop->Forget(key);
    lane.group_of.erase(key);
  }
  lane.settled = std::move(settled);
}

void Engine::Start(Lane& lane, Duration now, Commands& out) {
  while (lane.running < lane.options.in_flight && !lane.queue.empty() &&
         lane.queue.begin()->first <= now) {
    const Key key = lane.queue.begin()->second;
    lane.queue.erase(lane.queue.begin());
    lane.keys[key].due = Duration::max();
    const auto group = lane.group_of.find(key);
    if (Blocker(lane, key) != nullptr)
      lane.keys[key].blocked = true;
    else if (group != lane.group_of.end() && Room(lane, group->second) == 0)
      Gate(lane, key, group->second);
    else
      Begin(lane, key, now, out);
  }
}

void Engine::Begin(Lane& lane, const Key& key, Duration now, Commands& out) {
  KeyState& state = lane.keys[key];
  state.dirty = state.changed = state.blocked = false;
  state.began = now;
  const bool unchanged = std::exchange(state.unchanged, false);
  // A pass may write what it does not settle at.
  lane.settled.erase(key);
  ++lane.running;
  Step first = Guarded([&] {
    state.pass = lane.loop->NewPass(
        key, {lane.options.period, WaitAfter(lane, FailuresIfItFails(state)), unchanged});
    state.pass->SetNow(now);
    return state.pass->Begin();
  });
  Follow(lane, key, std::move(first), now, out);
}

bool Engine::Enter(Lane& lane, const Key& key, const Effect& effect) {
  KeyState& state = lane.keys[key];
  const std::string group = lane.loop->GroupOf(effect);
  if (group.empty() || state.group == group) return true;
  lane.group_of[key] = group;
  if (Room(lane, group) > 0) {
    ++lane.in_group[group];
    state.group = group;
    return true;
  }
  state.pass.reset();
  --lane.running;
  Gate(lane, key, group);
  return false;
}

int Engine::Room(const Lane& lane, const std::string& group) {
  const auto found = lane.in_group.find(group);
  return lane.options.per_group - (found == lane.in_group.end() ? 0 : found->second);
}

void Engine::Gate(Lane& lane, const Key& key, const std::string& group) {
  KeyState& state = lane.keys[key];
  state.gated = true;
  state.called_for.clear();
  lane.gated[group].push_back(key);
}

// The pass has ended: the next of its group may begin, also where it was called for that group and
// then had no use for it.
void Engine::Leave(Lane& lane, const Key& key, Duration now) {
  KeyState& state = lane.keys[key];
  const std::string group = std::exchange(state.group, ""),
                    called_for = std::exchange(state.called_for, "");
  if (!called_for.empty() && called_for != group) Call(lane, called_for, now);
  if (group.empty()) return;
  if (--lane.in_group[group] == 0) lane.in_group.erase(group);
  Call(lane, group, now);
}

// As many as there is room for. One of them may still find it taken, and waits again.
void Engine::Call(Lane& lane, const std::string& group, Duration now) {
  const auto waiting = lane.gated.find(group);
  if (waiting == lane.gated.end()) return;
  for (int room = Room(lane, group); room > 0 && !waiting->second.empty(); --room) {
    const Key next = waiting->second.front();
    waiting->second.pop_front();
    KeyState& state = lane.keys[next];
    state.gated = false;
    state.called_for = group;
    Schedule(lane, next, now);
  }
  if (waiting->second.empty()) lane.gated.erase(waiting);
}

Engine::Lane* Engine::Blocker(const Lane& lane, const Key& key) {
  for (const LoopId id : lane.options.apart_from) {
    const auto other = lanes_.find(id);
    if (other == lanes_.end()) continue;
    const auto state = other->second.keys.find(key);
    if (state != other->second.keys.end() && state->second.pass) return &other->second;
  }
  return nullptr;
}

// A pass at that key has ended: those that waited for it may begin.
void Engine::Unblock(const Lane& lane, const Key& key, Duration now, Commands& out) {
  for (const LoopId id : lane.options.apart_from) {
    const auto other = lanes_.find(id);
    if (other == lanes_.end()) continue;
    const auto state = other->second.keys.find(key);
    if (state == other->second.keys.end() || !state->second.blocked) continue;
    state->second.blocked = false;
    Schedule(other->second, key, now);
    Start(other->second, now, out);
  }
}

void Engine::Follow(Lane& lane, const Key& key, Step step, Duration now, Commands& out) {
  if (auto* finished = std::get_if<Finished>(&step)) {
    Finish(lane, key, std::move(*finished), now, out);
    return;
  }
  if (!Enter(lane, key, std::get<Effect>(step))) return;
  const Ticket ticket = next_ticket_++;
  lane.keys[key].ticket = ticket;
  flights_[ticket] = {lane.loop->id(), key, Purpose::kPass};
  out.push_back(Request{ticket, lane.loop->id(), key, std::get<Effect>(std::move(step))});
}

void Engine::Finish(Lane& lane, const Key& key, Finished finished, Duration now, Commands& out) {
  KeyState& state = lane.keys[key];
  state.pass.reset();
  --lane.running;
  if (key == kQueueKey) lane.rests_until = now + lane.options.rest;
  Leave(lane, key, now);
  const Status& status = finished.status;
  LoopFigures& figures = lane.figures;
  ++figures.passes;
  figures.busy += now - state.began;
  figures.looked = now;
  if (status.ok()) {
    state.failures = 0;
    state.early = false;
    if (finished.settled && !state.dirty) lane.settled[key] = *finished.settled;
    if (finished.unchanged) lane.untold.push_back({key});
    if (finished.again) Schedule(lane, key, now + *finished.again);
  } else if (status.code() == Code::kNotFound || status.reason() == model::kHeldElsewhere) {
    state.failures = 0;  // gone, or not ours: forget it, unless someone has asked since
    state.early = false;
    lane.loop->Forget(key);
    lane.group_of.erase(key);
  } else {
    ++figures.failures;
    state.failures = FailuresIfItFails(state);
    state.early = state.changed;
    if (status.code() == Code::kInternal) Quarantine(lane, key, status, state.failures, out);
    const Duration wait = status.retry_after().value_or(WaitAfter(lane, state.failures));
    Schedule(lane, key, now + wait + Jitter(wait / 5));
  }
  if (state.changed || (state.dirty && state.failures == 0)) Schedule(lane, key, now);
  if (state.due == Duration::max()) lane.keys.erase(key);
  Unblock(lane, key, now, out);
  Tell(lane, !Busy(lane, now), out);
  for (const Wake& wake : finished.wakes) {
    Wake_(wake, now, out);
    if (const auto woken = lanes_.find(wake.loop); woken != lanes_.end() && &woken->second != &lane)
      Start(woken->second, now, out);
  }
}

// The condition that says so until the time of the next look has passed (plan::Quarantined).
void Engine::Quarantine(const Lane& lane, const Key& key, const Status& why, int failures,
                        Commands& out) {
  if (lane.loop->condition() == nullptr) return;
  model::Condition condition;
  condition.type = lane.loop->condition();
  condition.reason = why.reason() == model::kSealBroken ? model::kSealBroken : model::kQuarantined;
  condition.message = std::string("the ") + LoopName(lane.loop->id()) +
                      " cannot work on this; the others do not notice: " + why.message();
  condition.next_in = BackOff(failures);
  const Ticket ticket = next_ticket_++;
  flights_[ticket] = {lane.loop->id(), key, Purpose::kAside};
  out.push_back(Request{ticket, lane.loop->id(), key,
                        SaveConditions{lane.loop->subject(), key, {std::move(condition)}}});
}

Commands Engine::Done(Ticket ticket, Outcome outcome, Duration now) {
  Commands out;
  const auto found = flights_.find(ticket);
  if (found == flights_.end()) return out;
  const Flight flight = found->second;
  flights_.erase(found);
  Lane& lane = lanes_.at(flight.loop);
  if (flight.purpose == Purpose::kAside) return out;  // the next failure tells it again
  if (flight.purpose == Purpose::kList) {
    Listed(lane, std::move(outcome), now, out);
    return out;
  }
  if (flight.purpose == Purpose::kTold) {
    Told(lane, outcome, now);
    Start(lane, now, out);
    return out;
  }
  Pass& pass = *lane.keys.at(flight.key).pass;
  pass.SetNow(now);
  Follow(lane, flight.key, Guarded([&] { return pass.Next(std::move(outcome)); }), now, out);
  Start(lane, now, out);
  return out;
}

}  // namespace ns::reconcile
