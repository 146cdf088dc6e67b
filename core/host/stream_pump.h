// Answers of many messages that are under way, without a thread each.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "act/worker_pool.h"
#include "api/stream.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "plugin/api_calls.h"

namespace ns::host {

// Looks at a stream when there may be more of it: by a hint, after its interval, when the edge can
// take more, when it is cancelled, at its deadline. One that has much to give takes turns with the
// others. [any-thread]
class StreamPump {
 public:
  // `clock` outlives it. The pools do not: they go after Stop and before the pump, which their work
  // uses. `asking`: for streams that ask others than the store, who may hang; they wait for each
  // other alone, and those of one user have `share` of its threads at most.
  StreamPump(act::WorkerPool& pool, act::WorkerPool& asking, size_t share, Clock& clock);
  ~StreamPump();
  StreamPump(const StreamPump&) = delete;
  StreamPump& operator=(const StreamPump&) = delete;

  // Gives all that `stream` has to `reply`, and its end.
  void Begin(std::unique_ptr<api::Stream> stream, std::shared_ptr<plugin::ApiReply> reply)
      NS_EXCLUDES(mutex_);
  // There may be more for those who await `id`.
  void OnMore(const std::string& id) NS_EXCLUDES(mutex_);
  // Looks at none from now on; what is open ends with the pump.
  void Stop() NS_EXCLUDES(mutex_);
  // Streams under way.
  size_t open() NS_EXCLUDES(mutex_);

 private:
  struct Open;
  // What the streams of one user have of the threads that ask others.
  struct Asking {
    size_t held = 0;
    std::deque<std::shared_ptr<Open>> waiting;
  };

  void Run(const std::stop_token& stop) NS_EXCLUDES(mutex_);
  void Wake(uint64_t number) NS_EXCLUDES(mutex_);
  void WakeLocked(uint64_t number) NS_REQUIRES(mutex_);
  void Submit(const std::shared_ptr<Open>& open) NS_REQUIRES(mutex_);
  void Work(const std::shared_ptr<Open>& open) NS_EXCLUDES(mutex_);
  // The thread that a stream of that user has had; one of theirs that waits gets it.
  void Return(const std::string& user) NS_REQUIRES(mutex_);
  // When to look again without being woken; none: it is over.
  std::optional<Duration> Look(Open& open);

  act::WorkerPool& pool_;
  act::WorkerPool& asking_;
  const size_t share_;
  Clock& clock_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool stopped_ NS_GUARDED_BY(mutex_) = false;
  uint64_t last_ NS_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, std::shared_ptr<Open>> open_ NS_GUARDED_BY(mutex_);
  std::set<std::pair<std::string, uint64_t>> awaiting_ NS_GUARDED_BY(mutex_);
  std::set<std::pair<Duration, uint64_t>> due_ NS_GUARDED_BY(mutex_);
  std::map<std::string, Asking> users_ NS_GUARDED_BY(mutex_);  // those who ask others now
  std::jthread thread_;                                        // last
};

}  // namespace ns::host
