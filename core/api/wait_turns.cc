#include "api/wait_turns.h"

#include <string>

namespace ns::api {

WaitTurns::Turn::Turn(WaitTurns& turns, const model::User& user)
    : turns_(turns), who_(user.id), status_(turns.Take(user)) {}

WaitTurns::Turn::~Turn() {
  if (status_.ok()) turns_.Return(who_);
}

Status WaitTurns::Take(const model::User& user) {
  const auto refuse = [](int many, const std::string& whose) {
    return Status(Code::kExhausted, "TooManyCalls",
                  std::to_string(many) + " calls" + whose +
                      " wait for remotes or hosts, as many as may at once; try again in a few "
                      "seconds");
  };
  Lock lock(mutex_);
  if (taken_ >= most_) return refuse(most_, "");
  const auto held = shares_.find(user.id);
  const int share = user.admin ? most_ * 3 / 4 : most_ / 2;
  if (held != shares_.end() && held->second >= share) return refuse(held->second, " of yours");
  ++taken_;
  ++shares_[user.id];
  return {};
}

void WaitTurns::Return(const UserId& who) {
  Lock lock(mutex_);
  --taken_;
  if (const auto held = shares_.find(who); --held->second == 0) shares_.erase(held);
}

}  // namespace ns::api
