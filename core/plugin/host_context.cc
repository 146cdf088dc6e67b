#include "plugin/host_context.h"

#include <string_view>
#include <utility>

#include "ns/sdk/text.h"

namespace ns::plugin {
namespace {

const void* ServiceById(const ns_host* host, const char* id) noexcept {
  const std::string_view name(id);
  if (name == NS_HOST_LOG) return &LogTable();
  if (name == NS_HOST_STATE) return &StateTable();
  if (name == NS_HOST_SPAWN) return &SpawnTable();
  if (name == NS_HOST_API && ContextOf(host).api) return &ApiTable();
  return nullptr;
}

}  // namespace

HostContext::HostContext(std::string instance_name, std::string data_folder,
                         std::string installation_name, std::string version_text,
                         supervise::Supervisor& helpers, ApiCalls* calls, Clock& time)
    : instance(std::move(instance_name)),
      data_dir(std::move(data_folder)),
      installation(std::move(installation_name)),
      version(std::move(version_text)),
      supervisor(helpers),
      api(calls),
      clock(time),
      replies(std::make_shared<EdgeReplies>(time)) {
  raw.struct_size = sizeof(raw);
  raw.abi_minor = NS_ABI_MINOR;
  raw.host_data = this;
  raw.name = sdk::Str("nsd");
  raw.version = sdk::Str(version);
  raw.installation = sdk::Str(installation);
  raw.data_dir = sdk::Str(data_dir);
  raw.service = &ServiceById;
}

ns_status Refuse(const ns_call* call, const Status& status) {
  const auto code = static_cast<ns_status>(status.code());
  if (status.ok() || !call || !call->fail) return code;
  ns_problem problem{};
  problem.struct_size = sizeof(problem);
  problem.code = code;
  problem.reason = sdk::Str(status.reason());
  problem.message = sdk::Str(status.message());
  problem.fault = static_cast<int32_t>(status.fault());
  call->fail(call, &problem);
  return code;
}

}  // namespace ns::plugin
