// Memory that all requests share.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace ns::gateway::http {

// What a request takes besides its bytes, and a small answer to it.
inline constexpr uint64_t kLeastHeld = 4096;

// Counts bytes. [any-thread]
class Budget {
 public:
  explicit Budget(uint64_t most) : most_(static_cast<int64_t>(most)) {}

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
    void Release() { HoldExactly(0); }

   private:
    bool HoldExactly(int64_t bytes) {
      const int64_t more = bytes - held_;
      if (more != 0 && budget_.used_.fetch_add(more) + more > budget_.most_ && more > 0) {
        budget_.used_ -= more;
        return false;
      }
      held_ = bytes;
      return true;
    }

    Budget& budget_;
    int64_t held_ = 0;
  };

 private:
  const int64_t most_;
  std::atomic<int64_t> used_ = 0;
};

}  // namespace ns::gateway::http
