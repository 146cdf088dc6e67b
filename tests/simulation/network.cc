#include "network.h"

namespace ns::sim {

using namespace std::chrono_literals;

namespace {

int Draw(Chance& chance, int least, int most) {
  return least + static_cast<int>(chance.Below(most - least));
}

Duration Least(Peer peer) {
  switch (peer) {
    case Peer::kStore:
      return 200us;
    case Peer::kGit:
      return 5ms;
    case Peer::kRegistry:
    case Peer::kDocker:
      return 1ms;
    case Peer::kPlugin:
    case Peer::kEngine:
      return 0us;
  }
  return 0us;
}

// "AppStore.SetEnv" of "AppStore.SetEnv.before".
std::string_view MethodOf(std::string_view point) { return point.substr(0, point.rfind('.')); }

}  // namespace

Network::Network(Scheduler& scheduler, Trace& trace, uint64_t seed, FaultSet faults)
    : scheduler_(scheduler),
      trace_(trace),
      faults_(faults),
      chance_(seed, Stream::kNetwork),
      fails_(Draw(chance_, 2, 60)),
      lost_(Draw(chance_, 2, 60)),
      slow_(Draw(chance_, 2, 80)),
      crash_(Draw(chance_, 1, 6)),
      hint_lost_(chance_.Percent(30) ? 1000 : Draw(chance_, 50, 900)) {}

void Network::Calm() {
  calm_ = true;
  cut_.clear();
  database_down_ = Duration::zero();
}

bool Network::IsCut(const std::string& host, Peer peer, Cut way) const {
  const auto found = cut_.find({host, peer});
  if (found == cut_.end() || scheduler_.now() >= found->second.second) return false;
  return found->second.first == Cut::kBoth || found->second.first == way;
}

Duration Network::Delay(Peer peer) {
  const Duration least = Least(peer);
  if (Strikes(FaultClass::kSlow, slow_)) return chance_.Between(100ms, 3s);
  return least == Duration::zero() ? least : chance_.Between(least, least * 4);
}

std::vector<Duration> Network::Hint() {
  if (Strikes(FaultClass::kHintsLost, hint_lost_)) return {};
  std::vector<Duration> arrivals = {chance_.Between(1ms, 20ms)};
  if (Strikes(FaultClass::kHintsOdd, 300)) arrivals.front() += chance_.Between(0s, 5s);
  if (Strikes(FaultClass::kHintsOdd, 200)) arrivals.push_back(chance_.Between(1ms, 8s));
  return arrivals;
}

bool Link::Reachable(Cut way) const {
  if (network_.IsCut(process_->name, peer_, way)) return false;
  return peer_ != Peer::kStore || !network_.IsDatabaseDown();
}

Status Link::OutOfReach(const char* why) {
  network_.trace_.Add(network_.scheduler_.now(),
                      {process_->name, kPeerNames[static_cast<size_t>(peer_)], why});
  return Unavailable(why);
}

void Link::MayCrash(const ports::FaultPoint& point) {
  if (!process_->mortal || !network_.Strikes(FaultClass::kCrashAtPoint, network_.crash_)) return;
  network_.trace_.Add(network_.scheduler_.now(), {process_->name, "dies at", point.name});
  network_.scheduler_.Kill(process_);
}

void Link::MayDieIn(std::string_view what) {
  Scheduler& scheduler = network_.scheduler_;
  if (scheduler.WindingDown() || !network_.Strikes(FaultClass::kPlugin, network_.crash_)) return;
  network_.trace_.Add(scheduler.now(), {process_->name, "dies by its plugin in", what});
  scheduler.Kill(process_);
}

Status Link::Before(const ports::FaultPoint& point) {
  Scheduler& scheduler = network_.scheduler_;
  if (scheduler.WindingDown()) return Unavailable("the process has died");
  if (network_.asks) network_.asks(process_->name, MethodOf(point.name));
  // A pause that begins in the middle of a call, before the request has left.
  if (process_->paused_until > scheduler.now()) scheduler.Sleep(Duration::zero());
  MayCrash(point);
  if (network_.Strikes(FaultClass::kFails, network_.fails_)) {
    scheduler.Sleep(network_.Delay(peer_));
    return OutOfReach("fails");
  }
  scheduler.Travel(network_.Delay(peer_));
  if (Reachable(Cut::kRequests)) {
    network_.trace_.Add(scheduler.now(), {process_->name, MethodOf(point.name)});
    return Status();
  }
  scheduler.Sleep(network_.chance_.Between(50ms, 3s));
  return OutOfReach("is out of reach");
}

void Link::After(const ports::FaultPoint& point) {
  if (network_.took_effect) network_.took_effect(process_->name, MethodOf(point.name));
}

Status Link::Lost(const ports::FaultPoint& point) {
  Scheduler& scheduler = network_.scheduler_;
  MayCrash(point);
  if (network_.Strikes(FaultClass::kAnswerLost, network_.lost_)) {
    scheduler.Sleep(network_.chance_.Between(1ms, 3s));
    return OutOfReach("answer lost");
  }
  scheduler.Sleep(network_.Delay(peer_));
  if (Reachable(Cut::kAnswers)) return Status();
  scheduler.Sleep(network_.chance_.Between(50ms, 3s));
  return OutOfReach("answer cut off");
}

}  // namespace ns::sim
