// ns.host.spawn/1 on the supervisor; helpers are named "<instance>.<name>".
#include <algorithm>
#include <chrono>

#include "ns/sdk/text.h"
#include "plugin/host_context.h"

namespace ns::plugin {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSlice = 500ms;      // how often a waiting ensure looks for cancellation
constexpr Duration kLongestWait = 60s;  // where the call has no deadline

std::string NameOf(const ns_host* host, ns_str name) {
  return ContextOf(host).instance + "." + sdk::Text(name);
}

// Members that came after the first version.
bool HasSignal(const ns_helper* helper) { return NS_HAS(helper, stop_signal); }
bool HasListen(const ns_helper* helper) { return NS_HAS(helper, listen_count); }

Result<supervise::HelperSpec> SpecOf(const ns_host* host, const ns_helper& helper) {
  supervise::HelperSpec spec;
  spec.name = NameOf(host, helper.name);
  spec.argv = sdk::Texts(helper.argv, helper.argv_count);
  spec.env = sdk::Texts(helper.env, helper.env_count);
  spec.config_hash = sdk::Text(helper.config_hash);
  if (helper.stop_grace_ns > 0) spec.stop_grace = Duration(helper.stop_grace_ns);
  if (HasSignal(&helper) && helper.stop_signal > 0) spec.stop_signal = helper.stop_signal;
  if (HasListen(&helper)) spec.listen = sdk::Texts(helper.listen, helper.listen_count);
  NS_ASSIGN(spec.health, supervise::HealthCheckOf(sdk::Text(helper.health_address)));
  return spec;
}

// Asks again in slices: what a plugin hands us as its call can only be polled.
Status EnsureUntilOver(HostContext& context, const ns_call* call,
                       const supervise::HelperSpec& spec) {
  const Duration end = call && call->deadline_ns ? Duration(call->deadline_ns)
                                                 : context.clock.Monotonic() + kLongestWait;
  while (true) {
    const Duration left = end - context.clock.Monotonic();
    const Status status = context.supervisor.Ensure(spec, std::clamp<Duration>(left, 0ns, kSlice));
    if (status.code() != Code::kDeadline || left <= kSlice) return status;
    if (call && call->cancelled && call->cancelled(call))
      return {Code::kCancelled, "the call was cancelled while the helper was starting"};
  }
}

ns_status Ensure(const ns_host* host, const ns_call* call, const ns_helper* helper) noexcept {
  if (!NS_HAS(helper, stop_grace_ns))
    return Refuse(call, Invalid("ns_helper is shorter than its first version"));
  const auto spec = SpecOf(host, *helper);
  return Refuse(call, spec.ok() ? EnsureUntilOver(ContextOf(host), call, *spec) : spec.status());
}

ns_status State(const ns_host* host, ns_str name, ns_helper_state* out) noexcept {
  if (!NS_HAS(out, restarts)) return NS_E_INVALID;
  const supervise::HelperState state = ContextOf(host).supervisor.State(NameOf(host, name));
  out->state = static_cast<int32_t>(state.phase);
  out->pid = state.pid;
  out->adopted = state.adopted ? 1 : 0;
  out->restarts = state.restarts;
  return NS_OK;
}

ns_status Stop(const ns_host* host, const ns_call* call, ns_str name) noexcept {
  return Refuse(call, ContextOf(host).supervisor.Stop(NameOf(host, name)));
}

}  // namespace

const ns_host_spawn& SpawnTable() {
  static constexpr ns_host_spawn kTable = {sizeof(ns_host_spawn), 0, &Ensure, &State, &Stop};
  return kTable;
}

}  // namespace ns::plugin
