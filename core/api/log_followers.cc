#include "api/log_followers.h"

#include <algorithm>

namespace ns::api {

LogFollowers::Seat::Seat(LogFollowers& followers, std::string id)
    : followers_(followers), id_(std::move(id)) {
  Lock lock(followers_.mutex_);
  if (followers_.taken_ == kSeats) return;
  taken_ = true;
  ++followers_.taken_;
  Watched& watched = followers_.watched_[id_];
  ++watched.seats;
  seen_ = watched.hints;
}

LogFollowers::Seat::~Seat() {
  if (!taken_) return;
  Lock lock(followers_.mutex_);
  --followers_.taken_;
  const auto watched = followers_.watched_.find(id_);
  if (--watched->second.seats == 0) followers_.watched_.erase(watched);
}

void LogFollowers::Seat::Wait(const ports::Call& call, Duration wait) {
  constexpr Duration kLongest = std::chrono::seconds(2);
  LogFollowers& followers = followers_;
  Lock lock(followers.mutex_);
  const Watched& watched = followers.watched_[id_];
  followers.changed_.wait_for(followers.mutex_, call.cancel, std::min(wait, kLongest),
                              [&] { return watched.hints != seen_; });
  seen_ = watched.hints;
}

void LogFollowers::Tell(std::function<void(const std::string&)> woken) {
  woken_.With([&](auto& before) { before.swap(woken); });
}

void LogFollowers::Wake(const std::string& id) {
  woken_.With([&](const auto& woken) {
    if (woken) woken(id);
  });
}

void LogFollowers::OnHint(const ports::Hint& hint) {
  const bool waited_for = hint.kind == ports::Hint::Kind::kBuild ||
                          hint.kind == ports::Hint::Kind::kBuildLog ||
                          hint.kind == ports::Hint::Kind::kDetection;
  if (!waited_for) return;
  Wake(hint.id);
  {
    Lock lock(mutex_);
    const auto watched = watched_.find(hint.id);
    if (watched == watched_.end()) return;
    ++watched->second.hints;
  }
  changed_.notify_all();
}

}  // namespace ns::api
