// What is said of a build that broke a limit of the engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ns/sdk/error.h"

namespace ns::engine_docker {

// `memory`: the limit in bytes.
inline sdk::Error OutOfMemory(int64_t memory) {
  return {NS_E_PRECONDITION, NS_REASON_OUT_OF_MEMORY,
          "A step of the build needed more memory than its limit of " +
              std::to_string(memory >> 20) +
              " MiB; make it need less, or raise `memory` of the engine.",
          sdk::Fault::kSource};
}

inline sdk::Error TimedOut(std::chrono::seconds limit) {
  return {NS_E_PRECONDITION, NS_REASON_TIMED_OUT,
          "The build took longer than its limit of " + std::to_string(limit.count()) +
              " s and was killed; make it faster, or raise `timeout` of the engine.",
          sdk::Fault::kSource};
}

}  // namespace ns::engine_docker
