// Whose cached layers a build may be answered with.
#pragma once

#include <mutex>
#include <string>

#include "ns/sdk/engine.h"
#include "ns/sdk/host.h"

namespace ns::engine {

// Builders leave the content of secrets, and whose build it is, out of the keys of their cache: a
// step would be answered with what another application, or another secret, has made. What this
// gives takes the place of both in those keys. [any-thread]
class CacheKeys {
 public:
  explicit CacheKeys(sdk::Host host) : host_(host) {}

  // 16 hexadecimal digits: the same for the same application with the same secrets, and by itself
  // says nothing of them. Where nothing can be remembered, one that no other build has.
  std::string Of(const sdk::Call& call, const sdk::EngineJob& job);

 private:
  std::string InstanceKey(const sdk::Call& call);

  const sdk::Host host_;
  std::mutex mutex_;
};

}  // namespace ns::engine
