#include "http/timer.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ns::gateway::http {

struct Timer::State {
  explicit State(boost::asio::io_context& io) : timer(io) {}
  boost::asio::steady_timer timer;
  uint64_t set = 0;  // tells a call that comes too late from the one that is waited for
};

Timer::Timer(boost::asio::io_context& io) : state_(std::make_shared<State>(io)) {}

Timer::~Timer() { Stop(); }

void Timer::At(Clock::time_point when, std::function<void()> due) {
  state_->timer.expires_at(when);
  state_->timer.async_wait([weak = std::weak_ptr(state_), set = ++state_->set,
                            due = std::move(due)](boost::system::error_code error) {
    const auto state = weak.lock();
    if (!error && state && state->set == set) due();
  });
}

void Timer::Stop() {
  ++state_->set;
  state_->timer.cancel();
}

void Post(boost::asio::io_context& io, std::function<void()> work) {
  boost::asio::post(io, std::move(work));
}

}  // namespace ns::gateway::http
