#include "act/worker_pool.h"

#include <limits>
#include <system_error>
#include <utility>

namespace ns::act {

WorkerPool::~WorkerPool() {
  std::vector<std::jthread> threads;
  {
    Lock lock(mutex_);
    stopping_ = true;
    queue_.clear();
    threads.swap(threads_);
  }
  changed_.notify_all();
  threads.clear();  // joins
}

void WorkerPool::Submit(std::function<void()> work) {
  (void)Offer(std::move(work), std::numeric_limits<size_t>::max());
}

bool WorkerPool::Offer(std::function<void()> work, size_t most) {
  {
    Lock lock(mutex_);
    if (stopping_) return true;  // nobody waits for it
    if (queue_.size() >= most) return false;
    queue_.push_back(std::move(work));
    if (idle_ < queue_.size() && threads_.size() < limit_) Grow();
  }
  changed_.notify_one();
  return true;
}

// Where the system has no thread to give, those that are there do the work, or the next who comes
// asks for one again.
void WorkerPool::Grow() {
  try {
    threads_.emplace_back([this] { Run(); });
  } catch (const std::system_error&) {
  }
}

void WorkerPool::Run() {
  mutex_.lock();
  while (!stopping_) {
    if (queue_.empty()) {
      ++idle_;
      changed_.wait(mutex_);
      --idle_;
      continue;
    }
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    mutex_.unlock();
    work();
    work = nullptr;  // its captures go outside the lock
    mutex_.lock();
  }
  mutex_.unlock();
}

}  // namespace ns::act
