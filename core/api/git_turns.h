// How many Git clients are served at once.
#pragma once

#include <condition_variable>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "ports/call.h"

namespace ns::api {

// [any-thread]
class GitTurns {
 public:
  // `most` at once, of one caller at most `share`. As many again may wait.
  GitTurns(int most, int share) : most_(most), share_(share), free_(most) {}

  // A turn for as long as it lives; a short wait for one is nothing a client would notice.
  class Turn {
   public:
    // `who`: one caller is not made to wait for more than their share.
    Turn(GitTurns& turns, const ports::Call& call, std::string who);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    // "GitShareTaken": that caller has their share; "GitBusy": all were taken for as long as it
    // waited, or too many wait. Both kUnavailable.
    const Status& status() const { return status_; }

   private:
    Status Take(const ports::Call& call);

    GitTurns& turns_;
    const std::string who_;
    Status status_;
  };

 private:
  void Forget(const std::string& who) NS_REQUIRES(mutex_);

  const int most_, share_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  int free_ NS_GUARDED_BY(mutex_);
  int waiting_ NS_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int> held_ NS_GUARDED_BY(mutex_);  // and waited for
};

}  // namespace ns::api
