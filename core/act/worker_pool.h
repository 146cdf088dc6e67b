// A bounded pool of threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace ns::act {

// Runs work on at most `limit` threads, in the order given. Threads are made when first needed and
// stay.
class WorkerPool {
 public:
  explicit WorkerPool(size_t limit) : limit_(limit) {}
  // Drops what has not begun, waits for what has.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // [any-thread]
  void Submit(std::function<void()> work) NS_EXCLUDES(mutex_);
  // The same, unless `most` wait already: then false, and the work is not done. [any-thread]
  bool Offer(std::function<void()> work, size_t most) NS_EXCLUDES(mutex_);

 private:
  void Grow() NS_REQUIRES(mutex_);
  void Run();

  const size_t limit_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> queue_ NS_GUARDED_BY(mutex_);
  size_t idle_ NS_GUARDED_BY(mutex_) = 0;
  bool stopping_ NS_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::act
