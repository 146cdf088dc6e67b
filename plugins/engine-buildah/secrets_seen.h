// Which secrets the cached layers of an application were made with: buildah leaves what is in them
// out of the keys of its cache.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/app.h"
#include "slot.h"

namespace ns::engine_buildah {

// Of one application in one slot. Files, which say nothing of the secrets themselves. Not for use
// by two threads.
class SecretsSeen {
 public:
  SecretsSeen(const Slot& slot, const std::string& app) : slot_(slot), app_(app) {}

  // Whether all cached layers were made with these secrets. False also leaves a note that from now
  // on layers of either may be there, whatever becomes of the build that asks.
  bool Fit(const std::vector<sdk::EnvVar>& secrets) const;
  // A build without the cache has been carried out to its end, and the names lead to its layers.
  void Remember(const std::vector<sdk::EnvVar>& secrets) const;

 private:
  std::string Print(const std::vector<sdk::EnvVar>& secrets) const;
  std::string File() const { return slot_.App(app_) + "/secrets"; }

  const Slot& slot_;
  const std::string app_;
};

}  // namespace ns::engine_buildah
