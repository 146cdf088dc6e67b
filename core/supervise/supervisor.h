// Helpers that outlive the host: PostgreSQL, Traefik, the registry, the page server.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "supervise/health.h"
#include "supervise/listening.h"
#include "supervise/process.h"

namespace ns::supervise {

struct HelperSpec {
  std::string name;               // [a-z0-9._-]; unique in the installation
  std::vector<std::string> argv;  // argv[0] is an absolute path
  std::vector<std::string> env;   // "KEY=value"; nothing else is inherited
  std::string folder;             // working directory; empty: "/"
  std::optional<Account> account;
  std::vector<std::string> listen;  // "127.0.0.1:80": given to it as the descriptors 3, 4, ...; it
                                    // listens there already. Helpers of one folder may share one
  HealthCheck health;               // empty: running is healthy
  std::string config_hash;  // together with argv, env, folder, account and listen: when it changes
                            // the helper is restarted
  int stop_signal = 15;
  Duration stop_grace = std::chrono::seconds(10);  // then the group is killed
  // Running but unwell for so long: restarted. Zero: never for that reason.
  Duration hang_limit = std::chrono::minutes(1);
};

enum class HelperPhase { kStopped = 0, kStarting = 1, kRunning = 2, kBackingOff = 3 };

struct HelperState {
  HelperPhase phase = HelperPhase::kStopped;
  pid_t pid = 0;         // 0: none
  bool adopted = false;  // was running before this supervisor looked
  int restarts = 0;      // after it ended by itself or hung
  Status problem;        // why it is not running, or what the last health check said
};

// What is on disk about a helper, whoever started it.
struct HelperRecord {
  std::string name;
  pid_t pid = 0;         // 0: none was ever started
  bool running = false;  // that very process
  Time started = kNever;
  std::string program;
  std::string log;  // path
};

// Starts, adopts, watches and stops helpers of one installation. Each is known by a record in
// `folder` (process id, start time, boot id, configuration hash), written before the program
// begins, and every decision about it is taken under a file lock there: however many supervisors
// and processes share the folder, a helper runs once. Output goes to <name>.log in `folder`, kept
// below 16 MiB. What a helper listens at as its description says stays open while it is restarted
// (connections wait) and is given to every helper that names it, by another supervisor too where
// the system lets it (ListenSockets). [any-thread], but Tick belongs to one thread.
class Supervisor {
 public:
  // `folder` is made when absent, 0700.
  Supervisor(std::string folder, Clock& clock);
  ~Supervisor();  // leaves the helpers running
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // From now on the helper runs as described. Returns once it is healthy; kDeadline or kCancelled
  // otherwise, with what stands in the way and the end of its log; at once where the program cannot
  // be started at all (Process::Spawn). The attempts go on in Tick.
  Status Ensure(const HelperSpec& spec, Duration timeout, const std::stop_token& cancel = {});
  // Of a helper that this supervisor was not asked for yet: what its record says.
  HelperState State(const std::string& name);
  std::map<std::string, HelperState> States();
  // Ends the helper; no supervisor starts it again until somebody calls Ensure.
  Status Stop(const std::string& name);
  // Waits up to `wait` for a helper to end, then looks at each: restarts with back-off (0.1 s
  // doubling to 30 s), asks for health.
  void Tick(Duration wait);

  // Ends every helper recorded in `folder`, the last started first. Names those that were running.
  static Result<std::vector<std::string>> StopAll(const std::string& folder, Clock& clock);
  // Every helper recorded in `folder`, by name. Takes no lock.
  static Result<std::vector<HelperRecord>> Recorded(const std::string& folder);

 private:
  struct Entry;
  std::shared_ptr<Entry> Find(const std::string& name);
  std::vector<std::shared_ptr<Entry>> All();

  const std::string folder_;
  Clock& clock_;
  ListenSockets sockets_;
  Guarded<std::map<std::string, std::shared_ptr<Entry>>> entries_;
};

}  // namespace ns::supervise
