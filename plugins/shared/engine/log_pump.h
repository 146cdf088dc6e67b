// Gives the log of a build to its receiver on a thread of its own: one that is slow, or stands
// still, does not keep the engine from ending the build in time.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "ns/sdk/bytes.h"
#include "ns/sdk/call.h"

namespace ns::engine {

// [any-thread]
class LogPump {
 public:
  // Both must outlive it.
  LogPump(const sdk::Call& call, const sdk::ByteSink& receiver);
  // Waits until the receiver has all, or has taken the piece that it is at once the call is
  // cancelled.
  ~LogPump();
  LogPump(const LogPump&) = delete;
  LogPump& operator=(const LogPump&) = delete;

  // Never waits. What comes while 64 MiB wait already is lost, and the log says so.
  const sdk::ByteSink& sink() const { return sink_; }
  // More than 1 MiB wait: who can leave the rest where it is should do so.
  bool Full() const;

 private:
  static ns_status Take(void* self, ns_bytes bytes) noexcept;
  void Give();

  const sdk::Call& call_;
  const sdk::ByteSink& receiver_;
  const sdk::ByteSink sink_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool done_ = false, lost_ = false, refused_ = false;
  std::jthread thread_;
};

}  // namespace ns::engine
