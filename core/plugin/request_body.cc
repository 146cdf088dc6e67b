#include "plugin/request_body.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace ns::plugin {

RequestBody::~RequestBody() {
  if (event_ >= 0) ::close(event_);
}

void RequestBody::Put(std::string_view piece, bool last) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kMore) return;
  bytes_ += piece;
  if (last) state_ = State::kWhole;
  Tell();
}

void RequestBody::Abandon() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kMore) state_ = State::kAbandoned;
  Tell();
}

RequestBody::State RequestBody::Take(std::string& out) {
  const std::lock_guard lock(mutex_);
  out += std::exchange(bytes_, {});
  if (std::exchange(news_, false) && event_ >= 0) {
    eventfd_t ignored = 0;
    ::eventfd_read(event_, &ignored);
  }
  return state_;
}

int RequestBody::ready() {
  const std::lock_guard lock(mutex_);
  if (event_ < 0) {
    event_ = ::eventfd(news_ ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  return event_;
}

void RequestBody::Tell() {
  if (std::exchange(news_, true)) return;
  if (event_ >= 0) ::eventfd_write(event_, 1);
}

}  // namespace ns::plugin
