#include "host/reply_stream.h"

#include <condition_variable>

#include "base/mutex.h"

namespace ns::host {
namespace {

constexpr uint64_t kWindow = 256 << 10;  // bytes of a body that the edge may be ahead

// Somebody who waits for room, which may come after they have given up.
struct Waiting {
  Mutex mutex;
  std::condition_variable_any changed;
  bool room NS_GUARDED_BY(mutex) = false;
};

}  // namespace

ReplyStream::ReplyStream(plugin::ApiReply& reply, Clock& clock) : reply_(reply), clock_(clock) {}

void ReplyStream::Open(int http_status, const api::RawHeaders& headers) {
  plugin::ApiMetadata all{{":status", std::to_string(http_status)}};
  all.insert(all.end(), headers.begin(), headers.end());
  reply_.Metadata(false, all);
}

// Nothing is asked of the client before somebody wants it.
int ReplyStream::ready() const {
  if (!std::exchange(asked_, true)) reply_.Want(kWindow);
  return reply_.body()->ready();
}

Result<bool> ReplyStream::Take(std::string& bytes) {
  using State = plugin::RequestBody::State;
  const size_t before = bytes.size();
  const State state = reply_.body()->Take(bytes);
  if (state == State::kAbandoned) return Status(Code::kCancelled, "the client has gone");
  if (state == State::kWhole) return true;
  if (bytes.size() > before) reply_.Want(bytes.size() - before);
  return false;
}

Status ReplyStream::Give(const ports::Call& call, std::string_view bytes) {
  const auto waiting = std::make_shared<Waiting>();
  const auto more = [waiting] {
    Lock lock(waiting->mutex);
    waiting->room = true;
    waiting->changed.notify_all();
  };
  while (!reply_.Offer(bytes, more)) {
    const Duration left = call.deadline.value_or(Duration::max()) - clock_.Monotonic();
    Lock lock(waiting->mutex);
    const bool room =
        waiting->changed.wait_for(waiting->mutex, std::min(left, Duration(std::chrono::hours(24))),
                                  [&]() NS_REQUIRES(waiting->mutex) { return waiting->room; });
    if (!room) return {Code::kDeadline, "the client does not take the answer"};
    waiting->room = false;
  }
  if (call.cancel.stop_requested()) return {Code::kCancelled, "the client has gone"};
  return {};
}

}  // namespace ns::host
