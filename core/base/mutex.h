// A mutex that clang's -Wthread-safety understands, and the value it guards.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#if defined(__clang__)
#define NS_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define NS_THREAD_ANNOTATION(x)
#endif
#define NS_GUARDED_BY(x) NS_THREAD_ANNOTATION(guarded_by(x))
#define NS_REQUIRES(x) NS_THREAD_ANNOTATION(requires_capability(x))
#define NS_EXCLUDES(x) NS_THREAD_ANNOTATION(locks_excluded(x))

namespace ns {

class NS_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() NS_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  bool try_lock() NS_THREAD_ANNOTATION(try_acquire_capability(true)) { return mutex_.try_lock(); }
  void unlock() NS_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class NS_THREAD_ANNOTATION(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) NS_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() NS_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

// A value that is reached only under its lock: `guarded.With([](T& value) { ... })`.
template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <class Use>
  auto With(Use&& use) {
    Lock lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  Mutex mutex_;
  T value_ NS_GUARDED_BY(mutex_){};
};

}  // namespace ns
