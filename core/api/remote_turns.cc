#include "api/remote_turns.h"

namespace ns::api {

RemoteTurns::Turn::Turn(RemoteTurns& turns, const model::User& user)
    : turns_(turns), user_(user.admin ? UserId() : user.id) {
  if (user_.empty()) return;
  Lock lock(turns_.mutex_);
  if (++turns_.taken_[user_] > kPerUser) {
    status_ = Status(Code::kExhausted, "TooManyCalls",
                     "you have " + std::to_string(kPerUser) +
                         " calls under way that wait for Git; try again when they have ended");
  }
}

RemoteTurns::Turn::~Turn() {
  if (user_.empty()) return;
  Lock lock(turns_.mutex_);
  const auto taken = turns_.taken_.find(user_);
  if (--taken->second == 0) turns_.taken_.erase(taken);
}

}  // namespace ns::api
