// Which remotes have just failed.
#pragma once

#include <map>

#include "base/clock.h"
#include "base/id.h"
#include "base/mutex.h"

namespace ns::api {

// Rationale: who asks about many repositories at once, again and again, would else wait each time
// for the one that does not answer. [any-thread]
class RemoteFailures {
 public:
  static constexpr Duration kRemembered = std::chrono::seconds(15);

  // `now` is monotonic.
  void Note(const RepositoryId& id, Duration now) NS_EXCLUDES(mutex_);
  bool Recent(const RepositoryId& id, Duration now) NS_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  // Until when each is remembered; those in the past are forgotten.
  std::map<RepositoryId, Duration> until_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
