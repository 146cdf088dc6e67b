// Stores of images and containers that one build at a time has for itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config.h"
#include "ns/sdk/call.h"

namespace ns::engine_buildah {

// Folder `<instance>/slot<n>`, locked for all processes of this machine while it lives. In it:
// `base` (base images, of all applications), `apps/<app>` (what is cached for one), `tmp`, `root`,
// and the folders of runs.
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
  std::string base() const { return folder_ + "/base"; }
  std::string apps() const { return folder_ + "/apps"; }
  std::string App(const std::string& app) const { return apps() + "/" + app; }
  // Images and layers of an application; no other application's build sees them.
  std::string StoreOf(const std::string& app) const { return App(app) + "/store"; }
  // What its RUN --mount=type=cache keep.
  std::string MountsOf(const std::string& app) const { return App(app) + "/mounts"; }
  std::string tmp() const { return folder_ + "/tmp"; }
  std::string root() const { return folder_ + "/root"; }
  // In memory: what buildah keeps while it runs, containers with their secrets among it.
  const std::string& memory() const { return memory_; }
  // The link from a store to its containers; there while a build has the store in use.
  std::string LinkOf(const std::string& app) const { return StoreOf(app) + "/overlay-containers"; }
  // Applications whose store a build has in use, or a dead one had.
  std::vector<std::string> InUse() const;

  // Makes the folders that a sandbox is put together in.
  void MakeScratch() const;
  // Makes the folders for a build. Nothing must be in use. Throws EngineUnavailable.
  void Prepare(const std::string& app) const;

 private:
  Slot(std::string folder, std::string memory, int lock)
      : folder_(std::move(folder)), memory_(std::move(memory)), lock_(lock) {}
  static std::optional<Slot> Lock(const std::string& instance, const Config& config, int number);

  std::string folder_, memory_;
  int lock_;
};

}  // namespace ns::engine_buildah
