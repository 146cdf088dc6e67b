#include "api/dispatcher.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "api/admitting.h"
#include "api/audit_trail.h"
#include "api/callers.h"
#include "api/event_feed.h"
#include "api/looks.h"
#include "api/message_check.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/raw.h"
#include "api/receive.h"
#include "api/repeats.h"
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
  OfferOwnApplications(table);
  OfferEnv(table);
  OfferBuilds(table);
  OfferOutput(table);
  OfferMetrics(table);
  OfferStatus(table);
  OfferReleases(table);
  OfferEvents(table);
  OfferSuggest(table);
  OfferInstallation(table);
  OfferWatch(table);
  OfferQueue(table);
  OfferUsers(table);
  OfferTokens(table);
  OfferAdmins(table);
  OfferAudit(table);
  OfferPush(table);
  OfferHostKeys(table);
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

// Methods whose handlers ask neither the store nor anybody else.
constexpr std::string_view kAtOnce[] = {"neoshowcase.protobuf.APIService/GetMe"};

constexpr char kGitPush[] = "git/receive-pack";  // in the audit log

Status TooLate() {
  return {Code::kDeadline, "DeadlineExceeded", "the deadline has passed before the call began"};
}

}  // namespace

struct Dispatcher::State {
  State(Settings given, Parts with)
      : settings(std::move(given)),
        parts(with),
        followers(std::make_shared<LogFollowers>()),
        feed(std::make_shared<EventFeed>(parts.store.events,
                                         [woken = followers] { woken->Wake(kWatchers); })),
        methods(AllMethods()),
        callers(parts.store, settings.identity, parts.clock),
        trail(parts.store, parts.clock),
        repeats(parts.store.repeats, settings.plan_key, parts.random),
        hooks(parts.store, parts.clock) {
    for (const auto& [name, method] : methods) {
      if (Writes(*proto::FindMethod(name))) writing.emplace(name, method.output);
    }
  }

  Context MakeContext() {
    return {settings, parts, *followers, refreshes, remote_turns, output_turns, storage_turns,
            failures, *feed, looks,      listing,   hooks,        git_turns,    host_turns};
  }

  // What a call has once it was let in; until then `on` is empty.
  struct Entered {
    const Method& method;
    const google::protobuf::MethodDescriptor& descriptor;
    std::unique_ptr<Message> message;
    Claim claim;
    Caller caller;
    Admitted on;
  };

  // Who calls, and what they ask for. `told`: where that is noted; null where nothing is told of
  // it.
  Result<Entered> Receive(const ports::Call& call, const Peer& peer, const std::string& name,
                          std::string_view request, model::AuditEvent* told) {
    NS_ASSIGN(Claim claim, Identify(settings.identity, peer, parts.clock.Now()));
    if (told != nullptr) NoteClaim(settings.identity, peer, claim, *told);
    const auto* descriptor = proto::FindMethod(name);
    const auto method = methods.find(name);
    if (descriptor == nullptr || method == methods.end())
      return NoSuchMethod(name, descriptor != nullptr);
    if (call.cancel.stop_requested())
      return Status(Code::kCancelled, "Cancelled", "the caller has gone");
    if (call.deadline && parts.clock.Monotonic() >= *call.deadline) return TooLate();
    // What writes, or goes on for long, is let in by what the store says now.
    const bool looks_once = told == nullptr && method->second.handle;
    NS_ASSIGN(Caller caller, looks_once ? callers.Recognise(claim)
                                        : Recognise(parts.store, settings.identity, claim));
    if (told != nullptr) NoteCaller(caller, *told);
    NS_ASSIGN(auto message, Parse(*method->second.input, request));
    if (told != nullptr) NoteObject(*descriptor, *message, *told);
    return Entered{method->second,   *descriptor,       std::move(message),
                   std::move(claim), std::move(caller), {}};
  }

  Status LetIn(Entered& in) const {
    NS_ASSIGN(in.on, Admit(parts.store, in.caller, in.descriptor, *in.message));
    return Status();
  }

  Result<std::string> Invoke(const ports::Call& call, const Peer& peer, const std::string& name,
                             std::string_view request, model::AuditEvent* told) {
    NS_ASSIGN(Entered in, Receive(call, peer, name, request, told));
    if (!in.method.handle)
      return Status(Code::kUnsupported, "NotOffered", name + " answers as a stream alone");
    const auto act = [&]() -> Result<std::string> {
      NS_TRY(LetIn(in));
      if (told != nullptr) NoteAdmitted(in.on, *told);
      return in.method.handle(
          MakeContext(), {call, in.caller.user, std::move(in.on), in.caller.token}, *in.message);
    };
    return told == nullptr ? act() : Once(peer, in, *told, act);
  }

  // A call that writes, with regard to its idempotency key.
  Result<std::string> Once(const Peer& peer, const Entered& in, model::AuditEvent& told,
                           const std::function<Result<std::string>()>& act) {
    NS_ASSIGN(const auto key, IdempotencyKeyOf(peer));
    if (!key) return act();
    bool repeated = false;
    auto answer = repeats.Once({in.caller.user.id, told.via + " " + told.credential, *key,
                                told.method, in.message->SerializeAsString()},
                               repeated, act);
    if (repeated) told.reason = "Repeated";
    return answer;
  }

  // The one place below an edge that any defect passes: a request must never end the process.
  template <class Act>
  Result<std::string> Guarding(const std::string& method, const Act& act) {
    try {
      auto answer = act();
      if (answer.ok()) return answer;
      return ForCaller(answer.status(), method, parts.random);
    } catch (const std::exception& error) {
      return ForCaller(Internal(error.what()), method, parts.random);
    }
  }

  Result<std::string> Answer(const ports::Call& call, const Peer& peer, const std::string& method,
                             std::string_view request, model::AuditEvent* told) {
    return Guarding(method, [&] { return Invoke(call, peer, method, request, told); });
  }

  std::optional<Result<std::string>> AnswerAtOnce(const ports::Call& call, const Peer& peer,
                                                  const std::string& name,
                                                  std::string_view request) {
    const auto method = methods.find(name);
    if (method == methods.end() || std::ranges::find(kAtOnce, name) == std::end(kAtOnce))
      return std::nullopt;
    const auto claim = Identify(settings.identity, peer, parts.clock.Now());
    if (!claim.ok()) return std::nullopt;
    const auto caller = callers.Kept(*claim);
    if (!caller) return std::nullopt;
    return Guarding(name, [&]() -> Result<std::string> {
      NS_ASSIGN(const auto message, Parse(*method->second.input, request));
      NS_ASSIGN(Admitted on, Admit(parts.store, *caller, *proto::FindMethod(name), *message));
      return method->second.handle(MakeContext(),
                                   {call, caller->user, std::move(on), caller->token}, *message);
    });
  }

  void Tell(const Result<std::string>& answer, const google::protobuf::Descriptor& output,
            model::AuditEvent told) {
    try {
      NoteAnswer(answer, output, told);
      trail.Tell(std::move(told));
    } catch (const std::exception& error) {
      log::Error("an audit event is lost", {{"error", error.what()}});
    }
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
  const std::shared_ptr<EventFeed> feed;  // so is this
  const MethodTable methods;
  // Names of methods that write, with what they answer.
  std::map<std::string, const google::protobuf::Descriptor*> writing;
  Callers callers;
  AuditTrail trail;
  Repeats repeats;
  Looks looks;
  RefreshLimit refreshes;
  WaitTurns remote_turns{WaitTurns::kForRemotes}, output_turns{WaitTurns::kForOutputs},
      storage_turns{WaitTurns::kForStorage};
  RemoteFailures failures;
  AppListing listing;
  Hooks hooks;
  GitTurns git_turns{settings.receive.at_once, (settings.receive.at_once + 1) / 2};
  GitTurns host_turns{settings.receive.at_once, settings.receive.at_once};
};

Result<std::unique_ptr<Stream>> Dispatcher::State::Open(const ports::Call& call, const Peer& peer,
                                                        const std::string& name,
                                                        std::string_view request) {
  NS_ASSIGN(Entered in, Receive(call, peer, name, request, nullptr));
  NS_TRY(LetIn(in));
  const bool admin = in.caller.user.admin;
  NS_ASSIGN(auto stream, in.method.open(MakeContext(),
                                        {call, std::move(in.caller.user), std::move(in.on),
                                         std::move(in.caller.token)},
                                        *in.message));
  return std::unique_ptr<Stream>(
      std::make_unique<Admitting>(parts, settings.identity, in.descriptor, std::move(in.claim),
                                  admin, std::move(in.message), std::move(stream)));
}

Dispatcher::Dispatcher(Settings settings, Parts parts)
    : state_(std::make_unique<State>(std::move(settings), parts)) {
  google::protobuf::SetLogHandler(&Note);
  parts.store.hints.Subscribe(
      [followers = state_->followers, feed = state_->feed](const ports::Hint& hint) {
        followers->OnHint(hint);
        if (hint.kind != ports::Hint::Kind::kBuildLog) feed->OnHint();
      });
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::SendOwed() { state_->hooks.SendOwed(); }

Result<std::string> Dispatcher::Invoke(const ports::Call& call, const Peer& peer,
                                       const std::string& method, std::string_view request) {
  const auto writes = state_->writing.find(method);
  if (writes == state_->writing.end()) return state_->Answer(call, peer, method, request, nullptr);
  model::AuditEvent told = EventOf(peer, method, state_->parts.random);
  auto answer = state_->Answer(call, peer, method, request, &told);
  // Before the answer: whoever has it may rely on it. A call of nobody known has changed nothing.
  if (!told.user.empty()) state_->callers.Forget();
  state_->Tell(answer, *writes->second, std::move(told));
  return answer;
}

std::optional<Result<std::string>> Dispatcher::AnswerAtOnce(const ports::Call& call,
                                                            const Peer& peer,
                                                            const std::string& method,
                                                            std::string_view request) {
  try {
    return state_->AnswerAtOnce(call, peer, method, request);
  } catch (const std::exception&) {
    return std::nullopt;  // Invoke tells of it
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

void Dispatcher::FollowEvents(const std::stop_token& stop) { state_->feed->Run(stop); }

void Dispatcher::OnMore(std::function<void(const std::string&)> woken) {
  state_->followers->Tell(std::move(woken));
}

std::vector<RawEntry> Dispatcher::RawEntries() const {
  std::vector<RawEntry> entries = AllRawEntries();
  if (state_->parts.received != nullptr) entries.push_back(GitEntry(state_->settings.receive));
  return entries;
}

bool Dispatcher::OfAHost(const Peer& peer) const {
  return FetchedByHost(state_->settings, peer, state_->parts.clock.Now()).has_value();
}

Result<std::optional<RawAnswer>> Dispatcher::Raw(const ports::Call& call, const Peer& peer,
                                                 std::string_view http_method,
                                                 std::string_view path, RawStream& stream) {
  try {
    std::optional<model::AuditEvent> told = EventOf(peer, kGitPush, state_->parts.random);
    auto answer =
        AnswerGit(state_->MakeContext(), call, {peer, http_method, path, {}}, stream, told);
    if (told) state_->trail.Tell(std::move(*told));
    return answer;
  } catch (const std::exception& error) {
    return ForCaller(Internal(error.what()), std::string(path), state_->parts.random);
  }
}

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
