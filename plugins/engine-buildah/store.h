// What is done to a store of images between runs.
#pragma once

#include <string>

#include "ns/sdk/call.h"
#include "slot.h"

namespace ns::engine_buildah {

// Not for use by two threads.
class Store {
 public:
  Store(const Slot& slot, std::string buildah) : slot_(slot), buildah_(std::move(buildah)) {}

  // Removes all containers, with their mounts and secrets: none is in use. False: some are left.
  bool RemoveContainers(const sdk::Call& call) const;
  // Drops what no name leads to, and the images that were made first until the store is that small,
  // in bytes.
  void Bound(const sdk::Call& call, int64_t bytes) const;

 private:
  bool Run(const sdk::Call& call, const std::vector<std::string>& words,
           std::string* output = nullptr) const;
  int64_t Bytes() const;

  const Slot& slot_;
  const std::string buildah_;
};

}  // namespace ns::engine_buildah
