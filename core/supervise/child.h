// What happens between fork and exec. Only calls that are safe after a fork in a process with
// threads.
#pragma once

#include <cstdint>

#include "supervise/process.h"

namespace ns::supervise {

enum class ChildStep : int32_t {
  kDescriptors = 0,
  kLimits = 1,
  kAccount = 2,
  kFolder = 3,
  kExec = 4
};

// Written to `ChildPlan::failure` by a child that could not become the program.
struct ChildFailure {
  ChildStep step = ChildStep::kExec;
  int32_t error = 0;
};

// Everything the child needs, laid out before the fork.
struct ChildPlan {
  char* const* argv = nullptr;
  char* const* env = nullptr;
  const char* folder = "/";
  const SpawnSpec* spec = nullptr;
  const int* given = nullptr;  // become 0, 1 and so on; the last but one is the gate, a read end:
                               // one byte means go, the end means stop; the last is `failure`
  int* high = nullptr;         // room for as many
  int count = 0;               // of both
  int failure = -1;            // write end
  pid_t parent = 0;
};

[[noreturn]] void BecomeProgram(const ChildPlan& plan);

}  // namespace ns::supervise
