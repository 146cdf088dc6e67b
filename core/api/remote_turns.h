// How many remotes one person may keep us waiting for at once.
#pragma once

#include <map>

#include "base/id.h"
#include "base/mutex.h"
#include "base/status.h"
#include "model/user.h"

namespace ns::api {

// Rationale: a remote that never answers holds a thread of the API until a deadline; one person
// must not hold them all. [any-thread]
class RemoteTurns {
 public:
  static constexpr int kPerUser = 6;  // admins are not counted

  // A turn that ends with its owner.
  class Turn {
   public:
    Turn(RemoteTurns& turns, const model::User& user);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // kExhausted: this user has too many under way.
    Status status() const { return status_; }

   private:
    RemoteTurns& turns_;
    const UserId user_;  // empty: nothing to give back
    Status status_;
  };

 private:
  Mutex mutex_;
  std::map<UserId, int> taken_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
