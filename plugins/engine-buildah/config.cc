#include "config.h"

#include "ns/sdk/error.h"

namespace ns::engine_buildah {
namespace {

constexpr int64_t kCache = int64_t{20} << 30;

sdk::Error Invalid(const std::string& what) {
  return {NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator};
}

std::string Path(const char* name, const std::string& value) {
  if (!value.empty() && !value.starts_with('/'))
    throw Invalid(std::string(name) + " is \"" + value + "\"; it must be an absolute path.");
  return value;
}

}  // namespace

Config ParseConfig(const std::string& json, const engine::Machine& machine) {
  const engine::ConfigText text(json, "engine-buildah");
  Config config;
  static_cast<engine::Common&>(config) = text.Limits(machine);
  config.cache = text.Size("cache", kCache);
  if (config.cache == 0)
    throw Invalid("cache is 0; a cache needs a limit, write one like \"20G\".");
  config.processes = text.Count("processes", config.processes);
  config.binary = Path("binary", text.Text("binary", ""));
  config.memory_folder = Path("memory_folder", text.Text("memory_folder", config.memory_folder));
  const std::string isolation = text.Text("isolation", "oci");
  if (isolation != "oci" && isolation != "chroot")
    throw Invalid("isolation is \"" + isolation + "\"; it is \"oci\" or \"chroot\".");
  config.chroot = isolation == "chroot";
  return config;
}

}  // namespace ns::engine_buildah
