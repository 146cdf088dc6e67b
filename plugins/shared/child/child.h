// A child process in a group of its own, watched by the thread that started it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ns/sdk/call.h"

namespace ns::child {

// An unnamed file in memory that only a child which inherits it can read. Closed by the destructor.
class MemoryFile {
 public:
  // Throws NS_E_UNAVAILABLE with `reason` where there is none to be had.
  MemoryFile(std::string_view content, const std::string& reason);
  ~MemoryFile();
  MemoryFile(MemoryFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct ChildSpec {
  std::vector<std::string> argv, env;
  std::vector<int> inherited;        // descriptors that it keeps
  int data = -1;                     // descriptor for its stdout; -1: `output` gets that too
  std::vector<std::string> cgroups;  // files cgroup.procs of those that it shall be in
  std::string reason;                // of NS_E_UNAVAILABLE
  std::chrono::steady_clock::time_point deadline;
  std::function<void(std::string_view)>
      output;  // stderr and stdout as they come; what it throws ends the child and is thrown on
  std::function<bool()> full{};  // true: what it says waits in its pipe; none: never
  std::function<bool()> tick;    // called at least every 20 ms; false ends the child
};

enum class Ending { kExited, kLate, kCancelled, kTicked };  // kTicked: tick said no

struct ChildResult {
  Ending ending = Ending::kExited;
  int exit_code = 0;  // kExited; 128 + the signal's number for one that a signal ended
};

// Runs it to its end. A child that must end gets SIGTERM, after 2 s SIGKILL, with its whole group;
// it also ends when this thread does. One that cannot be in its cgroups ends with 127. Throws
// NS_E_UNAVAILABLE when it cannot be started.
ChildResult RunChild(const sdk::Call& call, const ChildSpec& spec);

}  // namespace ns::child
