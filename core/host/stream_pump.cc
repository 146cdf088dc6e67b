#include "host/stream_pump.h"

#include <algorithm>
#include <functional>

namespace ns::host {
namespace {

constexpr int kAtOnce = 16;  // looks, before others have their turn

}  // namespace

struct StreamPump::Open {
  uint64_t number = 0;
  std::unique_ptr<api::Stream> stream;
  std::shared_ptr<plugin::ApiReply> reply;
  // Of whoever looks at it, one at a time.
  std::deque<std::string> messages;
  bool ended = false;
  // By the mutex of the pump.
  bool working = false, woken = false;
  Duration due = Duration::max();
  std::optional<std::stop_callback<std::function<void()>>> cancelled;
};

StreamPump::StreamPump(act::WorkerPool& pool, act::WorkerPool& asking, size_t share, Clock& clock)
    : pool_(pool),
      asking_(asking),
      share_(share),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void StreamPump::Stop() {
  {
    Lock lock(mutex_);
    stopped_ = true;
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

StreamPump::~StreamPump() {
  Stop();
  std::map<uint64_t, std::shared_ptr<Open>> open;
  {
    Lock lock(mutex_);
    open.swap(open_);
  }
  for (const auto& [number, one] : open) one->cancelled.reset();
}

void StreamPump::Begin(std::unique_ptr<api::Stream> stream,
                       std::shared_ptr<plugin::ApiReply> reply) {
  auto open = std::make_shared<Open>();
  open->stream = std::move(stream);
  open->reply = std::move(reply);
  open->working = true;
  {
    Lock lock(mutex_);
    open->number = ++last_;
    open_[open->number] = open;
    awaiting_.emplace(open->stream->awaits(), open->number);
  }
  open->cancelled.emplace(open->reply->call().cancel,
                          [this, number = open->number] { Wake(number); });
  Lock lock(mutex_);
  Submit(open);
}

void StreamPump::OnMore(const std::string& id) {
  Lock lock(mutex_);
  for (auto at = awaiting_.lower_bound({id, 0}); at != awaiting_.end() && at->first == id; ++at)
    WakeLocked(at->second);
}

size_t StreamPump::open() {
  Lock lock(mutex_);
  return open_.size();
}

void StreamPump::Run(const std::stop_token& stop) {
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Duration now = clock_.Monotonic();
    if (!due_.empty() && due_.begin()->first <= now) {
      WakeLocked(due_.begin()->second);
      continue;
    }
    const auto waited = due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
    const auto sooner = [&]() NS_REQUIRES(mutex_) {
      return !due_.empty() && (!waited || due_.begin()->first < *waited);
    };
    if (waited)
      changed_.wait_for(mutex_, stop, *waited - now, sooner);
    else
      changed_.wait(mutex_, stop, sooner);
  }
}

void StreamPump::Wake(uint64_t number) {
  Lock lock(mutex_);
  WakeLocked(number);
}

void StreamPump::WakeLocked(uint64_t number) {
  const auto found = open_.find(number);
  if (found == open_.end()) return;
  Open& open = *found->second;
  due_.erase({open.due, number});
  if (open.working) {
    open.woken = true;
  } else {
    open.working = true;
    Submit(found->second);
  }
}

void StreamPump::Submit(const std::shared_ptr<Open>& open) {
  if (stopped_) return;
  const std::string user = open->stream->waits_for_others();
  if (user.empty()) return pool_.Submit([this, open] { Work(open); });
  Asking& asking = users_[user];
  if (asking.held == share_) return asking.waiting.push_back(open);
  ++asking.held;
  asking_.Submit([this, open] { Work(open); });
}

void StreamPump::Return(const std::string& user) {
  const auto found = users_.find(user);
  Asking& asking = found->second;
  --asking.held;
  if (!asking.waiting.empty()) {
    const auto next = std::move(asking.waiting.front());
    asking.waiting.pop_front();
    return Submit(next);
  }
  if (asking.held == 0) users_.erase(found);
}

void StreamPump::Work(const std::shared_ptr<Open>& open) {
  const std::optional<Duration> again = Look(*open);
  if (!again) open->cancelled.reset();  // outside the lock: it may be waiting for it
  Lock lock(mutex_);
  if (const std::string user = open->stream->waits_for_others(); !user.empty()) Return(user);
  if (!again) {
    awaiting_.erase({open->stream->awaits(), open->number});
    open_.erase(open->number);
    return;
  }
  if (std::exchange(open->woken, false) || *again == Duration::zero()) return Submit(open);
  open->working = false;
  open->due = *again == Duration::max() ? *again : clock_.Monotonic() + *again;
  if (const auto deadline = open->reply->call().deadline)
    open->due = std::min(open->due, *deadline);
  if (open->due == Duration::max()) return;
  due_.emplace(open->due, open->number);
  changed_.notify_all();
}

std::optional<Duration> StreamPump::Look(Open& open) {
  plugin::ApiReply& reply = *open.reply;
  const auto end = [&](const Status& status) {
    reply.End(status);
    return std::nullopt;
  };
  for (int looks = 0; looks < kAtOnce; ++looks) {
    if (reply.call().cancel.stop_requested())
      return end({Code::kCancelled, "Cancelled", "the caller has gone"});
    // Before anything is offered: whoever takes nothing is not looked at again and again.
    if (reply.call().deadline && clock_.Monotonic() >= *reply.call().deadline)
      return end({Code::kDeadline, "DeadlineExceeded", "the time for this answer is over"});
    for (; !open.messages.empty(); open.messages.pop_front()) {
      if (!reply.Offer(open.messages.front(), [this, number = open.number] { Wake(number); }))
        return Duration::max();
    }
    if (open.ended) return end(Status());
    Result<api::Piece> piece = open.stream->Next(reply.call());
    if (!piece.ok()) return end(piece.status());
    open.ended = piece->ended;
    for (std::string& message : piece->messages) open.messages.push_back(std::move(message));
    if (open.messages.empty() && !open.ended) return open.stream->interval();
  }
  return Duration::zero();
}

}  // namespace ns::host
