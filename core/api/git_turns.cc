#include "api/git_turns.h"

namespace ns::api {
namespace {

constexpr Duration kPatience = std::chrono::seconds(3);

}  // namespace

GitTurns::Turn::Turn(GitTurns& turns, const ports::Call& call, std::string who)
    : turns_(turns), who_(std::move(who)) {
  Lock lock(turns_.mutex_);
  const auto held = turns_.held_.find(who_);
  if (held != turns_.held_.end() && held->second >= turns_.share_) return;
  got_ = turns_.changed_.wait_for(turns_.mutex_, call.cancel, kPatience,
                                  [&]() NS_REQUIRES(turns_.mutex_) { return turns_.free_ > 0; });
  if (!got_) return;
  --turns_.free_;
  ++turns_.held_[who_];
}

GitTurns::Turn::~Turn() {
  if (!got_) return;
  Lock lock(turns_.mutex_);
  ++turns_.free_;
  if (const auto held = turns_.held_.find(who_); --held->second == 0) turns_.held_.erase(held);
  turns_.changed_.notify_one();
}

}  // namespace ns::api
