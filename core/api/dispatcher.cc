#include "api/dispatcher.h"

#include <exception>

#include "api/message_check.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/raw.h"
#include "base/log.h"
#include "google/protobuf/stubs/logging.h"
#include "neoshowcase/policy/v1/policy.pb.h"
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
  OfferApplications(table);
  OfferEnv(table);
  OfferBuilds(table);
  OfferOutput(table);
  OfferStatus(table);
  OfferReleases(table);
  OfferEvents(table);
  OfferSuggest(table);
  OfferInstallation(table);
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

Status TooLate() {
  return {Code::kDeadline, "DeadlineExceeded", "the deadline has passed before the call began"};
}

}  // namespace

struct Dispatcher::State {
  State(Settings given, Parts with)
      : settings(std::move(given)),
        parts(with),
        followers(std::make_shared<LogFollowers>()),
        methods(AllMethods()) {}

  Context MakeContext() { return {settings, parts, *followers, refreshes, turns}; }

  Result<std::string> Invoke(const ports::Call& call, const Peer& peer, const std::string& name,
                             std::string_view request) {
    NS_ASSIGN(const Claim claim, Identify(settings.identity, peer));
    const auto* descriptor = proto::FindMethod(name);
    const auto method = methods.find(name);
    if (descriptor == nullptr || method == methods.end())
      return NoSuchMethod(name, descriptor != nullptr);
    if (call.cancel.stop_requested())
      return Status(Code::kCancelled, "Cancelled", "the caller has gone");
    if (call.deadline && parts.clock.Monotonic() >= *call.deadline) return TooLate();
    NS_ASSIGN(const auto message, Parse(*method->second.input, request));
    NS_ASSIGN(model::User user, parts.store.users.Ensure(claim.name, claim.admin));
    user.admin =
        claim.admin;  // whoever is no admin any more is none from now on, whatever was stored
    NS_ASSIGN(Admitted admitted, Admit(parts.store, user, proto::PolicyOf(*descriptor), *message));
    return method->second.handle(MakeContext(), {call, std::move(user), std::move(admitted)},
                                 *message);
  }

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
};

Dispatcher::Dispatcher(Settings settings, Parts parts)
    : state_(std::make_unique<State>(std::move(settings), parts)) {
  google::protobuf::SetLogHandler(&Note);
  parts.store.hints.Subscribe(
      [followers = state_->followers](const ports::Hint& hint) { followers->OnHint(hint); });
}

Dispatcher::~Dispatcher() = default;

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
