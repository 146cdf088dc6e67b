#include "api/remote_failures.h"

namespace ns::api {

void RemoteFailures::Note(const RepositoryId& id, Duration now) {
  Lock lock(mutex_);
  std::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
  until_[id] = now + kRemembered;
}

bool RemoteFailures::Recent(const RepositoryId& id, Duration now) {
  Lock lock(mutex_);
  const auto found = until_.find(id);
  return found != until_.end() && found->second > now;
}

}  // namespace ns::api
