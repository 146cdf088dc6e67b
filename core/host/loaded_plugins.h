// What the loaded plugins offer to the parts of a host.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "host/faults.h"
#include "host/layout.h"
#include "plugin/plugin_host.h"
#include "ssgen/serving.h"

namespace ns::host {

// `program`: absolute path of nsd.
plugin::HostSettings PluginSettingsOf(const config::Config& config, const Layout& layout,
                                      const std::string& program);
std::vector<plugin::Wanted> WantedOf(const config::Config& config);
// Decorates their ports where failpoints are configured.
void PutFaults(Faults& faults, std::vector<plugin::Loaded>& loaded);

// By instance.
std::map<std::string, ports::Backend*> BackendsOf(const std::vector<plugin::Loaded>& loaded);
// By the name that applications have for them: "runtime-cmd".
std::map<std::string, ports::BuildMethod*> MethodsOf(const std::vector<plugin::Loaded>& loaded);
// In the order of preference; without one, all in the order of the file.
std::vector<ports::BuildEngine*> EnginesOf(const std::vector<plugin::Loaded>& loaded,
                                           const std::vector<std::string>& preference);
// That instance; null: it is not loaded.
ports::Storage* StorageOf(const std::vector<plugin::Loaded>& loaded, const std::string& instance);
// All, at the one address.
std::vector<ssgen::NamedServer> SiteServersOf(const std::vector<plugin::Loaded>& loaded,
                                              const config::Config& config, const Layout& layout);
// With what an operator should know of engines that work.
std::vector<model::PluginState> StatesOf(plugin::PluginHost& plugins,
                                         const std::vector<plugin::Loaded>& loaded);

}  // namespace ns::host
