// Questions which build methods fit a commit, and their answers.
#include "link/builder_wire.h"
#include "link/remote_wire.h"
#include "model/utf8.h"

namespace ns::link {
namespace {

constexpr size_t kMaxName = 256;
constexpr uint32_t kMaxPort = 65535;

Status Broken(const std::string& what) {
  return Status(Code::kInvalid, "ProtocolBroken", "a message breaks the protocol: " + what);
}

// The database takes nothing else.
bool IsText(const std::string& bytes) {
  return model::IsUtf8(bytes) && bytes.find('\0') == std::string::npos;
}

size_t LengthOf(const wire::Finding& one) {
  return one.method().size() + one.settings().size() + one.artifact_path().size() +
         one.command().size() + one.why().size() + one.failure().message().size();
}

void PutSuggestion(const ports::MethodSuggestion& one, wire::Finding& out) {
  const ports::Suggestion& said = one.suggestion;
  out.set_method(one.method);
  out.set_fit(static_cast<uint32_t>(said.fit));
  out.set_settings(said.settings);
  out.set_artifact_path(said.artifact_path);
  out.set_command(said.command);
  out.set_port(static_cast<uint32_t>(said.port));
  out.set_why(said.why);
}

// Failures of methods go into `found` too.
Status AddFinding(const wire::Finding& one, ports::Detection& found) {
  for (const std::string& text : {one.method(), one.settings(), one.artifact_path(), one.command(),
                                  one.why(), one.failure().reason(), one.failure().message()}) {
    if (!IsText(text)) return Broken("a text of a finding");
  }
  if (one.method().empty() || one.method().size() > kMaxName) return Broken("a build method");
  if (one.has_failure()) {
    Status failure;
    NS_TRY(FromWire(one.failure(), failure));
    if (failure.ok()) return Broken("a failure");
    found.failed[one.method()] = failure;
    return {};
  }
  if (one.fit() > 100 || one.port() > kMaxPort) return Broken("a finding");
  ports::MethodSuggestion out{one.method(), {}};
  out.suggestion = {
      static_cast<int>(one.fit()), one.settings(), one.artifact_path(), one.command(), one.why(),
      static_cast<int>(one.port())};
  (one.fit() > 0 ? found.fits : found.misfits).push_back(std::move(out));
  return {};
}

}  // namespace

void ToWire(const std::optional<ports::DetectionOrder>& order, wire::Detection& out) {
  if (!order) return;
  out.set_id(order->claim.id.str());
  out.set_token(order->claim.token);
  out.set_commit(order->commit);
  ToWire(order->remote, *out.mutable_credentials(), *out.mutable_repository_id(),
         *out.mutable_url());
}

Result<std::optional<ports::DetectionOrder>> FromWire(const wire::Detection& detection) {
  if (detection.id().empty()) return std::optional<ports::DetectionOrder>();
  const bool ids = IsId(detection.id()) && IsId(detection.repository_id());
  if (!ids || !wire::Credentials::Method_IsValid(detection.credentials().method()))
    return Broken("a question");
  ports::DetectionOrder order;
  order.claim = {ports::DetectionId(detection.id()), detection.token()};
  order.commit = detection.commit();
  order.remote = RemoteFrom(detection.repository_id(), detection.url(), detection.credentials());
  return std::optional(std::move(order));
}

// What is more than the other side takes is left out: the best come first.
void ToWire(const ports::DetectionClaim& claim, const ports::DetectionAnswer& answer,
            wire::AnswerDetection& out) {
  out.set_id(claim.id.str());
  out.set_token(claim.token);
  ToWire(answer.failure, *out.mutable_failure());
  size_t length = 0;
  const auto add = [&](auto&& fill) {
    wire::Finding finding;
    fill(finding);
    length += LengthOf(finding);
    if (out.findings_size() < kMostFindings && length <= kLongestAnswer)
      *out.add_findings() = std::move(finding);
  };
  for (const auto* those : {&answer.found.fits, &answer.found.misfits}) {
    for (const auto& one : *those)
      add([&](wire::Finding& finding) { PutSuggestion(one, finding); });
  }
  for (const auto& [method, failure] : answer.found.failed) {
    add([&, &name = method, &why = failure](wire::Finding& finding) {
      finding.set_method(name);
      ToWire(why, *finding.mutable_failure());
    });
  }
}

Status FromWire(const wire::AnswerDetection& told, ports::DetectionClaim& claim,
                ports::DetectionAnswer& answer) {
  if (!IsId(told.id()) || told.token().size() > kMaxName) return Broken("a question");
  claim = {ports::DetectionId(told.id()), told.token()};
  NS_TRY(FromWire(told.failure(), answer.failure));
  if (!IsText(answer.failure.message()) || !IsText(answer.failure.reason()))
    return Broken("a failure");
  if (told.findings_size() > kMostFindings) return Broken("the number of findings");
  size_t length = 0;
  for (const wire::Finding& one : told.findings()) {
    length += LengthOf(one);
    if (length > kLongestAnswer) return Broken("the length of an answer");
    NS_TRY(AddFinding(one, answer.found));
  }
  return {};
}

}  // namespace ns::link
