#include "api/dispatcher.h"

#include <exception>

#include "api/caller.h"
#include "api/message_check.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/raw.h"
#include "base/log.h"
#include "google/protobuf/stubs/logging.h"
#include "proto/descriptors.h"

namespace ns::api {
namespace {

using google::protobuf::Message;

constexpr size_t kMaxRequest = size_t{4}
                               << 20;  // bytes; the largest honest one is a list of websites

MethodTable AllMethods() {
  MethodTable table;
  OfferSystem(table);
  OfferRepositories(table);
  OfferRepositoryEdits(table);
  OfferCommits(table);
  OfferApplications(table);
  OfferEnv(table);
  OfferBuilds(table);
  OfferOutput(table);
  OfferMetrics(table);
  OfferStatus(table);
  OfferReleases(table);
  OfferEvents(table);
  OfferSuggest(table);
  OfferInstallation(table);
  OfferUsers(table);
  OfferTokens(table);
  OfferAdmins(table);
  return table;
}

Status NoSuchMethod(const std::string& method, bool known) {
  if (known) return {Code::kUnsupported, "NotOffered", method + " is not offered by this version"};
  return {Code::kUnsupported, "NoSuchMethod", "there is no method " + model::Quoted(method)};
}

// What the library says of bytes it cannot parse: any caller could fill standard error with it.
void Note(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  log::Debug("protobuf", {{"message", message}});
}

constexpr Duration kAdmittedFor = std::chrono::seconds(30);

Status TooLate() {
  return {Code::kDeadline, "DeadlineExceeded", "the deadline has passed before the call began"};
}

}  // namespace

struct Dispatcher::State {
  State(Settings given, Parts with)
      : settings(std::move(given)),
        parts(with),
        followers(std::make_shared<LogFollowers>()),
        methods(AllMethods()),
        hooks(parts.store, parts.clock) {}

  Context MakeContext() { return {settings, parts, *followers, refreshes, turns, listing, hooks}; }

  // What a call has once it was let in.
  struct Entered {
    const Method& method;
    const google::protobuf::MethodDescriptor& descriptor;
    std::unique_ptr<Message> message;
    Claim claim;
    Caller caller;
    Admitted on;
  };

  Result<Entered> Enter(const ports::Call& call, const Peer& peer, const std::string& name,
                        std::string_view request) {
    NS_ASSIGN(Claim claim, Identify(settings.identity, peer));
    const auto* descriptor = proto::FindMethod(name);
    const auto method = methods.find(name);
    if (descriptor == nullptr || method == methods.end())
      return NoSuchMethod(name, descriptor != nullptr);
    if (call.cancel.stop_requested())
      return Status(Code::kCancelled, "Cancelled", "the caller has gone");
    if (call.deadline && parts.clock.Monotonic() >= *call.deadline) return TooLate();
    NS_ASSIGN(auto message, Parse(*method->second.input, request));
    NS_ASSIGN(Caller caller, Recognise(parts.store, settings.identity, claim));
    NS_ASSIGN(Admitted admitted, Admit(parts.store, caller, *descriptor, *message));
    return Entered{method->second,   *descriptor,       std::move(message),
                   std::move(claim), std::move(caller), std::move(admitted)};
  }

  Result<std::string> Invoke(const ports::Call& call, const Peer& peer, const std::string& name,
                             std::string_view request) {
    NS_ASSIGN(Entered in, Enter(call, peer, name, request));
    if (!in.method.handle)
      return Status(Code::kUnsupported, "NotOffered", name + " answers as a stream alone");
    return in.method.handle(
        MakeContext(),
        {call, std::move(in.caller.user), std::move(in.on), std::move(in.caller.token)},
        *in.message);
  }

  Result<std::unique_ptr<Stream>> Open(const ports::Call& call, const Peer& peer,
                                       const std::string& name, std::string_view request);

  static Result<std::unique_ptr<Message>> Parse(const google::protobuf::Descriptor& type,
                                                std::string_view bytes) {
    if (bytes.size() > kMaxRequest) {
      return Status(Code::kExhausted, "RequestTooLarge",
                    "a request has at most " + std::to_string(kMaxRequest) + " bytes, got " +
                        std::to_string(bytes.size()));
    }
    std::unique_ptr<Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
    if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Status(Code::kInvalid, "MalformedRequest", "the bytes are no " + type.full_name());
    }
    NS_TRY(CheckMessage(*message));
    return message;
  }

  const Settings settings;
  const Parts parts;
  const std::shared_ptr<LogFollowers>
      followers;  // shared with the store's listener, which may outlive the dispatcher
  const MethodTable methods;
  RefreshLimit refreshes;
  RemoteTurns turns;
  AppListing listing;
  Hooks hooks;
};

namespace {

// Asks again whether the caller may go on, and puts failures into words for them.
class Admitting final : public Stream {
 public:
  Admitting(const Parts& parts, const IdentitySettings& settings,
            const google::protobuf::MethodDescriptor& method, Claim claim,
            std::unique_ptr<Message> message, std::unique_ptr<Stream> inner)
      : parts_(parts),
        settings_(settings),
        method_(method),
        name_(proto::FullName(method)),
        claim_(std::move(claim)),
        message_(std::move(message)),
        inner_(std::move(inner)),
        admitted_(parts.clock.Monotonic()) {}

  Result<Piece> Next(const ports::Call& call) override {
    try {
      Result<Piece> piece = Look(call);
      if (piece.ok()) return piece;
      return ForCaller(piece.status(), name_, parts_.random);
    } catch (const std::exception& error) {
      return ForCaller(Internal(error.what()), name_, parts_.random);
    }
  }
  std::string awaits() const override { return inner_->awaits(); }
  Duration interval() const override { return inner_->interval(); }

 private:
  Result<Piece> Look(const ports::Call& call) {
    const Duration now = parts_.clock.Monotonic();
    if (now - admitted_ >= kAdmittedFor) {
      NS_ASSIGN(const Caller caller, Recognise(parts_.store, settings_, claim_));
      NS_ASSIGN(const Admitted on, Admit(parts_.store, caller, method_, *message_));
      if (on.app && on.app->deleted) return Piece{{}, true};
      admitted_ = now;
    }
    return inner_->Next(call);
  }

  const Parts& parts_;
  const IdentitySettings& settings_;
  const google::protobuf::MethodDescriptor& method_;
  const std::string name_;
  const Claim claim_;
  const std::unique_ptr<Message> message_;
  const std::unique_ptr<Stream> inner_;
  Duration admitted_;
};

}  // namespace

Result<std::unique_ptr<Stream>> Dispatcher::State::Open(const ports::Call& call, const Peer& peer,
                                                        const std::string& name,
                                                        std::string_view request) {
  NS_ASSIGN(Entered in, Enter(call, peer, name, request));
  NS_ASSIGN(auto stream, in.method.open(MakeContext(),
                                        {call, std::move(in.caller.user), std::move(in.on),
                                         std::move(in.caller.token)},
                                        *in.message));
  return std::unique_ptr<Stream>(
      std::make_unique<Admitting>(parts, settings.identity, in.descriptor, std::move(in.claim),
                                  std::move(in.message), std::move(stream)));
}

Dispatcher::Dispatcher(Settings settings, Parts parts)
    : state_(std::make_unique<State>(std::move(settings), parts)) {
  google::protobuf::SetLogHandler(&Note);
  parts.store.hints.Subscribe(
      [followers = state_->followers](const ports::Hint& hint) { followers->OnHint(hint); });
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::SendOwed() { state_->hooks.SendOwed(); }

Result<std::string> Dispatcher::Invoke(const ports::Call& call, const Peer& peer,
                                       const std::string& method, std::string_view request) {
  // The one place below an edge that any defect passes: a request must never end the process.
  try {
    auto answer = state_->Invoke(call, peer, method, request);
    if (answer.ok()) return answer;
    return ForCaller(answer.status(), method, state_->parts.random);
  } catch (const std::exception& error) {
    return ForCaller(Internal(error.what()), method, state_->parts.random);
  }
}

bool Dispatcher::Streams(const std::string& method) const {
  const auto found = state_->methods.find(method);
  return found != state_->methods.end() && found->second.open;
}

Result<std::unique_ptr<Stream>> Dispatcher::Open(const ports::Call& call, const Peer& peer,
                                                 const std::string& method,
                                                 std::string_view request) {
  try {
    auto stream = state_->Open(call, peer, method, request);
    if (stream.ok()) return stream;
    return ForCaller(stream.status(), method, state_->parts.random);
  } catch (const std::exception& error) {
    return ForCaller(Internal(error.what()), method, state_->parts.random);
  }
}

void Dispatcher::OnMore(std::function<void(const std::string&)> woken) {
  state_->followers->Tell(std::move(woken));
}

std::vector<RawEntry> Dispatcher::RawEntries() const { return AllRawEntries(); }

RawAnswer Dispatcher::Raw(const ports::Call& call, const Peer& peer, std::string_view http_method,
                          std::string_view path, std::string_view body) {
  try {
    return AnswerRaw(state_->MakeContext(), call, {peer, http_method, path, body});
  } catch (const std::exception& error) {
    return {500, "text/plain; charset=utf-8",
            ForCaller(Internal(error.what()), std::string(path), state_->parts.random).message() +
                "\n"};
  }
}

}  // namespace ns::api
