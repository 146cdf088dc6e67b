// What an instance sees of the host: ns_host and the services behind it.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "ns/abi/host.h"
#include "ns/abi/host_api.h"
#include "ns/abi/host_log.h"
#include "ns/abi/host_spawn.h"
#include "ns/abi/host_state.h"
#include "plugin/api_calls.h"
#include "plugin/edge_replies.h"
#include "supervise/supervisor.h"

namespace ns::plugin {

// One for each instance; outlives it.
struct HostContext {
  HostContext(std::string instance_name, std::string data_folder, std::string installation_name,
              std::string version_text, supervise::Supervisor& helpers, ApiCalls* calls,
              Clock& time);
  HostContext(const HostContext&) = delete;
  HostContext& operator=(const HostContext&) = delete;

  const std::string instance, data_dir, installation, version;
  supervise::Supervisor& supervisor;
  ApiCalls* const api;  // null: not offered
  Clock& clock;
  const std::shared_ptr<EdgeReplies> replies;
  ns_host raw{};
};

inline HostContext& ContextOf(const ns_host* host) {
  return *static_cast<HostContext*>(host->host_data);
}

// Tells the plugin by its call, if it gave one, why a service refuses.
ns_status Refuse(const ns_call* call, const Status& status);

const ns_host_log& LogTable();
const ns_host_state& StateTable();
const ns_host_spawn& SpawnTable();
const ns_host_api& ApiTable();

}  // namespace ns::plugin
