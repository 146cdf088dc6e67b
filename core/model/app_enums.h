// Enumerations of the nouns. Values that stand in the public API have its numbers.
#pragma once

namespace ns::model {

enum class DeployType { kRuntime = 0, kStatic = 1 };
enum class AuthPolicy { kOff = 0, kSoft = 1, kHard = 2 };
enum class Protocol { kTcp = 0, kUdp = 1 };
enum class BuildStatus {
  kQueued = 0,
  kBuilding = 1,
  kSucceeded = 2,
  kFailed = 3,
  kCancelled = 4,
  kSkipped = 5
};
enum class ContainerState {
  kMissing = 0,
  kStarting = 1,
  kRestarting = 2,
  kRunning = 3,
  kExited = 4,
  kErrored = 5,
  kUnknown = 6
};

// What the owner wants. Stopped and asleep keep a route that answers with a page.
enum class DesiredState { kStopped = 0, kRunning = 1, kAsleep = 2 };

// Rolling: new beside old. Recreate: what cannot run twice (a published port, a single-writer
// volume).
enum class Strategy { kRolling = 0, kRecreate = 1 };

constexpr bool IsTerminal(BuildStatus status) {
  return status != BuildStatus::kQueued && status != BuildStatus::kBuilding;
}

}  // namespace ns::model
