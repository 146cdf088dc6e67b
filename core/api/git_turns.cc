#include "api/git_turns.h"

namespace ns::api {
namespace {

constexpr Duration kPatience = std::chrono::seconds(3);

}  // namespace

GitTurns::Turn::Turn(GitTurns& turns, const ports::Call& call) : turns_(turns) {
  Lock lock(turns_.mutex_);
  got_ = turns_.changed_.wait_for(turns_.mutex_, call.cancel, kPatience,
                                  [&]() NS_REQUIRES(turns_.mutex_) { return turns_.free_ > 0; });
  if (got_) --turns_.free_;
}

GitTurns::Turn::~Turn() {
  if (!got_) return;
  Lock lock(turns_.mutex_);
  ++turns_.free_;
  turns_.changed_.notify_one();
}

}  // namespace ns::api
