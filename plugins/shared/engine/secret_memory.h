// What an engine keeps of an application's secrets: enough to tell that they are others.
#pragma once

#include "ns/sdk/engine.h"
#include "ns/sdk/host.h"

namespace ns::engine {

// Builders leave the content of secrets out of the keys of their cache, so a step would be answered
// with the result of an old one. [any-thread]
class SecretMemory {
 public:
  explicit SecretMemory(sdk::Host host) : host_(host) {}

  // Whether a build of them must go without cache. Where nothing can be remembered, every build
  // with secrets is one with others.
  bool Changed(const sdk::Call& call, const sdk::EngineJob& job) const;
  // After a build of them that succeeded.
  void Remember(const sdk::Call& call, const sdk::EngineJob& job) const;

 private:
  const sdk::Host host_;
};

}  // namespace ns::engine
