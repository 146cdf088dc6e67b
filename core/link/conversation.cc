#include "link/conversation.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"

namespace ns::link {
namespace {

using namespace std::chrono_literals;
using wire::BuilderMessage;
using wire::ControllerMessage;

constexpr Duration kBuilderLease = 10s;  // three heartbeats
constexpr Duration kSettleLimit = 4s;    // a storage that hangs holds up the messages behind it
constexpr int kMostPerSecond = 2000;

Status Broken(const std::string& what) {
  return Status(Code::kInvalid, "ProtocolBroken", "a message breaks the protocol: " + what);
}

ControllerMessage Failure(const Status& status) {
  ControllerMessage out;
  ToWire(status, *out.mutable_failure());
  return out;
}

ControllerMessage DoneOr(const Status& status) {
  if (!status.ok()) return Failure(status);
  ControllerMessage out;
  out.mutable_done();
  return out;
}

}  // namespace

HostId BuilderId(const std::string& name, const std::string& process) {
  return HostId(Sha256Hex(name + "\n" + process).substr(0, 22));
}

Conversation::Conversation(std::string name, ports::HostStore& hosts, const DeskFor& desk_for,
                           Clock& clock)
    : hosts_(hosts), desk_for_(desk_for), clock_(clock) {
  host_.name = std::move(name);
  host_.roles = {"builder"};
}

Result<std::optional<ControllerMessage>> Conversation::Answer(const BuilderMessage& message) {
  NS_TRY(Count());
  if (message.kind_case() == BuilderMessage::kHello) {
    NS_ASSIGN(auto welcome, Hello(message.hello()));
    return std::optional(std::move(welcome));
  }
  if (!desk_) return Broken("the first one is no hello");
  if (message.kind_case() == BuilderMessage::kHeartbeat) {
    NS_TRY(Beat(message.heartbeat()));
    return std::optional<ControllerMessage>();
  }
  NS_ASSIGN(auto answer, Request(message));
  answer.set_request(message.request());
  return std::optional(std::move(answer));
}

Status Conversation::Leave() { return desk_ ? hosts_.Leave(host_.id) : Status(); }

Status Conversation::Count() {
  const Duration now = clock_.Monotonic();
  if (now - window_ >= 1s) {
    window_ = now;
    in_window_ = 0;
  }
  if (++in_window_ <= kMostPerSecond) return {};
  return Status(Code::kExhausted, "TooManyMessages", "messages come without measure");
}

Result<ControllerMessage> Conversation::Hello(const wire::Hello& hello) {
  if (desk_) return Broken("a second hello");
  const uint32_t version = std::min(hello.max_version(), kMaxVersion);
  if (version < std::max(hello.min_version(), kMinVersion)) {
    return Status(Code::kPrecondition, "VersionDisjoint",
                  "the builder speaks versions " + std::to_string(hello.min_version()) + " to " +
                      std::to_string(hello.max_version()) + " of the link, this controller " +
                      std::to_string(kMinVersion) + " to " + std::to_string(kMaxVersion) +
                      "; bring the older one up to date");
  }
  if (!IsId(hello.process())) return Broken("the name of a process");
  host_.id = BuilderId(host_.name, hello.process());
  NS_TRY(Beat(hello.state()));
  desk_ = desk_for_(host_.id);
  ControllerMessage out;
  out.mutable_welcome()->set_version(version);
  out.mutable_welcome()->set_host_id(host_.id.str());
  return out;
}

// A row that cannot be written now is written with the next beat.
Status Conversation::Beat(const wire::HostState& state) {
  NS_ASSIGN(model::Host told, FromWire(state));
  host_.build_slots = told.build_slots;
  host_.build_methods = std::move(told.build_methods);
  host_.plugins = std::move(told.plugins);
  if (const Status beat = hosts_.Beat(host_, kBuilderLease).status(); !beat.ok())
    log::Info("a builder's row is not up to date",
              {{"builder", host_.name}, {"why", beat.ToString()}});
  return {};
}

Result<ControllerMessage> Conversation::Request(const BuilderMessage& message) {
  switch (message.kind_case()) {
    case BuilderMessage::kListClaims:
      return Claimed();
    case BuilderMessage::kRenewClaims:
      return Renew(message.renew_claims());
    case BuilderMessage::kGetOrder:
      return Order(message.get_order());
    case BuilderMessage::kAppendLog:
      return Append(message.append_log());
    case BuilderMessage::kBeginPhase:
      return Phase(message.begin_phase());
    case BuilderMessage::kSettle:
      return Settle(message.settle());
    case BuilderMessage::kTakeDetection:
      return TakeDetection();
    case BuilderMessage::kAnswerDetection:
      return AnswerDetection(message.answer_detection());
    default:
      return Broken("its kind is unknown");
  }
}

ControllerMessage Conversation::Claimed() {
  const auto builds = desk_->Claimed({});
  if (!builds.ok()) return Failure(builds.status());
  ControllerMessage out;
  ToWire(*builds, *out.mutable_claims());
  return out;
}

Result<ControllerMessage> Conversation::Renew(const wire::RenewClaims& request) {
  if (request.claims_size() > kMaxClaims) return Broken("the number of claims");
  std::vector<ports::Claim> claims;
  for (const wire::Claim& one : request.claims()) {
    NS_ASSIGN(ports::Claim claim, FromWire(one));
    claims.push_back(std::move(claim));
  }
  const auto renewals = desk_->Renew({}, claims);
  if (!renewals.ok()) return Failure(renewals.status());
  ControllerMessage out;
  out.mutable_renewals();
  for (const Status& renewal : *renewals) ToWire(renewal, *out.mutable_renewals()->add_renewals());
  return out;
}

Result<ControllerMessage> Conversation::Order(const wire::GetOrder& request) {
  NS_ASSIGN(const ports::Claim claim, FromWire(request.claim()));
  const auto order = desk_->Order({}, claim);
  if (!order.ok()) return Failure(order.status());
  ControllerMessage out;
  ToWire(*order, *out.mutable_order());
  return out;
}

Result<ControllerMessage> Conversation::Append(const wire::AppendLog& request) {
  NS_ASSIGN(const ports::Claim claim, FromWire(request.claim()));
  if (request.bytes().size() > kMaxLogBytes || request.offset() < 0)
    return Broken("a piece of log");
  if (request.offset() > kLongestLog - static_cast<int64_t>(request.bytes().size()))
    return Broken("the length of a log");
  const auto end = desk_->AppendLog({}, claim, request.offset(), request.bytes());
  if (!end.ok()) return Failure(end.status());
  ControllerMessage out;
  out.mutable_log_end()->set_end(*end);
  return out;
}

Result<ControllerMessage> Conversation::Phase(const wire::BeginPhase& request) {
  NS_ASSIGN(const ports::Claim claim, FromWire(request.claim()));
  if (request.phase().size() > kMaxPhase || request.message().size() > kMaxPhaseMessage)
    return Broken("a phase");
  if (++phases_[claim.build] > kMostPhases) return Broken("the number of phases");
  return DoneOr(desk_->Phase({}, claim, request.phase(), request.message()));
}

Result<ControllerMessage> Conversation::Settle(const wire::Settle& request) {
  NS_ASSIGN(const ports::Claim claim, FromWire(request.claim()));
  NS_ASSIGN(const model::BuildResult result, FromWire(request));
  phases_.erase(claim.build);
  return DoneOr(desk_->Settle({{}, clock_.Monotonic() + kSettleLimit}, claim, result));
}

ControllerMessage Conversation::TakeDetection() {
  const auto order = desk_->TakeDetection({});
  if (!order.ok()) return Failure(order.status());
  ControllerMessage out;
  ToWire(*order, *out.mutable_detection());
  return out;
}

Result<ControllerMessage> Conversation::AnswerDetection(const wire::AnswerDetection& request) {
  ports::DetectionClaim claim;
  ports::DetectionAnswer answer;
  NS_TRY(FromWire(request, claim, answer));
  return DoneOr(desk_->AnswerDetection({}, claim, answer));
}

}  // namespace ns::link
