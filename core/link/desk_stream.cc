#include "link/desk_stream.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <optional>

#include "base/mutex.h"
#include "link/grpc_status.h"
#include "neoshowcase/link/v1/builders.grpc.pb.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;
using wire::BuilderMessage;
using wire::ControllerMessage;

constexpr Duration kDefaultDeadline = 10s;
constexpr Duration kWelcomeLimit = 10s;

constexpr size_t kMostUnsent = 256;

class Stream final : public DeskStream,
                     public grpc::ClientBidiReactor<BuilderMessage, ControllerMessage> {
 public:
  Stream(const std::string& address, const RemoteDeskOptions& options, Clock& clock)
      : address_(address),
        options_(options),
        clock_(clock),
        stub_(wire::Builders::NewStub(ChannelTo(address, options.identity))) {
    ShowIdentity(context_, options.identity);
  }

  const std::string& address() const override { return address_; }

  void Start(BuilderMessage hello) {
    stub_->async()->Attach(&context_, this);
    AddHold();  // for what is written from outside; until the last read
    StartRead(&incoming_);
    Send(std::move(hello));
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Lock lock(mutex_);
      closed_ = true;
      changed_.notify_all();
      return RemoveHold();
    }
    if (incoming_.has_look()) {
      options_.look();
    } else {
      Take();
    }
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    Lock lock(mutex_);
    unsent_.pop_front();
    if (!ok) unsent_.clear();
    Continue();
  }

  void OnDone(const grpc::Status& status) override {
    Lock lock(mutex_);
    end_ = FromGrpc(status);
    changed_.notify_all();
  }

  Result<ControllerMessage> Ask(const ports::Call& call, BuilderMessage message) override
      NS_EXCLUDES(mutex_) {
    const Duration left = call.deadline ? *call.deadline - clock_.Monotonic() : kDefaultDeadline;
    Lock lock(mutex_);
    const uint64_t request = ++last_request_;
    message.set_request(request);
    if (!Push(std::move(message))) return ControllerAway();
    waiting_[request] = std::nullopt;
    changed_.wait_for(mutex_, call.cancel, left, [&]() NS_REQUIRES(mutex_) {
      return waiting_[request].has_value() || closed_;
    });
    std::optional<ControllerMessage> answer = std::move(waiting_[request]);
    waiting_.erase(request);
    if (answer) return *std::move(answer);
    if (call.cancel.stop_requested()) return Status(Code::kCancelled, "no longer wanted");
    return closed_ ? ControllerAway() : Unavailable("the controller has not answered in time");
  }

  void Send(BuilderMessage message) override NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    (void)Push(std::move(message));
  }

  void Leave() override NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    if (closed_ || std::exchange(leaving_, true)) return;
    if (unsent_.empty()) StartWritesDone();
  }

  void Cancel() override { context_.TryCancel(); }

  bool WaitWelcome(const std::stop_token& stop) override NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    changed_.wait_for(mutex_, stop, kWelcomeLimit,
                      [this]() NS_REQUIRES(mutex_) { return version_ != 0 || closed_; });
    return version_ != 0 && !closed_;
  }
  uint32_t version() override NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return version_;
  }
  bool WaitClosed(const std::stop_token& stop, Duration span) override NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return changed_.wait_for(mutex_, stop, span, [this]() NS_REQUIRES(mutex_) { return closed_; });
  }
  Status WaitEnd() override NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    changed_.wait(mutex_, [this]() NS_REQUIRES(mutex_) { return end_.has_value(); });
    return *end_;
  }

 private:
  void Take() NS_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    if (incoming_.has_welcome()) {
      version_ = std::max(1u, incoming_.welcome().version());
    } else if (const auto found = waiting_.find(incoming_.request()); found != waiting_.end()) {
      found->second = std::move(incoming_);
    }  // else whoever asked has given up
    changed_.notify_all();
  }

  bool Push(BuilderMessage message) NS_REQUIRES(mutex_) {
    if (closed_ || leaving_ || unsent_.size() >= kMostUnsent) return false;
    unsent_.push_back(std::move(message));
    if (unsent_.size() == 1) StartWrite(&unsent_.front());
    return true;
  }

  void Continue() NS_REQUIRES(mutex_) {
    if (!unsent_.empty()) {
      StartWrite(&unsent_.front());
    } else if (leaving_ && !closed_) {
      StartWritesDone();
    }
  }

  const std::string address_;  // of the controller
  const RemoteDeskOptions& options_;
  Clock& clock_;
  const std::unique_ptr<wire::Builders::Stub> stub_;
  grpc::ClientContext context_;
  ControllerMessage incoming_;  // of the read under way
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<BuilderMessage> unsent_ NS_GUARDED_BY(mutex_);  // the first is under way
  std::map<uint64_t, std::optional<ControllerMessage>> waiting_ NS_GUARDED_BY(mutex_);
  uint64_t last_request_ NS_GUARDED_BY(mutex_) = 0;
  uint32_t version_ NS_GUARDED_BY(mutex_) = 0;
  bool leaving_ NS_GUARDED_BY(mutex_) = false;
  bool closed_ NS_GUARDED_BY(mutex_) = false;  // nothing more is read
  std::optional<Status> end_ NS_GUARDED_BY(mutex_);
};

}  // namespace

Status ControllerAway() {
  return Status(Code::kUnavailable, ports::kControllerAway, "no controller is connected")
      .SetFault(Fault::kPlatform);
}

std::unique_ptr<DeskStream> DeskStream::Begin(const std::string& address, BuilderMessage hello,
                                              const RemoteDeskOptions& options, Clock& clock) {
  auto stream = std::make_unique<Stream>(address, options, clock);
  stream->Start(std::move(hello));
  return stream;
}

}  // namespace ns::link
