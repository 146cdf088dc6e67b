// What happens on the thread of an io_context: later, or as the next thing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace ns::gateway::http {

// Lives on that thread. Cheap to set anew for later and to stop, which hardly any request waits
// for: what the system was asked for stays, and is looked at when it comes.
class Timer {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Timer(boost::asio::io_context& io);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls `due` then, unless it is set anew, stopped or gone before.
  void At(Clock::time_point when, std::function<void()> due);
  void After(Clock::duration wait, std::function<void()> due) {
    At(Clock::now() + wait, std::move(due));
  }
  void Stop();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

// Calls `work` on that thread, from any.
void Post(boost::asio::io_context& io, std::function<void()> work);

}  // namespace ns::gateway::http
