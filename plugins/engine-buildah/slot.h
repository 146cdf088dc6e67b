// A store of images and containers that one build at a time has for itself.
#pragma once

#include <optional>
#include <string>

#include "config.h"
#include "ns/sdk/call.h"

namespace ns::engine_buildah {

// Folder `<instance>/slot<n>`, locked for all processes of this machine while it lives. In it:
// `store` (images, the cache), `tmp`, and the folders of runs.
// *Rationale:* containers of buildah bear no build's name. In a store of one's own all that are
// there at the beginning of a run are those of a dead one.
class Slot {
 public:
  // The first that is free; nullopt: none is.
  static std::optional<Slot> Take(const std::string& instance, const Config& config);
  // The one that a build has left its folder in, if nobody else has it by now.
  static std::optional<Slot> OfBuild(const std::string& instance, const Config& config,
                                     const std::string& build);
  ~Slot();
  Slot(Slot&& other) noexcept;
  Slot& operator=(Slot&&) = delete;

  const std::string& folder() const { return folder_; }
  std::string store() const { return folder_ + "/store"; }
  std::string tmp() const { return folder_ + "/tmp"; }
  // In memory: what buildah keeps while it runs, containers with their secrets among it.
  const std::string& memory() const { return memory_; }

  // Makes the folders. Containers are kept in memory; where those of the store are gone, as after a
  // restart of the machine, the store begins anew. Throws EngineUnavailable.
  void Prepare() const;

 private:
  Slot(std::string folder, std::string memory, int lock)
      : folder_(std::move(folder)), memory_(std::move(memory)), lock_(lock) {}
  static std::optional<Slot> Lock(const std::string& instance, const Config& config, int number);

  std::string folder_, memory_;
  int lock_;
};

}  // namespace ns::engine_buildah
