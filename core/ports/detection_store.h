// Questions which build methods fit a commit, from whoever asks to the builder that looks.
#pragma once

#include <optional>
#include <string>

#include "base/id.h"
#include "base/status.h"
#include "ports/detect.h"

namespace ns::ports {

// A question about the same commit is the same one for so long, unless its answer is a failure.
inline constexpr Duration kDetectionShared = std::chrono::minutes(1);
// Nobody takes one that is older: whoever asked has left.
inline constexpr Duration kDetectionOpen = std::chrono::minutes(2);
// Older ones are forgotten when the next is asked.
inline constexpr Duration kDetectionKept = std::chrono::hours(1);
// For how long a builder has it to itself, as long as its host's lease is alive.
inline constexpr Duration kDetectionLease = std::chrono::minutes(2);

// Hints of the kind kDetection tell that one was asked, and that it was answered. [any-thread]
class DetectionStore {
 public:
  virtual ~DetectionStore() = default;
  // kNotFound: no such repository.
  virtual Result<DetectionId> Ask(const RepositoryId& repository, const std::string& commit) = 0;
  // The oldest open question for builder `host`, which answers one at a time: one that it has taken
  // before comes first, with a new token. None: there is none that is free.
  virtual Result<std::optional<DetectionTask>> Take(const HostId& host, Duration lease) = 0;
  // kStale: the token is not current, or it has been answered.
  virtual Status Answer(const DetectionClaim& claim, const DetectionAnswer& answer) = 0;
  // None: it is not answered yet. kNotFound: no such question (any more).
  virtual Result<std::optional<DetectionAnswer>> Read(const DetectionId& id) = 0;
};

}  // namespace ns::ports
