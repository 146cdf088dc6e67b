#include "host/loaded_plugins.h"

#include "host/program.h"
#include "host/version.h"

namespace ns::host {
namespace {

// What an operator should know of an engine that works; empty for anything else.
std::string EngineRemark(const std::vector<plugin::Loaded>& loaded,
                         const model::PluginState& state) {
  if (!state.healthy) return "";
  for (const plugin::Loaded& p : loaded) {
    if (p.engine == nullptr || p.instance != state.instance || p.engine->Abilities().memory_limit)
      continue;
    return "it cannot hold the memory limit of builds on this machine: that needs root and a "
           "writable memory cgroup";
  }
  return "";
}

}  // namespace

plugin::HostSettings PluginSettingsOf(const config::Config& config, const Layout& layout,
                                      const std::string& program) {
  plugin::HostSettings settings;
  settings.search_dirs = config.plugin_dirs;
  if (settings.search_dirs.empty())
    settings.search_dirs = {PluginFolder(program), "/usr/lib/neoshowcase/plugins"};
  settings.copies = layout.plugins();
  settings.instances = layout.instances();
  settings.installation = config.installation;
  settings.version = Version();
  return settings;
}

std::vector<plugin::Wanted> WantedOf(const config::Config& config) {
  std::vector<plugin::Wanted> wanted;
  for (const auto& p : config.plugins)
    wanted.push_back({p.name, p.plugin, p.required, p.config, p.where});
  return wanted;
}

std::map<std::string, ports::Backend*> BackendsOf(const std::vector<plugin::Loaded>& loaded) {
  std::map<std::string, ports::Backend*> backends;
  for (const plugin::Loaded& p : loaded) {
    if (p.backend != nullptr) backends.emplace(p.instance, p.backend);
  }
  return backends;
}

std::map<std::string, ports::BuildMethod*> MethodsOf(const std::vector<plugin::Loaded>& loaded) {
  std::map<std::string, ports::BuildMethod*> methods;
  for (const plugin::Loaded& p : loaded) {
    if (p.method != nullptr) methods.emplace(model::BuildMethodOf(p.plugin), p.method);
  }
  return methods;
}

std::vector<ports::BuildEngine*> EnginesOf(const std::vector<plugin::Loaded>& loaded,
                                           const std::vector<std::string>& preference) {
  std::vector<ports::BuildEngine*> engines;
  const auto take = [&](const std::string* name) {
    for (const plugin::Loaded& p : loaded) {
      if (p.engine != nullptr && (name == nullptr || p.instance == *name))
        engines.push_back(p.engine);
    }
  };
  for (const std::string& name : preference) take(&name);
  if (preference.empty()) take(nullptr);
  return engines;
}

ports::Storage* StorageOf(const std::vector<plugin::Loaded>& loaded, const std::string& instance) {
  for (const plugin::Loaded& p : loaded) {
    if (p.instance == instance && p.storage != nullptr) return p.storage;
  }
  return nullptr;
}

std::vector<ssgen::NamedServer> SiteServersOf(const std::vector<plugin::Loaded>& loaded,
                                              const config::Config& config, const Layout& layout) {
  std::vector<ssgen::NamedServer> servers;
  for (const plugin::Loaded& p : loaded) {
    if (p.site == nullptr) continue;
    ports::SiteSettings settings;
    settings.root = layout.sites();
    settings.listen = config.sites.listen;
    settings.data = layout.site_server(p.instance);
    settings.drain = config.sites.drain;
    servers.push_back({p.instance, p.site, std::move(settings)});
  }
  return servers;
}

void PutFaults(Faults& faults, std::vector<plugin::Loaded>& loaded) {
  for (plugin::Loaded& p : loaded) {
    p.backend = faults.Through(p.backend);
    p.method = faults.Through(p.method);
    p.engine = faults.Through(p.engine);
    p.storage = faults.Through(p.storage);
    p.site = faults.Through(p.site);
  }
}

std::vector<model::PluginState> StatesOf(plugin::PluginHost& plugins,
                                         const std::vector<plugin::Loaded>& loaded) {
  std::vector<model::PluginState> states = plugins.States();
  for (model::PluginState& state : states) state.message += EngineRemark(loaded, state);
  return states;
}

}  // namespace ns::host
