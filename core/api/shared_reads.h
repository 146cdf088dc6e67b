// What many ask for at once, read once for all of them.
#pragma once

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "base/status.h"

namespace ns::api {

// An answer is never older than its question: those who ask while a read is under way, which may
// have seen what was before, share the next one. A failure is shared too. [any-thread]
template <class Key, class Value>
class SharedReads {
 public:
  using Answer = Result<std::shared_ptr<const Value>>;

  // `read` gives an Answer, on the thread of one of those who ask.
  template <class Read>
  Answer Get(const Key& key, const Read& read) NS_EXCLUDES(mutex_) {
    std::shared_ptr<Round> round;
    {
      Lock lock(mutex_);
      Asked& asked = asked_[key];
      const bool first = !asked.next;
      if (first) asked.next = std::make_shared<Round>();
      round = asked.next;
      ++round->asking;
      if (!first) {
        changed_.wait(mutex_, [&]() NS_REQUIRES(mutex_) { return round->answer.has_value(); });
        return *round->answer;
      }
      changed_.wait(mutex_, [&]() NS_REQUIRES(mutex_) { return !asked.reading; });
      asked.reading = true;
      asked.next.reset();
    }
    Answer answer = Try(read);
    Lock lock(mutex_);
    round->answer = answer;
    const auto asked = asked_.find(key);
    asked->second.reading = false;
    if (!asked->second.next) asked_.erase(asked);
    changed_.notify_all();
    return answer;
  }

  // How many wait for the next read of that.
  size_t waiting(const Key& key) NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    const auto asked = asked_.find(key);
    return asked == asked_.end() || !asked->second.next ? 0 : asked->second.next->asking;
  }

 private:
  // A read that throws, as where there is no memory, must not keep others waiting.
  template <class Read>
  static Answer Try(const Read& read) {
    try {
      return read();
    } catch (const std::exception& error) {
      return Internal(error.what());
    }
  }

  struct Round {
    size_t asking = 0;
    std::optional<Answer> answer;
  };
  struct Asked {
    bool reading = false;
    std::shared_ptr<Round> next;  // begun by the first of those who wait for it
  };

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, Asked> asked_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::api
