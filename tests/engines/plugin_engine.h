// An engine as the platform has it: the library loaded by the plugin host, its helpers kept by a
// supervisor.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plugin/plugin_host.h"

namespace ns::engines {

// The engines of this tree: "docker", ...
std::vector<std::string> Engines();
// Why this machine does not have what the engine drives; empty: it has.
std::string MissingFor(const std::string& engine);

// The folders of one installation, below /tmp; the engines' helpers end with it.
class Installation {
 public:
  // `given`: the folder of one that is there, which stays; empty: a new one, which goes.
  explicit Installation(const std::string& given = "");
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;
  const std::string& folder() const { return folder_; }
  std::string name() const;
  // Of an engine's instance.
  std::string Data(const std::string& engine) const { return folder_ + "/instances/" + engine; }

 private:
  const bool own_;
  std::string folder_;
};

// One host process's engine and build methods. The library is unloaded with it, helpers run on.
class PluginEngine {
 public:
  // `config`: JSON; where the programs are is put in.
  PluginEngine(const Installation& installation, const std::string& engine,
               const std::string& config);
  ~PluginEngine();
  PluginEngine(const PluginEngine&) = delete;
  PluginEngine& operator=(const PluginEngine&) = delete;

  ports::BuildEngine& engine() { return *engine_; }
  // "static-cmd"...
  ports::BuildMethod& method(const std::string& name);

 private:
  std::unique_ptr<supervise::Supervisor> supervisor_;
  std::unique_ptr<plugin::PluginHost> host_;
  std::vector<plugin::Loaded> loaded_;
  ports::BuildEngine* engine_ = nullptr;
  std::jthread ticks_;
};

}  // namespace ns::engines
