// Memory that all requests share.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace ns::gateway::http {

// What a request takes besides its bytes, and a small answer to it.
inline constexpr uint64_t kLeastHeld = 4096;

// What a connection hands to the system at once. It is in nobody's share.
inline constexpr size_t kInHand = 64 * 1024;

// Empties it, and keeps no more memory for the next than that.
inline void Empty(std::string& bytes) {
  bytes.clear();
  if (bytes.capacity() > kInHand) bytes.shrink_to_fit();
}

// Counts bytes. [any-thread]
class Budget {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Budget(uint64_t most)
      : most_(static_cast<int64_t>(most)), most_of_large_(static_cast<int64_t>(OfLarge(most))) {}

  // What there is of so many bytes for whoever holds more than kLeastHeld. The rest is for requests
  // that are small and have small answers, whatever others send and do not read.
  static uint64_t OfLarge(uint64_t most) { return most / 4 * 3; }

  // Whether anybody had to be refused after that.
  bool RefusedSince(Clock::time_point when) const {
    return refused_.load(std::memory_order_relaxed) > when.time_since_epoch().count();
  }

  // A part of it, given back when it goes.
  class Share {
   public:
    explicit Share(Budget& budget) : budget_(budget) {}
    ~Share() { Release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Holds `bytes` altogether from now on, or kLeastHeld if that is more. False: there are not so
    // many, and it holds what it held.
    bool Hold(uint64_t bytes) {
      return HoldExactly(static_cast<int64_t>(std::max(bytes, kLeastHeld)));
    }
    // Holds, in the place of a request, so many bytes of its answer. Up to kLeastHeld there always
    // are, and it holds no more for them than it did.
    bool HoldAnswer(uint64_t bytes) {
      const auto wanted = static_cast<int64_t>(bytes);
      return HoldExactly(wanted <= kLeast ? std::min(held_, kLeast) : wanted);
    }
    void Release() { HoldExactly(0); }

   private:
    static constexpr auto kLeast = static_cast<int64_t>(kLeastHeld);

    bool HoldExactly(int64_t bytes) {
      const int64_t more = bytes - held_;
      const int64_t most = bytes <= kLeast ? budget_.most_ : budget_.most_of_large_;
      if (more != 0 && budget_.used_.fetch_add(more) + more > most && more > 0) {
        budget_.used_ -= more;
        budget_.refused_ = Clock::now().time_since_epoch().count();
        return false;
      }
      held_ = bytes;
      return true;
    }

    Budget& budget_;
    int64_t held_ = 0;
  };

 private:
  const int64_t most_, most_of_large_;
  std::atomic<int64_t> used_ = 0;
  std::atomic<Clock::rep> refused_ = std::numeric_limits<Clock::rep>::min();
};

}  // namespace ns::gateway::http
