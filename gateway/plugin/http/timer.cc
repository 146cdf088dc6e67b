#include "http/timer.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

namespace ns::gateway::http {

struct Timer::State : std::enable_shared_from_this<State> {
  explicit State(boost::asio::io_context& io) : timer(io) {}

  // Has the system wake it by then.
  void Wait() {
    asked = when;
    timer.expires_at(when);
    timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      if (const auto state = weak.lock(); state && !error) state->Woken();
    });
  }
  void Woken() {
    asked.reset();
    if (!due) return;
    if (Clock::now() < when) return Wait();
    std::exchange(due, nullptr)();
  }

  boost::asio::steady_timer timer;
  Clock::time_point when;
  std::optional<Clock::time_point> asked;  // of the system; none: nothing is
  std::function<void()> due;               // empty: stopped
};

Timer::Timer(boost::asio::io_context& io) : state_(std::make_shared<State>(io)) {}

Timer::~Timer() {
  Stop();
  state_->timer.cancel();
}

// What was to be called may own the timer, and goes last.
void Timer::At(Clock::time_point when, std::function<void()> due) {
  const auto state = state_;
  state->when = when;
  state->due.swap(due);
  if (!state->asked || when < *state->asked) state->Wait();
}

void Timer::Stop() {
  const auto state = state_;
  std::exchange(state->due, nullptr);
}

void Post(boost::asio::io_context& io, std::function<void()> work) {
  boost::asio::post(io, std::move(work));
}

}  // namespace ns::gateway::http
