#include "api/audit_trail.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/message.h"
#include "model/utf8.h"
#include "neoshowcase/policy/v1/policy.pb.h"
#include "proto/descriptors.h"

namespace ns::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using neoshowcase::policy::v1::Policy;

constexpr size_t kMostWaiting = 1000;
constexpr int kMostUnknown = 60;   // a minute
constexpr size_t kMostText = 200;  // bytes of a name or a request's id

const char* KindOf(Policy::Object object) {
  switch (object) {
    case Policy::REPOSITORY:
      return "repository";
    case Policy::APPLICATION:
      return "application";
    case Policy::BUILD:
      return "build";
    case Policy::ARTIFACT:
      return "artifact";
    default:
      return "";
  }
}

// The caller's own id of the request, where it is one that a log can hold.
std::string RequestIdOf(const Peer& peer) {
  for (const auto& [name, value] : peer.headers) {
    if (name != "x-request-id" || value.empty() || value.size() > kMostText) continue;
    if (std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7f; }))
      return value;
  }
  return "";
}

bool IsText(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_STRING && !field.is_repeated();
}

// The id in that field; empty: there is none.
std::string IdIn(const Message& message, const FieldDescriptor& field) {
  if (!IsText(field)) return "";
  std::string text = message.GetReflection()->GetString(message, &field);
  return IsId(text) ? text : "";
}

bool NamesAnId(const FieldDescriptor& field) {
  return field.name() == "id" || field.name().ends_with("_id");
}

std::string FirstId(const Message& message) {
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (!NamesAnId(*type.field(i))) continue;
    if (std::string id = IdIn(message, *type.field(i)); !id.empty()) return id;
  }
  return "";
}

// The id of what a message shows: its own, or that of the first message in it which has one.
void NoteShown(const Message& message, int depth, model::AuditEvent& event) {
  event.result_id = FirstId(message);
  if (!event.result_id.empty()) {
    const std::string& type = message.GetDescriptor()->name();
    if (type == "Application") event.app = AppId(event.result_id);
    if (type == "Repository") event.repository = RepositoryId(event.result_id);
    return;
  }
  const auto& type = *message.GetDescriptor();
  for (int i = 0; depth > 0 && event.result_id.empty() && i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool one = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_repeated();
    if (one && message.GetReflection()->HasField(message, &field))
      NoteShown(message.GetReflection()->GetMessage(message, &field), depth - 1, event);
  }
}

// What the claim was made of, in the order in which Identify looks.
const char* ViaOf(const IdentitySettings& settings, const Peer& peer, const Claim& claim) {
  if (!claim.token.empty()) return "token";
  if (peer.has_credentials) return "socket";
  const auto is_signed = [&](const auto& header) {
    return SameName(header.first, settings.token_header);
  };
  const bool by_token = !settings.token_rules.keys.empty() &&
                        std::any_of(peer.headers.begin(), peer.headers.end(), is_signed);
  return by_token ? "identity-token" : "proxy";
}

// At most kMostText bytes, whole characters.
std::string Shortened(std::string text) {
  if (text.size() <= kMostText) return text;
  text.resize(kMostText);
  while (!model::IsUtf8(text)) text.pop_back();
  return text;
}

}  // namespace

bool Writes(const google::protobuf::MethodDescriptor& method) {
  using Options = google::protobuf::MethodOptions;
  return !method.server_streaming() &&
         method.options().idempotency_level() != Options::NO_SIDE_EFFECTS;
}

model::AuditEvent EventOf(const Peer& peer, const std::string& method, Random& random) {
  model::AuditEvent event;
  event.call = NewIdText(random);
  event.request = RequestIdOf(peer);
  if (event.request.empty()) event.request = event.call;
  event.address = peer.address;
  event.method = method;
  return event;
}

void NoteClaim(const IdentitySettings& settings, const Peer& peer, const Claim& claim,
               model::AuditEvent& event) {
  event.user_name = Shortened(claim.name);
  event.via = ViaOf(settings, peer, claim);
}

void NoteCaller(const Caller& caller, model::AuditEvent& event) {
  event.user = caller.user.id;
  event.user_name = Shortened(caller.user.name);
  if (caller.token) event.credential = caller.token->id.str();
}

void NoteObject(const google::protobuf::MethodDescriptor& method, const Message& request,
                model::AuditEvent& event) {
  const Policy& policy = proto::PolicyOf(method);
  event.object_kind = KindOf(policy.object());
  if (policy.object() == Policy::NONE) {
    event.object_id = FirstId(request);
    return;
  }
  event.object_id = IdIn(request, *request.GetDescriptor()->FindFieldByName(policy.id()));
  if (policy.object() == Policy::APPLICATION) event.app = AppId(event.object_id);
  if (policy.object() == Policy::REPOSITORY) event.repository = RepositoryId(event.object_id);
}

void NoteAdmitted(const Admitted& admitted, model::AuditEvent& event) {
  if (admitted.app) event.app = admitted.app->id;
}

void NoteAnswer(const Result<std::string>& answer, const google::protobuf::Descriptor& output,
                model::AuditEvent& event) {
  event.code = answer.status().code();
  if (event.reason.empty()) event.reason = answer.status().reason();
  if (!answer.ok()) return;
  const std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&output)->New());
  if (message->ParseFromString(*answer)) NoteShown(*message, 1, event);
}

void AuditTrail::Tell(model::AuditEvent event) {
  if (!MayTell(event)) return;
  FindApp(event);
  Waiting one{std::move(event), clock_.Monotonic()};
  if (const Status stored = Store(one); !stored.ok()) return Keep(std::move(one), stored);
  StoreWaiting();
}

bool AuditTrail::MayTell(const model::AuditEvent& event) {
  if (!event.user.empty()) return true;
  const Duration now = clock_.Monotonic();
  int left_out = 0;
  const bool may = unknown_.With([&](Unknown& unknown) {
    if (now - unknown.since >= std::chrono::minutes(1))
      left_out = std::exchange(unknown, {now, 0, 0}).left_out;
    if (unknown.told < kMostUnknown) return ++unknown.told, true;
    return ++unknown.left_out, false;
  });
  if (left_out > 0) {
    log::Warn("calls of callers whom nobody knows were left out of the audit log",
              {{"calls", std::to_string(left_out)}});
  }
  return may;
}

// That of a build which the caller was not let near. Whoever owns it is told of that, too.
void AuditTrail::FindApp(model::AuditEvent& event) {
  const bool of_build = event.object_kind == "build" || event.object_kind == "artifact";
  if (!of_build || !event.app.empty() || event.user.empty()) return;
  if (const auto build = store_.builds.Get(BuildId(event.object_id)); build.ok())
    event.app = build->app;
}

Status AuditTrail::Store(const Waiting& one) {
  return store_.audit.Append(one.event, clock_.Monotonic() - one.happened);
}

void AuditTrail::Keep(Waiting one, const Status& why) {
  const model::AuditEvent& event = one.event;
  log::Warn("an audit event is not stored yet", {{"user", event.user_name},
                                                 {"via", event.via},
                                                 {"address", event.address},
                                                 {"method", event.method},
                                                 {"object", event.object_id},
                                                 {"outcome", std::string(CodeName(event.code))},
                                                 {"request", event.request},
                                                 {"why", why.ToString()}});
  waiting_.With([&](std::deque<Waiting>& waiting) {
    waiting.push_back(std::move(one));
    if (waiting.size() > kMostWaiting) waiting.pop_front();
  });
}

void AuditTrail::StoreWaiting() {
  std::deque<Waiting> waiting =
      waiting_.With([](std::deque<Waiting>& all) { return std::exchange(all, {}); });
  while (!waiting.empty()) {
    const Status stored = Store(waiting.front());
    if (stored.code() == Code::kUnavailable || stored.code() == Code::kDeadline) break;
    if (!stored.ok()) log::Error("an audit event is lost", {{"error", stored.ToString()}});
    waiting.pop_front();
  }
  if (waiting.empty()) return;
  waiting_.With([&](std::deque<Waiting>& all) {
    all.insert(all.begin(), waiting.begin(), waiting.end());
    while (all.size() > kMostWaiting) all.pop_front();
  });
}

}  // namespace ns::api
