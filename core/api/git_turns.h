// How many Git clients are served at once.
#pragma once

#include <condition_variable>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "ports/call.h"

namespace ns::api {

// [any-thread]
class GitTurns {
 public:
  explicit GitTurns(int most) : share_(most > 1 ? most / 2 : 1), free_(most) {}

  // A turn for as long as it lives; a short wait for one is nothing a client would notice.
  class Turn {
   public:
    // `who`: one caller has at most half of them, and is not made to wait for more.
    Turn(GitTurns& turns, const ports::Call& call, std::string who);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    // False: all were taken for as long as it waited.
    bool got() const { return got_; }

   private:
    GitTurns& turns_;
    const std::string who_;
    bool got_ = false;
  };

 private:
  const int share_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  int free_ NS_GUARDED_BY(mutex_);
  std::map<std::string, int> held_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
