// Children of this process: started clean, watched by descriptor, ended as a group.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace ns::supervise {

// Whom a child runs as; its supplementary groups are dropped.
struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  friend bool operator==(const Account&, const Account&) = default;
};

// Looks a user up by name or number. kNotFound.
Result<Account> FindAccount(const std::string& name);

struct ResourceLimit {
  int resource = 0;  // RLIMIT_*
  uint64_t value = 0;
  friend bool operator==(const ResourceLimit&, const ResourceLimit&) = default;
};

struct SpawnSpec {
  std::vector<std::string> argv;  // argv[0] is an absolute path
  std::vector<std::string> env;   // "KEY=value"; nothing else is inherited
  std::string folder;             // working directory; empty: "/"
  std::optional<Account> account;
  std::vector<ResourceLimit> limits;
  int in = -1, out = -1,
      err = -1;                  // borrowed; -1: /dev/null
  std::vector<int> handed;       // borrowed; 3 and so on in the child, which no other ones reach
  bool die_with_parent = false;  // killed when the thread that spawned it ends
  // Runs in the parent while the child exists but has not become the program yet; a failure ends
  // the child. Should the parent die in it, the child ends by itself.
  std::function<Status(pid_t)> before_exec;
};

// How a child ended.
struct ExitStatus {
  bool signalled = false;
  int value = 0;  // exit code or signal number
  bool ok() const { return !signalled && value == 0; }
  std::string ToString() const;  // "exit code 1", "killed by signal 9 (Killed)"
};

// A child in a session and process group of its own. Destroyed while it runs: it is left alone, and
// nobody reaps it here.
class Process {
 public:
  // kInvalid or kUnavailable say what could not be done and why (program missing, account not
  // allowed).
  static Result<Process> Spawn(const SpawnSpec& spec);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }
  // Readable once the child has ended.
  int pidfd() const { return pidfd_; }
  // Hands that descriptor over to somebody who watches and reaps the child from now on.
  int ReleasePidfd() { return std::exchange(pidfd_, -1); }
  // Waits until it ends, the time on Clock::Monotonic() has come (kDeadline), or a stop is
  // requested (kCancelled).
  Result<ExitStatus> Wait(Clock& clock, std::optional<Duration> deadline,
                          const std::stop_token& cancel = {});
  // The outcome if it has ended; reaps it.
  std::optional<ExitStatus> Poll();
  // Signals the whole group, also after the leader has ended but before it was reaped.
  void KillGroup(int signal);

 private:
  Process(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}

  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<ExitStatus> ended_;
};

// Names one process for ever: a pid alone is given to others later.
struct ProcessId {
  pid_t pid = 0;
  uint64_t start_time = 0;  // field 22 of /proc/<pid>/stat
  std::string boot_id;
  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};
// kNotFound when there is no such process or it has ended and waits to be reaped.
Result<ProcessId> IdentifyProcess(pid_t pid);
// Whether that very process runs.
bool IsRunning(const ProcessId& id);
// Signals that very process; false when it is gone.
bool SignalProcess(const ProcessId& id, int signal);

// Waits `time` or until `fd` (if not negative) is readable; true when it is.
bool WaitReadable(int fd, Duration time);

}  // namespace ns::supervise
