// A request as text, "METHOD TARGET VERSION", headers, an empty line, the body: what is asked for,
// its message in and out of envelope, gzip and JSON, and the answer in the words of its protocol.
#include <string>

#include "proto/descriptors.h"
#include "rpc/plan.h"
#include "rpc/schema.h"
#include "rpc/target.h"
#include "target.h"

namespace ns::gateway::rpc {
namespace {

using fuzz::Require, fuzz::TakeUntil;

constexpr uint64_t kMost = 64 * 1024;

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

http::Head TakeHead(std::string_view& rest) {
  http::Head head;
  std::string_view line = TakeUntil(rest, "\n");
  head.method = TakeUntil(line, " ");
  head.target = TakeUntil(line, " ");
  head.version = line == "HTTP/2" ? 20 : line == "HTTP/1.0" ? 10 : 11;
  for (line = TakeUntil(rest, "\n"); !line.empty(); line = TakeUntil(rest, "\n")) {
    const std::string name = Lower(TakeUntil(line, ": "));
    head.headers.emplace_back(name, line);
  }
  return head;
}

void AnswerAll(const Plan& plan, const std::string& message, const Outcome& outcome) {
  const Headers leading{{"x-leading", "1"}};
  Require(plan.protocol->Whole(leading, message, outcome).head.status >= 200,
          "an answer has a status");
  if (plan.framed == nullptr) return;
  Require(plan.framed->Open(leading).status == 200, "a stream that opens is 200");
  Require(!plan.framed->Frame(message).empty(), "a message in a frame is not nothing");
  plan.framed->Close(outcome);
}

void Go(std::string_view bytes) {
  static const Schema schema(ns::proto::DescriptorSet());
  const http::Head head = TakeHead(bytes);
  const auto target = ParseTarget(head.target);
  if (!target) return;
  Planned planned = PlanCall(head, *target, schema, kMost);
  if (const auto* refusal = std::get_if<Reply>(&planned))
    return Require(refusal->head.status >= 200, "a refusal has a status");
  const Plan& plan = std::get<Plan>(planned);
  Converted message = plan.protocol->Message(plan.message ? *plan.message : std::string(bytes));
  if (const auto* text = std::get_if<std::string>(&message)) {
    if (plan.codec == Codec::kJson) message = schema.FromJson(plan.method->request_type, *text);
  }
  if (const auto* problem = std::get_if<Problem>(&message)) {
    Require(HttpStatus(*problem) >= 400, "a problem has a status of failure");
    return AnswerAll(plan, "", {*problem, {{"x-trailing", "1"}}});
  }
  AnswerAll(plan, std::get<std::string>(message), {});
}

}  // namespace
}  // namespace ns::gateway::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ns::gateway::rpc::Go(ns::fuzz::Bytes(data, size));
  return 0;
}
