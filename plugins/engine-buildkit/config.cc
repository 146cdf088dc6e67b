#include "config.h"

#include "ns/sdk/error.h"

namespace ns::engine_buildkit {
namespace {

constexpr int64_t kCache = int64_t{20} << 30;

sdk::Error Invalid(const std::string& what) {
  return {NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator};
}

// They stand in buildkitd's configuration.
std::string Plain(const char* name, const std::string& value) {
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._:-";
  if (value.find_first_not_of(kAllowed) != std::string::npos)
    throw Invalid(std::string(name) + " is \"" + value +
                  "\"; it may hold letters, digits and /._:- alone.");
  return value;
}

std::string Path(const char* name, const std::string& value) {
  if (!value.empty() && !value.starts_with('/'))
    throw Invalid(std::string(name) + " is \"" + value + "\"; it must be an absolute path.");
  return Plain(name, value);
}

}  // namespace

Config ParseConfig(const std::string& json, const engine::Machine& machine) {
  const engine::ConfigText text(json, "engine-buildkit");
  Config config;
  static_cast<engine::Common&>(config) = text.Limits(machine);
  config.cache = text.Size("cache", kCache);
  if (config.cache == 0)
    throw Invalid("cache is 0; a cache needs a limit, write one like \"20G\".");
  config.processes = text.Count("processes", config.processes);
  config.buildkitd = Path("buildkitd", text.Text("buildkitd", ""));
  config.buildctl = Path("buildctl", text.Text("buildctl", ""));
  config.runc = Path("runc", text.Text("runc", ""));
  config.cni = Path("cni", text.Text("cni", config.cni));
  config.subnet = Plain("subnet", text.Text("subnet", ""));
  const std::string network = text.Text("network", "bridge");
  if (network != "bridge" && network != "host")
    throw Invalid("network is \"" + network + "\"; it is \"bridge\" or \"host\".");
  config.bridge = network == "bridge";
  return config;
}

}  // namespace ns::engine_buildkit
