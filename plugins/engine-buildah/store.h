// What is done to the stores of a slot between runs.
#pragma once

#include <string>

#include "ns/sdk/call.h"
#include "slot.h"

namespace ns::engine_buildah {

// Not for use by two threads.
class Store {
 public:
  Store(const Slot& slot, std::string buildah) : slot_(slot), buildah_(std::move(buildah)) {}

  // Removes what runs have left: containers with their mounts and secrets, folders in memory, temp
  // folders. Of a store whose containers cannot be removed nothing stays. False: something is left.
  bool PutAway(const sdk::Call& call) const;
  // Drops layers of an application that no name leads to, and then what is cached for those
  // applications that were built longest ago, until all is that small, in bytes. To be called while
  // the store of `app` is in use.
  void Bound(const sdk::Call& call, const std::string& app, int64_t bytes) const;

 private:
  bool Run(const sdk::Call& call, const std::string& app,
           const std::vector<std::string>& words) const;
  bool RemoveContainers(const sdk::Call& call, const std::string& app) const;

  const Slot& slot_;
  const std::string buildah_;
};

}  // namespace ns::engine_buildah
