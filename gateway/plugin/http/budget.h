// Memory that all requests share.
#pragma once

#include <atomic>
#include <cstdint>

namespace ns::gateway::http {

// Counts bytes. [any-thread]
class Budget {
 public:
  explicit Budget(uint64_t most) : most_(static_cast<int64_t>(most)) {}

  // A part of it, given back when it goes.
  class Share {
   public:
    explicit Share(Budget& budget) : budget_(budget) {}
    ~Share() { budget_.used_ -= held_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Holds `bytes` altogether from now on. False: there are not so many.
    bool Hold(uint64_t bytes) {
      const int64_t more = static_cast<int64_t>(bytes) - held_;
      held_ += more;
      return (budget_.used_ += more) <= budget_.most_;
    }

   private:
    Budget& budget_;
    int64_t held_ = 0;
  };

 private:
  const int64_t most_;
  std::atomic<int64_t> used_ = 0;
};

}  // namespace ns::gateway::http
