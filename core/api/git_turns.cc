#include "api/git_turns.h"

namespace ns::api {
namespace {

constexpr Duration kPatience = std::chrono::seconds(3);

Status Busy() {
  return {Code::kUnavailable, "GitBusy",
          "too many pushes and fetches are under way; try again in a few seconds"};
}

}  // namespace

GitTurns::Turn::Turn(GitTurns& turns, const ports::Call& call, std::string who)
    : turns_(turns), who_(std::move(who)), status_(Take(call)) {}

Status GitTurns::Turn::Take(const ports::Call& call) {
  Lock lock(turns_.mutex_);
  const auto held = turns_.held_.find(who_);
  if (held != turns_.held_.end() && held->second >= turns_.share_)
    return {Code::kUnavailable, "GitShareTaken",
            std::to_string(held->second) +
                " pushes and fetches of yours are under way, as many as one may have at once: " +
                "wait until one has ended"};
  if (turns_.free_ <= 0 && turns_.waiting_ >= turns_.most_) return Busy();
  ++turns_.held_[who_];
  ++turns_.waiting_;
  const bool got =
      turns_.changed_.wait_for(turns_.mutex_, call.cancel, kPatience,
                               [&]() NS_REQUIRES(turns_.mutex_) { return turns_.free_ > 0; });
  --turns_.waiting_;
  if (got) {
    --turns_.free_;
    return {};
  }
  turns_.Forget(who_);
  return Busy();
}

GitTurns::Turn::~Turn() {
  if (!status_.ok()) return;
  Lock lock(turns_.mutex_);
  ++turns_.free_;
  turns_.Forget(who_);
  turns_.changed_.notify_one();
}

void GitTurns::Forget(const std::string& who) {
  if (const auto held = held_.find(who); --held->second == 0) held_.erase(held);
}

}  // namespace ns::api
