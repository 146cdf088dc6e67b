// What buildpacks keep between builds: a volume for each application, bounded.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ns/sdk/host.h"
#include "phase_docker.h"

namespace ns::engine_docker {

// When each volume was used last, seconds since 1970.
using CacheUses = std::map<std::string, int64_t>;
CacheUses ParseUses(std::string_view text);
std::string RenderUses(const CacheUses& uses);

// Those of `volumes` that must go: unused for 30 days at `now`, and then the ones unused longest
// until the rest holds at most `bytes`; one of which nothing is known counts as unused longest, but
// not for its age. Pure.
std::vector<std::string> CachesToDrop(const std::vector<VolumeFacts>& volumes,
                                      const CacheUses& uses, int64_t now, int64_t bytes);

// [any-thread]
class BuildpackCache {
 public:
  // `bytes`: of all of them together; 0: nothing is kept.
  BuildpackCache(sdk::Host host, PhaseDocker& docker, int64_t bytes)
      : host_(host), docker_(docker), bytes_(bytes) {}

  // The volume of an application, made where it is not there; empty: nothing is kept.
  std::string Take(const sdk::Call& call, const std::string& app);
  // Drops what must go, at most once an hour: dockerd walks through all volumes for it.
  void Bound(const sdk::Call& call);

 private:
  CacheUses Uses(const sdk::Call& call);
  void Remember(const sdk::Call& call, const CacheUses& uses);

  const sdk::Host host_;
  PhaseDocker& docker_;
  const int64_t bytes_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace ns::engine_docker
