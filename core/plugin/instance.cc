#include "plugin/instance.h"

#include <utility>

#include "base/log.h"
#include "ns/sdk/text.h"
#include "plugin/call_frame.h"

namespace ns::plugin {
namespace {

constexpr Duration kStartLimit = std::chrono::seconds(30);  // for create and for activate

}  // namespace

Instance::Instance(const ns_module& module, std::unique_ptr<HostContext> context, Duration grace)
    : module_(module),
      context_(std::move(context)),
      grace_(grace),
      gate_(context_->instance, context_->clock, grace) {}

Result<std::unique_ptr<Instance>> Instance::Create(const ns_module& module,
                                                   std::unique_ptr<HostContext> context,
                                                   const std::string& kind,
                                                   const std::string& config, Duration grace) {
  std::unique_ptr<Instance> instance(new Instance(module, std::move(context), grace));
  const ns_host* host = &instance->context_->raw;
  ns_plugin* made = nullptr;
  NS_TRY(instance->Guarded("create", instance->Soon(), [&](ns_plugin*, const ns_call* call) {
    return module.create(call, host, sdk::Str(kind), sdk::Str(instance->name()), sdk::Str(config),
                         &made);
  }));
  if (!made) return Internal("its `create` succeeded and made nothing");
  instance->plugin_ = made;
  instance->interface_ = module.query(made, kind.c_str());
  if (!instance->interface_)
    return Internal("it makes instances of " + kind + " but offers no such interface");
  return instance;
}

Instance::~Instance() {
  if (!shut_) Shut();
}

Status Instance::Activate() {
  if (active_) return {};
  const Status status = Guarded("activate", Soon(), [this](ns_plugin* plugin, const ns_call* call) {
    return module_.activate(plugin, call);
  });
  active_ = status.ok();
  if (active_) {
    gate_.Open();
  } else {
    gate_.SetClosedReason({Code::kUnavailable,
                           status.reason().empty() ? "PluginInactive" : status.reason(),
                           "it is not active: " + status.message()});
  }
  return status;
}

bool Instance::Shut() {
  shut_ = true;
  gate_.Close({Code::kUnavailable, "PluginInactive", "the plugin is being shut down"});
  if (!gate_.WaitIdle(grace_)) return Leave("calls");
  if (plugin_ && std::exchange(active_, false)) module_.deactivate(plugin_);
  if (!context_->replies->Close(grace_)) return Leave("answers of the platform");
  if (plugin_) module_.destroy(std::exchange(plugin_, nullptr));
  return true;
}

bool Instance::Leave(const char* what) {
  log::Error("plugin does not let go; left as it is", {{"instance", name()}, {"of", what}});
  (void)context_.release();  // what a late call may still use
  return false;
}

ports::Call Instance::Soon() const { return {{}, gate_.clock().Monotonic() + kStartLimit}; }

Status Instance::Guarded(const char* what, const ports::Call& call, const Body& body) {
  Flight flight;
  flight.what = what;
  CallFrame frame(gate_, flight, call);
  return frame.Outcome(body(plugin_, frame.raw()));
}

Status Instance::Run(const char* what, const ports::Call& call, const Body& body, CallKind kind) {
  Flight flight;
  flight.what = what;
  flight.deadline = call.deadline;
  flight.control = kind == CallKind::kControl;
  NS_TRY(gate_.Enter(flight));
  Status status;
  {
    CallFrame frame(gate_, flight, call);
    status = frame.Outcome(body(plugin_, frame.raw()));
  }
  gate_.Leave(flight);
  return status;
}

Status Instance::Health() {
  if (auto fenced = gate_.Fenced()) return *fenced;
  Flight probe;
  NS_TRY(gate_.Enter(probe));
  gate_.Leave(probe);
  return {};
}

}  // namespace ns::plugin
