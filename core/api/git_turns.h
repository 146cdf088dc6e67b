// How many Git clients are served at once.
#pragma once

#include <condition_variable>

#include "base/clock.h"
#include "base/mutex.h"
#include "ports/call.h"

namespace ns::api {

// [any-thread]
class GitTurns {
 public:
  explicit GitTurns(int most) : free_(most) {}

  // A turn for as long as it lives; a short wait for one is nothing a client would notice.
  class Turn {
   public:
    Turn(GitTurns& turns, const ports::Call& call);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    // False: all were taken for as long as it waited.
    bool got() const { return got_; }

   private:
    GitTurns& turns_;
    bool got_ = false;
  };

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  int free_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
