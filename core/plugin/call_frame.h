// The host's side of one call into a plugin: what the plugin may ask of it, and what it told.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "base/mutex.h"
#include "base/status.h"
#include "ns/abi/call.h"
#include "plugin/gate.h"
#include "ports/call.h"

namespace ns::plugin {

// The nearest code of ours; what we do not know is kInternal.
Code CodeOf(ns_status status);
// A problem as the plugin told it: texts are cut at 16 KiB and made valid UTF-8.
Status StatusOf(ns_status code, const ns_problem& problem);

// Lives as long as the call. Cancellation by the caller or by the gate's closing reaches the
// plugin.
class CallFrame {
 public:
  CallFrame(Gate& gate, Flight& flight, const ports::Call& call);
  ~CallFrame();
  CallFrame(const CallFrame&) = delete;
  CallFrame& operator=(const CallFrame&) = delete;

  const ns_call* raw() const { return &raw_; }
  // What the call came to, by what it returned and what was told. A failure that was not explained
  // is the plugin's defect, and logged.
  Status Outcome(ns_status returned);

 private:
  static CallFrame& Of(const ns_call* call) { return *static_cast<CallFrame*>(call->host_data); }
  void Cancel();

  Gate& gate_;
  Flight& flight_;
  ns_call raw_{};
  Guarded<std::optional<Status>> told_;
  // Last: they call Cancel(), perhaps at once, and must go first.
  std::optional<std::stop_callback<std::function<void()>>> by_caller_, by_closing_;
};

}  // namespace ns::plugin
