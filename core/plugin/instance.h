// One instance of a plugin: made, activated, called, deactivated, destroyed, in that order and no
// other.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "ns/abi/entry.h"
#include "plugin/gate.h"
#include "plugin/host_context.h"
#include "ports/call.h"

namespace ns::plugin {

enum class CallKind { kWork, kControl };

// Create, Activate and Shut belong to one thread; the rest is [any-thread].
class Instance {
 public:
  // Makes the instance of `kind` and asks for its interface.
  static Result<std::unique_ptr<Instance>> Create(const ns_module& module,
                                                  std::unique_ptr<HostContext> context,
                                                  const std::string& kind,
                                                  const std::string& config, Duration grace);
  ~Instance();  // Shut, if that has not been
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Opens the gate, or says why not; may be tried again. Nothing where it is active.
  Status Activate();
  // Cancels what is under way, waits for it, deactivates and destroys. False: calls did not return
  // within the grace time; the instance and all it may use stay for ever.
  bool Shut();

  using Body = std::function<ns_status(ns_plugin* plugin, const ns_call* call)>;
  // Calls into the plugin, if the gate lets it.
  Status Run(const char* what, const ports::Call& call, const Body& body,
             CallKind kind = CallKind::kWork);

  ns_plugin* plugin() const { return plugin_; }
  const void* interface() const { return interface_; }
  const std::string& name() const { return context_->instance; }
  Gate& gate() { return gate_; }
  // Ok while calls may go in.
  Status Health();

 private:
  Instance(const ns_module& module, std::unique_ptr<HostContext> context, Duration grace);
  ports::Call Soon() const;
  // Says that the plugin keeps what it uses.
  bool Leave(const char* what);
  Status Guarded(const char* what, const ports::Call& call, const Body& body);

  const ns_module& module_;
  std::unique_ptr<HostContext> context_;
  const Duration grace_;
  Gate gate_;
  ns_plugin* plugin_ = nullptr;
  const void* interface_ = nullptr;
  bool active_ = false, shut_ = false;
};

}  // namespace ns::plugin
