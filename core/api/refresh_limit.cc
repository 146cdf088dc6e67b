#include "api/refresh_limit.h"

#include <algorithm>

namespace ns::api {

std::optional<Duration> RefreshLimit::Take(const RepositoryId& id, Duration now) {
  constexpr Duration kEach = std::chrono::seconds(1);
  constexpr Duration kBucket = 10 * kEach;
  Lock lock(mutex_);
  std::erase_if(full_at_, [&](const auto& entry) { return entry.second <= now; });
  const auto found = full_at_.find(id);
  const Duration full = (found == full_at_.end() ? now : found->second) + kEach;
  if (full > now + kBucket) return full - now - kBucket;
  full_at_[id] = full;
  return std::nullopt;
}

}  // namespace ns::api
