#include "plugin/edge_replies.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "ns/sdk/text.h"

namespace ns::plugin {

namespace {

// As much of it as the edge knows of; the rest is zero.
ns_api_sink Copied(const ns_api_sink& given) {
  ns_api_sink sink{};
  std::memcpy(&sink, &given, std::min<size_t>(given.struct_size, sizeof(sink)));
  return sink;
}

}  // namespace

class EdgeReply final : public ApiReply {
 public:
  EdgeReply(std::shared_ptr<EdgeReplies> owner, uint64_t number, Clock& clock,
            std::optional<Duration> deadline, uint32_t credit, const ns_api_sink& sink)
      : owner_(std::move(owner)),
        number_(number),
        clock_(clock),
        sink_(Copied(sink)),
        credit_(credit) {
    call_.cancel = cancel_.get_token();
    call_.deadline = deadline;
  }
  void EndIfDropped() {
    if (!ended_)
      End({Code::kUnavailable, "HostStopping", "the host ended before it had answered; try again"});
  }

  const ports::Call& call() const override { return call_; }

  Status Message(std::string_view message) override {
    NS_TRY(TakeCredit());
    if (!owner_->BeginDelivery()) return {Code::kCancelled, "the edge has gone"};
    sink_.on_message(sink_.ctx, sdk::Bytes(message));
    owner_->EndDelivery();
    return {};
  }

  bool Offer(std::string_view message, std::function<void()> more) override {
    {
      const std::lock_guard lock(mutex_);
      if (credit_ == 0 && !cancel_.stop_requested()) {
        more_ = std::move(more);
        return false;
      }
      credit_ -= credit_ > 0 ? 1 : 0;
    }
    if (cancel_.stop_requested() || !owner_->BeginDelivery()) return true;  // nobody wants it
    sink_.on_message(sink_.ctx, sdk::Bytes(message));
    owner_->EndDelivery();
    return true;
  }

  void Metadata(bool trailing, const ApiMetadata& metadata) override {
    if (sink_.on_metadata == nullptr || !owner_->BeginDelivery()) return;
    std::vector<ns_header> headers;
    for (const auto& [name, value] : metadata) headers.push_back({sdk::Str(name), sdk::Str(value)});
    sink_.on_metadata(sink_.ctx, trailing ? 1 : 0, headers.data(), headers.size());
    owner_->EndDelivery();
  }

  RequestBody* body() override { return &body_; }

  void Want(uint64_t bytes) override {
    if (sink_.on_want == nullptr || !owner_->BeginDelivery()) return;
    sink_.on_want(sink_.ctx, bytes);
    owner_->EndDelivery();
  }

  void End(const Status& outcome, int http_status = 0,
           const std::string& content_type = "") override {
    ended_ = true;
    if (!owner_->BeginDelivery()) return;
    Deliver(outcome, http_status, content_type);
    owner_->Forget(number_);
    owner_->EndDelivery();
  }

  void Grant(uint32_t credit) {
    std::function<void()> more;
    {
      const std::lock_guard lock(mutex_);
      credit_ += credit;
      more.swap(more_);
      changed_.notify_all();
    }
    if (more) more();
  }

  void Cancel() {
    cancel_.request_stop();
    body_.Abandon();
    Grant(0);
  }

 private:
  Status TakeCredit() {
    std::unique_lock lock(mutex_);
    const auto over = [this] { return credit_ > 0 || cancel_.stop_requested(); };
    if (call_.deadline) {
      if (!changed_.wait_for(lock, *call_.deadline - clock_.Monotonic(), over))
        return {Code::kDeadline, "the edge took no message in time"};
    } else {
      changed_.wait(lock, over);
    }
    if (cancel_.stop_requested()) return {Code::kCancelled, "the edge wants no more"};
    --credit_;
    return {};
  }

  void Deliver(const Status& outcome, int http_status, const std::string& content_type) {
    ns_problem problem{};
    problem.struct_size = sizeof(problem);
    problem.code = static_cast<ns_status>(outcome.code());
    problem.reason = sdk::Str(outcome.reason());
    problem.message = sdk::Str(outcome.message());
    problem.fault = static_cast<int32_t>(outcome.fault());
    problem.retry_after_ns = outcome.retry_after() ? outcome.retry_after()->count() : 0;
    problem.details = sdk::Bytes(outcome.details());
    sink_.on_end(sink_.ctx, outcome.ok() ? nullptr : &problem, http_status, sdk::Str(content_type));
  }

  const std::shared_ptr<EdgeReplies> owner_;
  const uint64_t number_;
  Clock& clock_;
  const ns_api_sink sink_;
  std::stop_source cancel_;
  ports::Call call_;
  bool ended_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t credit_;
  RequestBody body_;
  std::function<void()> more_;  // who waits for credit
};

std::pair<std::shared_ptr<ApiReply>, ns_api_request*> EdgeReplies::Begin(
    std::optional<Duration> deadline, uint32_t credit, const ns_api_sink& sink) {
  const std::lock_guard lock(mutex_);
  const uint64_t number = ++last_;
  const auto reply =
      std::make_shared<EdgeReply>(shared_from_this(), number, clock_, deadline, credit, sink);
  replies_[number] = reply;
  // Rationale for an owner beside the reply: its end must not come from a thread of the edge that
  // happens to look the reply up.
  std::shared_ptr<ApiReply> owner(reply.get(), [reply](ApiReply*) { reply->EndIfDropped(); });
  return {std::move(owner), reinterpret_cast<ns_api_request*>(number)};
}

void EdgeReplies::Grant(const ns_api_request* handle, uint32_t credit) {
  if (const auto reply = Find(handle)) reply->Grant(credit);
}

void EdgeReplies::Cancel(const ns_api_request* handle) {
  if (const auto reply = Find(handle)) reply->Cancel();
}

void EdgeReplies::Send(const ns_api_request* handle, std::string_view piece, bool last) {
  if (const auto reply = Find(handle)) reply->body()->Put(piece, last);
}

bool EdgeReplies::Close(Duration patience) {
  std::vector<std::shared_ptr<EdgeReply>> open;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [number, weak] : replies_) {
      if (auto reply = weak.lock()) open.push_back(std::move(reply));
    }
  }
  for (const auto& reply : open) reply->Cancel();
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, patience, [this] { return delivering_ == 0; });
}

bool EdgeReplies::BeginDelivery() {
  const std::lock_guard lock(mutex_);
  delivering_ += closed_ ? 0 : 1;
  return !closed_;
}

void EdgeReplies::EndDelivery() {
  const std::lock_guard lock(mutex_);
  if (--delivering_ == 0) idle_.notify_all();
}

void EdgeReplies::Forget(uint64_t number) {
  const std::lock_guard lock(mutex_);
  replies_.erase(number);
}

std::shared_ptr<EdgeReply> EdgeReplies::Find(const ns_api_request* handle) {
  const std::lock_guard lock(mutex_);
  const auto found = replies_.find(reinterpret_cast<uint64_t>(handle));
  return found == replies_.end() ? nullptr : found->second.lock();
}

}  // namespace ns::plugin
