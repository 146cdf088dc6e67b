// How many threads of the API may wait for somebody else at once.
#pragma once

#include <map>

#include "base/id.h"
#include "base/mutex.h"
#include "base/status.h"
#include "model/user.h"

namespace ns::api {

// Rationale: a remote that never answers, or a host that hangs, holds a thread of the API until a
// deadline; together they must not hold them all, nor one person those of the others. Who gets no
// turn is told so at once: to wait for one would hold a thread too. [any-thread]
class WaitTurns {
 public:
  static constexpr int kForRemotes = 12;  // Git, and builders that look at a source
  static constexpr int kForOutputs = 16;  // hosts of backends
  static constexpr int kForStorage = 8;   // what artifacts are kept in

  // `most` at once. One person has at most half of them, an admin three quarters.
  explicit WaitTurns(int most) : most_(most) {}

  // A turn that ends with its owner.
  class Turn {
   public:
    Turn(WaitTurns& turns, const model::User& user);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // kExhausted, "TooManyCalls": the share is taken, or there is no turn left.
    const Status& status() const { return status_; }

   private:
    WaitTurns& turns_;
    const UserId who_;
    const Status status_;
  };

 private:
  Status Take(const model::User& user) NS_EXCLUDES(mutex_);
  void Return(const UserId& who) NS_EXCLUDES(mutex_);

  const int most_;
  Mutex mutex_;
  int taken_ NS_GUARDED_BY(mutex_) = 0;
  std::map<UserId, int> shares_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
