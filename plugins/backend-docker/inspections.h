// What was found when containers were inspected, so that a survey need not inspect all of them: the
// Engine's list shows whether one was changed, started or ended since.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "docker/types.h"

namespace ns::backend_docker {

// [any-thread]
class Inspections {
 public:
  // What was found at the last inspection, where the list shows the container as it was then.
  std::optional<docker::Container> Find(const docker::Listed& listed) const;
  // `listed` is from before the inspection. Where both do not fit together nothing is kept.
  void Keep(const docker::Listed& listed, const docker::Container& container);
  // Forgets all that are not listed. Which of the others are to be inspected though the list shows
  // no change, because it does not show everything: the longest not inspected first, a twentieth of
  // all or `least`.
  std::vector<docker::Listed> Due(const std::vector<docker::Listed>& all, size_t least = 64);

 private:
  struct Kept {
    std::string outline;
    docker::Container container;
    uint64_t turn = 0;  // of the inspection
  };

  mutable std::mutex mutex_;
  std::map<std::string, Kept> kept_;  // by id
  uint64_t turn_ = 0;
};

}  // namespace ns::backend_docker
