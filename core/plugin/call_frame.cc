#include "plugin/call_frame.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/log.h"
#include "ns/abi/reasons.h"
#include "ns/sdk/text.h"
#include "plugin/text.h"

namespace ns::plugin {

Code CodeOf(ns_status status) {
  switch (status) {
    case NS_OK:
    case NS_E_CANCELLED:
    case NS_E_INVALID:
    case NS_E_DEADLINE:
    case NS_E_NOT_FOUND:
    case NS_E_EXISTS:
    case NS_E_DENIED:
    case NS_E_EXHAUSTED:
    case NS_E_PRECONDITION:
    case NS_E_STALE:
    case NS_E_UNSUPPORTED:
    case NS_E_INTERNAL:
    case NS_E_UNAVAILABLE:
    case NS_E_UNAUTHENTICATED:
      return static_cast<Code>(status);
    case NS_E_RANGE:
      return Code::kInvalid;
    default:
      return Code::kInternal;
  }
}

Status StatusOf(ns_status code, const ns_problem& problem) {
  Status status(CodeOf(code), CleanText(sdk::View(problem.reason), 100),
                CleanText(sdk::View(problem.message)));
  const bool known = problem.fault >= NS_FAULT_UNKNOWN && problem.fault <= NS_FAULT_PLATFORM;
  status.SetFault(known ? static_cast<Fault>(problem.fault) : Fault::kUnknown);
  status.SetDetails(std::string(sdk::View(problem.details)));
  if (problem.retry_after_ns > 0) status.SetRetryAfter(Duration(problem.retry_after_ns));
  // "Not before something changes": as far as a wait can say it.
  if (problem.retry_after_ns < 0) status.SetRetryAfter(std::chrono::hours(1));
  return status;
}

CallFrame::CallFrame(Gate& gate, Flight& flight, const ports::Call& call)
    : gate_(gate), flight_(flight) {
  raw_.struct_size = sizeof(raw_);
  raw_.cancel_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  raw_.deadline_ns = call.deadline ? std::max<int64_t>(call.deadline->count(), 1) : 0;
  raw_.host_data = this;
  raw_.cancelled = [](const ns_call* raw) noexcept -> int32_t {
    return Of(raw).flight_.cancelled_at.load() != 0 ? 1 : 0;
  };
  raw_.fail = [](const ns_call* raw, const ns_problem* problem) noexcept {
    if (!NS_HAS(problem, details)) return;
    Status status = StatusOf(problem->code, *problem);
    Of(raw).told_.With([&](auto& told) { told = std::move(status); });
  };
  by_caller_.emplace(call.cancel, [this] { Cancel(); });
  by_closing_.emplace(gate.closing(), [this] { Cancel(); });
}

CallFrame::~CallFrame() {
  by_caller_.reset();
  by_closing_.reset();
  if (raw_.cancel_fd >= 0) ::close(raw_.cancel_fd);
}

void CallFrame::Cancel() {
  int64_t expected = 0;
  flight_.cancelled_at.compare_exchange_strong(
      expected, std::max<int64_t>(gate_.clock().Monotonic().count(), 1));
  if (raw_.cancel_fd >= 0) (void)::eventfd_write(raw_.cancel_fd, 1);
}

Status CallFrame::Outcome(ns_status returned) {
  if (returned == NS_OK) return {};
  auto told = told_.With([](auto& problem) { return problem; });
  if (told && !told->message().empty()) {
    Status status(CodeOf(returned), told->reason(), told->message());
    status.SetFault(told->fault()).SetDetails(told->details());
    if (told->retry_after()) status.SetRetryAfter(*told->retry_after());
    return status;
  }
  if (returned == NS_E_CANCELLED && flight_.cancelled_at.load() != 0)
    return {Code::kCancelled, NS_REASON_CANCELLED, "the call was cancelled"};
  const std::string message = "plugin instance " + gate_.name() + " failed in `" + flight_.what +
                              "` with code " + std::to_string(returned) +
                              " and did not say why; report it to the plugin's author";
  log::Error(
      "plugin defect: failure without a reason",
      {{"instance", gate_.name()}, {"call", flight_.what}, {"code", std::to_string(returned)}});
  Status status(CodeOf(returned), NS_REASON_DEFECT, message);
  return status.SetFault(Fault::kPlatform);
}

}  // namespace ns::plugin
