// Which calls may go into an instance, which are under way, and which are late.
#pragma once

#include <atomic>
#include <condition_variable>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"

namespace ns::plugin {

// A call under way. Lives on the stack of its caller.
struct Flight {
  std::string what;                      // "apply"
  std::optional<Duration> deadline;      // on Clock::Monotonic()
  bool control = false;                  // never two of these at once
  std::atomic<int64_t> cancelled_at{0};  // ns on Clock::Monotonic(); 0: not cancelled
};

// [any-thread] Holds no lock while a plugin runs.
class Gate {
 public:
  // `name`: of the instance, for the log.
  Gate(std::string name, Clock& clock, Duration grace);

  void Open();
  // No more calls; those under way are cancelled. `why` is what callers are told from now on.
  void Close(Status why);
  bool is_open() const;
  // Told to callers while the gate is closed.
  void SetClosedReason(Status why);

  // Ok: the call may go in, and Leave must follow. Else why not.
  Status Enter(Flight& flight);
  void Leave(Flight& flight);

  // What is late, while anything is: the instance is fenced.
  std::optional<Status> Fenced();
  // True once no call is under way, false when that takes longer.
  bool WaitIdle(Duration time);

  std::stop_token closing() const { return closing_.get_token(); }
  Clock& clock() const { return clock_; }
  const std::string& name() const { return name_; }

 private:
  std::optional<Status> FencedLocked() NS_REQUIRES(mutex_);

  const std::string name_;
  Clock& clock_;
  const Duration grace_;
  std::stop_source closing_;
  mutable Mutex mutex_;
  std::condition_variable_any left_;
  bool open_ NS_GUARDED_BY(mutex_) = false;
  bool told_ NS_GUARDED_BY(mutex_) = false;  // the log knows that the instance is fenced
  Status closed_ NS_GUARDED_BY(mutex_);
  std::set<Flight*> flights_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::plugin
