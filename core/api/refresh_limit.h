// How often people may have a repository read at once.
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"
#include "base/id.h"
#include "base/mutex.h"

namespace ns::api {

// A bucket of 10 per repository, one more every second. [any-thread]
class RefreshLimit {
 public:
  // nullopt: go on. Else how long to wait. `now` is monotonic.
  std::optional<Duration> Take(const RepositoryId& id, Duration now) NS_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  // When the bucket is full again; those in the past are forgotten.
  std::map<RepositoryId, Duration> full_at_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
