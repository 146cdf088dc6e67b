#include "link/builder_streams.h"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <deque>
#include <map>

#include "base/log.h"
#include "base/mutex.h"
#include "link/grpc_status.h"
#include "neoshowcase/link/v1/builders.grpc.pb.h"

namespace ns::link {
namespace {

using wire::BuilderMessage;
using wire::ControllerMessage;

constexpr size_t kMostUnsent = 64;

// A stream that is not let in.
class Refused final : public grpc::ServerBidiReactor<BuilderMessage, ControllerMessage> {
 public:
  explicit Refused(const Status& why) { Finish(ToGrpc(why)); }
  void OnDone() override { delete this; }
};

}  // namespace

class BuilderStreams::Streams final : public wire::Builders::CallbackService,
                                      public std::enable_shared_from_this<BuilderStreams::Streams> {
 public:
  explicit Streams(BuilderStreamsParts parts) : parts_(std::move(parts)) {}

  grpc::ServerBidiReactor<BuilderMessage, ControllerMessage>* Attach(
      grpc::CallbackServerContext* context) override;

  class Stream;
  // `stream` speaks for that builder from now on; an older stream of it ends.
  void Joined(const HostId& host, const std::shared_ptr<Stream>& stream);
  // False: a newer stream speaks for it, or the controller ends.
  bool Left(const HostId& host, const Stream* stream);
  void Look();
  void End();
  void Born();
  void Gone(const Stream* stream);
  void WaitGone();

  const BuilderStreamsParts parts_;

 private:
  std::vector<std::shared_ptr<Stream>> All();

  Mutex mutex_;
  std::condition_variable_any gone_;
  bool ending_ NS_GUARDED_BY(mutex_) = false;
  int alive_ NS_GUARDED_BY(mutex_) = 0;
  std::map<const Stream*, std::weak_ptr<Stream>> all_ NS_GUARDED_BY(mutex_);
  std::map<HostId, const Stream*> speaking_ NS_GUARDED_BY(mutex_);

  friend class Stream;
};

// Lives until gRPC and the executor have both let go of it.
class BuilderStreams::Streams::Stream final
    : public grpc::ServerBidiReactor<BuilderMessage, ControllerMessage>,
      public std::enable_shared_from_this<Stream> {
 public:
  Stream(std::shared_ptr<Streams> streams, grpc::CallbackServerContext* context, std::string name)
      : streams_(std::move(streams)),
        context_(context),
        name_(name),
        conversation_(std::move(name), streams_->parts_.hosts, streams_->parts_.desk_for,
                      streams_->parts_.clock) {
    streams_->Born();
  }
  ~Stream() override { streams_->Gone(this); }

  void Begin() {
    self_ = shared_from_this();
    StartRead(&incoming_);
  }

  // Whoever ends the stream keeps it alive meanwhile: OnDone may come on another thread at once.
  void OnReadDone(bool ok) override {
    auto self = shared_from_this();
    if (!ok) return End(Status());
    streams_->parts_.executor([self = std::move(self)] { self->Work(); });
  }

  void OnWriteDone(bool ok) override {
    const auto self = shared_from_this();
    Lock lock(mutex_);
    if (unsent_.front().has_look()) look_waits_ = false;
    unsent_.pop_front();
    if (!ok || ended_) unsent_.clear();
    Continue();
  }

  void OnDone() override {
    streams_->parts_.executor([self = shared_from_this()] { self->Leave(); });
    self_.reset();
  }

  void Look() {
    ControllerMessage message;
    message.mutable_look();
    {
      Lock lock(mutex_);
      if (!joined_ || std::exchange(look_waits_, true)) return;
    }
    Send(std::move(message));
  }

  void End(const Status& why) {
    Lock lock(mutex_);
    if (std::exchange(ended_, true)) return;
    end_ = why;
    if (!writing_) Finish(ToGrpc(end_));
  }

 private:
  void Work() {
    const bool first = conversation_.host().empty();
    auto answer = conversation_.Answer(incoming_);
    if (!answer.ok()) {
      log::Warn("a builder's connection is ended",
                {{"builder", name_}, {"why", answer.status().ToString()}});
      return End(answer.status());
    }
    if (*answer) Send(std::move(**answer));
    if (first && !conversation_.host().empty()) Join();
    Lock lock(mutex_);
    if (!ended_) StartRead(&incoming_);
  }

  void Join() {
    log::Info("a builder is connected", {{"builder", name_}, {"host", conversation_.host().str()}});
    {
      Lock lock(mutex_);
      joined_ = true;
    }
    streams_->Joined(conversation_.host(), shared_from_this());
    streams_->parts_.joined();
  }

  void Leave() {
    if (conversation_.host().empty() || !streams_->Left(conversation_.host(), this)) return;
    log::Info("a builder has gone", {{"builder", name_}});
    if (const Status left = conversation_.Leave(); !left.ok())
      log::Info("the builder's row stays until it is out of date", {{"why", left.ToString()}});
  }

  void Send(ControllerMessage message) {
    Lock lock(mutex_);
    if (ended_) return;
    if (unsent_.size() >= kMostUnsent) return context_->TryCancel();  // it does not read
    unsent_.push_back(std::move(message));
    if (!writing_) Continue();
  }

  // Writes what waits, or finishes once nothing is on its way.
  void Continue() NS_REQUIRES(mutex_) {
    writing_ = !unsent_.empty();
    if (writing_) {
      StartWrite(&unsent_.front());
    } else if (ended_) {
      Finish(ToGrpc(end_));
    }
  }

  const std::shared_ptr<Streams> streams_;
  grpc::CallbackServerContext* const context_;
  const std::string name_;
  Conversation conversation_;  // of whoever works: one at a time
  BuilderMessage incoming_;
  std::shared_ptr<Stream> self_;  // until OnDone
  Mutex mutex_;
  std::deque<ControllerMessage> unsent_ NS_GUARDED_BY(mutex_);
  bool writing_ NS_GUARDED_BY(mutex_) = false;
  bool joined_ NS_GUARDED_BY(mutex_) = false;
  bool look_waits_ NS_GUARDED_BY(mutex_) = false;
  bool ended_ NS_GUARDED_BY(mutex_) = false;
  Status end_ NS_GUARDED_BY(mutex_);
};

grpc::ServerBidiReactor<BuilderMessage, ControllerMessage>* BuilderStreams::Streams::Attach(
    grpc::CallbackServerContext* context) {
  const auto name = parts_.admission.Admit(CredentialsOf(*context), "builder");
  if (!name.ok()) {
    log::Warn("a host is not let in as a builder",
              {{"from", context->peer()}, {"why", name.status().ToString()}});
    return new Refused(name.status());
  }
  const auto stream = std::make_shared<Stream>(shared_from_this(), context, *name);
  {
    Lock lock(mutex_);
    if (ending_) return new Refused(Unavailable("the controller is stopping"));
    all_[stream.get()] = stream;
  }
  stream->Begin();
  return stream.get();
}

void BuilderStreams::Streams::Joined(const HostId& host, const std::shared_ptr<Stream>& stream) {
  std::shared_ptr<Stream> before;
  {
    Lock lock(mutex_);
    const auto found = speaking_.find(host);
    const auto older = found == speaking_.end() ? all_.end() : all_.find(found->second);
    if (older != all_.end()) before = older->second.lock();
    speaking_[host] = stream.get();
  }
  if (before && before != stream)
    before->End(Status(Code::kStale, "AnotherStream", "the builder has connected again"));
}

bool BuilderStreams::Streams::Left(const HostId& host, const Stream* stream) {
  Lock lock(mutex_);
  const auto found = speaking_.find(host);
  if (found == speaking_.end() || found->second != stream) return false;
  speaking_.erase(found);
  return !ending_;
}

std::vector<std::shared_ptr<BuilderStreams::Streams::Stream>> BuilderStreams::Streams::All() {
  Lock lock(mutex_);
  std::vector<std::shared_ptr<Stream>> all;
  for (const auto& [raw, weak] : all_) {
    if (auto stream = weak.lock()) all.push_back(std::move(stream));
  }
  return all;
}

void BuilderStreams::Streams::Look() {
  for (const auto& stream : All()) stream->Look();
}

void BuilderStreams::Streams::End() {
  {
    Lock lock(mutex_);
    ending_ = true;
  }
  for (const auto& stream : All()) stream->End(Unavailable("the controller is stopping"));
}

void BuilderStreams::Streams::Born() {
  Lock lock(mutex_);
  ++alive_;
}

void BuilderStreams::Streams::Gone(const Stream* stream) {
  Lock lock(mutex_);
  all_.erase(stream);
  --alive_;
  gone_.notify_all();
}

void BuilderStreams::Streams::WaitGone() {
  Lock lock(mutex_);
  gone_.wait(mutex_, [this]() NS_REQUIRES(mutex_) { return alive_ == 0; });
}

BuilderStreams::BuilderStreams(BuilderStreamsParts parts)
    : streams_(std::make_shared<Streams>(std::move(parts))) {}

BuilderStreams::~BuilderStreams() { streams_->WaitGone(); }

grpc::Service& BuilderStreams::service() { return *streams_; }

void BuilderStreams::Look() { streams_->Look(); }

void BuilderStreams::End() { streams_->End(); }

}  // namespace ns::link
