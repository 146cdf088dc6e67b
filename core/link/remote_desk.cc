#include "link/remote_desk.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <optional>

#include "base/log.h"
#include "base/mutex.h"
#include "link/builder_wire.h"
#include "link/desk_stream.h"
#include "link/send_artifact.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;
using wire::BuilderMessage;
using wire::ControllerMessage;

constexpr Duration kBeat = 3s;
constexpr Duration kShortestWait = 250ms;
constexpr Duration kLongestWait = 3s;  // a controller that is back is met well within a lease

Status Unexpected() {
  return Status(Code::kUnavailable, "ProtocolBroken", "the controller answers something else")
      .SetFault(Fault::kPlatform);
}

}  // namespace

// The connection that is kept up, stream after stream.
class RemoteDesk::Line {
 public:
  Line(RemoteDeskOptions options, Random& random, Clock& clock)
      : options_(std::move(options)), random_(random), clock_(clock) {}

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const std::string& address : options_.connect) {
        if (!stop.stop_requested()) Connect(address, stop);
      }
      Wait(stop);
    }
  }

  Result<ControllerMessage> Ask(const ports::Call& call, BuilderMessage message) {
    const auto stream = current_.With([](auto& current) { return current; });
    if (!stream) return ControllerAway();
    return stream->Ask(call, std::move(message));
  }

  // Whether there is a connection to a controller of before `version`.
  bool Precedes(uint32_t version) {
    const auto stream = current_.With([](auto& current) { return current; });
    return stream && stream->version() < version;
  }

  Result<model::Image> Put(const ports::Call& call, const ports::Claim& claim,
                           const ports::Digest& digest, const ports::ObjectSource& bytes) {
    const auto stream = current_.With([](auto& current) { return current; });
    if (!stream) return ControllerAway();
    return SendArtifact(call, stream->address(), options_.identity,
                        {options_.process, claim, digest}, bytes, clock_);
  }

  void Tell() {
    const auto stream = current_.With([](auto& current) { return current; });
    if (stream) stream->Send(Heartbeat());
  }

  bool connected() {
    return current_.With([](auto& current) { return current != nullptr; });
  }

 private:
  // From the beginning of a stream to its end.
  void Connect(const std::string& address, const std::stop_token& stop) {
    const std::shared_ptr<DeskStream> stream =
        DeskStream::Begin(address, Hello(), options_, clock_);
    const bool welcome = stream->WaitWelcome(stop);
    if (welcome) Serve(address, stream, stop);
    const Status ended = End(*stream, welcome && stop.stop_requested());
    if (!stop.stop_requested()) Report(address, ended);
  }

  BuilderMessage Heartbeat() const {
    BuilderMessage message;
    ToWire(options_.state(), *message.mutable_heartbeat());
    return message;
  }

  BuilderMessage Hello() const {
    BuilderMessage message;
    wire::Hello& hello = *message.mutable_hello();
    hello.set_min_version(kMinVersion);
    hello.set_max_version(kMaxVersion);
    hello.set_process(options_.process);
    ToWire(options_.state(), *hello.mutable_state());
    return message;
  }

  void Serve(const std::string& address, const std::shared_ptr<DeskStream>& stream,
             const std::stop_token& stop) {
    log::Info("connected to a controller", {{"controller", address}});
    told_.erase(address);
    failures_ = 0;
    current_.With([&](auto& current) { current = stream; });
    options_.look();
    while (!stop.stop_requested() && !stream->WaitClosed(stop, kBeat)) stream->Send(Heartbeat());
    current_.With([](auto& current) { current = nullptr; });
  }

  Status End(DeskStream& stream, bool leaves) {
    if (leaves) {
      stream.Leave();
      (void)stream.WaitClosed({}, 1s);
    }
    stream.Cancel();
    return stream.WaitEnd();
  }

  // One line for each thing that stands in the way.
  void Report(const std::string& address, const Status& ended) {
    if (std::exchange(told_[address], ended) == ended) return;
    log::Warn("no connection to a controller; trying again",
              {{"controller", address}, {"why", ended.ToString()}});
  }

  // Longer each time in a row, and by chance, so that builders do not come all at once.
  void Wait(const std::stop_token& stop) {
    const Duration most =
        std::min<Duration>(kShortestWait * (1 << std::min(failures_, 8)), kLongestWait);
    ++failures_;
    const Duration half = most / 2;
    const Duration wait =
        half + Duration(static_cast<int64_t>(random_.Below(static_cast<uint64_t>(half.count()))));
    Lock lock(idle_);
    never_.wait_for(idle_, stop, wait, [] { return false; });
  }

  const RemoteDeskOptions options_;
  Random& random_;
  Clock& clock_;
  int failures_ = 0;
  std::map<std::string, Status> told_;
  Mutex idle_;
  std::condition_variable_any never_;
  Guarded<std::shared_ptr<DeskStream>> current_;
};

RemoteDesk::RemoteDesk(RemoteDeskOptions options, Random& random, Clock& clock)
    : line_(std::make_unique<Line>(std::move(options), random, clock)) {}

RemoteDesk::~RemoteDesk() = default;

void RemoteDesk::Run(const std::stop_token& stop) { line_->Run(stop); }

void RemoteDesk::Tell() { line_->Tell(); }

bool RemoteDesk::connected() const { return line_->connected(); }

namespace {

// The failure that an answer tells, or ok.
Status FailureOf(const Result<ControllerMessage>& answer) {
  NS_TRY(answer.status());
  if (!answer->has_failure()) return {};
  Status told;
  NS_TRY(FromWire(answer->failure(), told));
  return told.ok() ? Unexpected() : told;
}

Status DoneOf(const Result<ControllerMessage>& answer) {
  NS_TRY(FailureOf(answer));
  return answer->has_done() ? Status() : Unexpected();
}

}  // namespace

Result<std::vector<model::Build>> RemoteDesk::Claimed(const ports::Call& call) {
  BuilderMessage message;
  message.mutable_list_claims();
  const auto answer = line_->Ask(call, std::move(message));
  NS_TRY(FailureOf(answer));
  if (!answer->has_claims()) return Unexpected();
  return FromWire(answer->claims());
}

Result<std::vector<Status>> RemoteDesk::Renew(const ports::Call& call,
                                              const std::vector<ports::Claim>& claims) {
  BuilderMessage message;
  message.mutable_renew_claims();
  for (const ports::Claim& claim : claims)
    ToWire(claim, *message.mutable_renew_claims()->add_claims());
  const auto answer = line_->Ask(call, std::move(message));
  NS_TRY(FailureOf(answer));
  if (!answer->has_renewals()) return Unexpected();
  std::vector<Status> renewals;
  for (const wire::Outcome& one : answer->renewals().renewals())
    NS_TRY(FromWire(one, renewals.emplace_back()));
  return renewals;
}

Result<ports::BuildOrder> RemoteDesk::Order(const ports::Call& call, const ports::Claim& claim) {
  BuilderMessage message;
  ToWire(claim, *message.mutable_get_order()->mutable_claim());
  const auto answer = line_->Ask(call, std::move(message));
  NS_TRY(FailureOf(answer));
  if (!answer->has_order()) return Unexpected();
  return FromWire(answer->order());
}

Result<int64_t> RemoteDesk::AppendLog(const ports::Call& call, const ports::Claim& claim,
                                      int64_t offset, std::string_view bytes) {
  BuilderMessage message;
  ToWire(claim, *message.mutable_append_log()->mutable_claim());
  message.mutable_append_log()->set_offset(offset);
  message.mutable_append_log()->set_bytes(bytes.data(), bytes.size());
  const auto answer = line_->Ask(call, std::move(message));
  NS_TRY(FailureOf(answer));
  if (!answer->has_log_end()) return Unexpected();
  return answer->log_end().end();
}

Status RemoteDesk::Phase(const ports::Call& call, const ports::Claim& claim,
                         const std::string& phase, const std::string& message) {
  BuilderMessage out;
  ToWire(claim, *out.mutable_begin_phase()->mutable_claim());
  out.mutable_begin_phase()->set_phase(phase);
  out.mutable_begin_phase()->set_message(message.substr(0, kMaxPhaseMessage));
  return DoneOf(line_->Ask(call, std::move(out)));
}

Result<model::Image> RemoteDesk::PutArtifact(const ports::Call& call, const ports::Claim& claim,
                                             const ports::Digest& digest,
                                             const ports::ObjectSource& bytes) {
  return line_->Put(call, claim, digest, bytes);
}

Status RemoteDesk::Settle(const ports::Call& call, const ports::Claim& claim,
                          const model::BuildResult& result) {
  BuilderMessage message;
  ToWire(claim, *message.mutable_settle()->mutable_claim());
  ToWire(result, *message.mutable_settle());
  return DoneOf(line_->Ask(call, std::move(message)));
}

Result<std::optional<ports::DetectionOrder>> RemoteDesk::TakeDetection(const ports::Call& call) {
  if (line_->Precedes(kDetectionVersion)) return std::optional<ports::DetectionOrder>();
  BuilderMessage message;
  message.mutable_take_detection();
  const auto answer = line_->Ask(call, std::move(message));
  NS_TRY(FailureOf(answer));
  if (!answer->has_detection()) return Unexpected();
  return FromWire(answer->detection());
}

Status RemoteDesk::AnswerDetection(const ports::Call& call, const ports::DetectionClaim& claim,
                                   const ports::DetectionAnswer& answer) {
  BuilderMessage message;
  ToWire(claim, answer, *message.mutable_answer_detection());
  return DoneOf(line_->Ask(call, std::move(message)));
}

}  // namespace ns::link
