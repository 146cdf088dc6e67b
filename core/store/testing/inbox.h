// Hints of a PgStore as a listener of its own receives them, and the key that tests seal with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/pg_store.h"

namespace ns::store::testing {

inline Sealer TestSealer(char letter = 'k') {
  return Sealer("key-1", Secret(std::string(32, letter)));
}

class Inbox {
 public:
  explicit Inbox(PgStore& store) : store_(store) {
    store_.store().hints.Subscribe([this](const ports::Hint& hint) {
      std::lock_guard lock(mutex_);
      hints_.push_back(hint);
      came_.notify_all();
    });
    thread_ = std::jthread([this](const std::stop_token& stop) { store_.Listen(stop); });
  }

  // Those until `last`, which must come within a generous time.
  std::vector<ports::Hint> Until(const ports::Hint& last) {
    std::unique_lock lock(mutex_);
    auto found = hints_.end();
    const bool came = came_.wait_for(lock, std::chrono::seconds(30), [&] {
      found = std::find(hints_.begin(), hints_.end(), last);
      return found != hints_.end();
    });
    EXPECT_TRUE(came) << "no hint " << last.id;
    if (!came) return {};
    std::vector<ports::Hint> taken(hints_.begin(), found + 1);
    hints_.erase(hints_.begin(), found + 1);
    return taken;
  }

 private:
  PgStore& store_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<ports::Hint> hints_;
  std::jthread thread_;
};

}  // namespace ns::store::testing
