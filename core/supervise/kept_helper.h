// One helper as one supervisor sees it: started or adopted, watched, restarted with back-off.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "supervise/listening.h"
#include "supervise/record.h"
#include "supervise/supervisor.h"

namespace ns::supervise {

// Every decision reads the record again under the lock of the helper, since other processes decide
// too. [any-thread]
class KeptHelper {
 public:
  KeptHelper(const std::string& folder, const std::string& name, Clock& clock,
             ListenSockets& sockets)
      : files_(folder, name), clock_(clock), sockets_(sockets) {}

  // The description in force from now on: adopts what runs with it, replaces what runs with
  // another, else starts. The failure of a start.
  Status Describe(const HelperSpec& spec) NS_EXCLUDES(mutex_);
  // Looks once: has it ended, is a start due, is it well? Not while another thread describes or
  // ends it, which may take as long as it drains: others are not held up by that.
  void Advance() NS_EXCLUDES(mutex_);
  Status Stop() NS_EXCLUDES(mutex_);

  HelperState State() {
    return state_.With([](const HelperState& state) { return state; });
  }
  // Readable when it has ended; null when none runs.
  std::shared_ptr<const Fd> watch() {
    return shown_watch_.With([](const auto& watch) { return watch; });
  }
  // How long Advance has nothing to do unless the helper ends.
  Duration Idle() NS_EXCLUDES(mutex_);
  // What it has printed since it was started.
  std::string LogEnd() NS_EXCLUDES(mutex_);

 private:
  void Look() NS_REQUIRES(mutex_);
  Duration Rest() const NS_REQUIRES(mutex_);
  Status Converge() NS_REQUIRES(mutex_);
  Status Start(const std::optional<Record>& before) NS_REQUIRES(mutex_);
  Result<Process> Spawn(Record& record) NS_REQUIRES(mutex_);
  Status TakeSockets() NS_REQUIRES(mutex_);
  void FindSockets(const ProcessId& id) NS_REQUIRES(mutex_);
  bool Adopt(const Record& record) NS_REQUIRES(mutex_);
  void Observe(const Record& record, Fd pidfd, bool adopted) NS_REQUIRES(mutex_);
  void Forget(HelperPhase phase, Status problem) NS_REQUIRES(mutex_);
  void BackOff(Status problem) NS_REQUIRES(mutex_);
  void OnEnded() NS_REQUIRES(mutex_);
  void TryStart() NS_REQUIRES(mutex_);
  void CheckHealth() NS_REQUIRES(mutex_);
  void EndHung(const Status& problem) NS_REQUIRES(mutex_);
  bool Superseded() const NS_REQUIRES(mutex_) { return running_.hash != hash_; }
  void Publish() NS_REQUIRES(mutex_);

  const HelperFiles files_;
  Clock& clock_;
  ListenSockets& sockets_;
  Mutex mutex_;
  HelperSpec spec_ NS_GUARDED_BY(mutex_);
  std::string hash_ NS_GUARDED_BY(mutex_);
  Record running_ NS_GUARDED_BY(mutex_);  // of the process behind watch_
  std::shared_ptr<const Fd> watch_ NS_GUARDED_BY(mutex_);
  std::map<std::string, SharedFd> listens_ NS_GUARDED_BY(mutex_);  // by address
  HelperState now_ NS_GUARDED_BY(mutex_);
  int failures_ NS_GUARDED_BY(mutex_) = 0;  // in a row
  uint64_t log_start_ NS_GUARDED_BY(mutex_) = 0;
  Duration seen_ NS_GUARDED_BY(mutex_){};  // since when it is watched
  Duration next_start_ NS_GUARDED_BY(mutex_){};
  Duration next_check_ NS_GUARDED_BY(mutex_){};
  Duration unwell_since_ NS_GUARDED_BY(mutex_){};  // zero: it is well
  Guarded<HelperState> state_;
  Guarded<std::shared_ptr<const Fd>> shown_watch_;
};

}  // namespace ns::supervise
