// A site server as the platform has it: the library loaded by the plugin host, the real program
// kept by a supervisor.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plugin/plugin_host.h"

namespace ns::sites {

// The servers of this tree: "nginx", ...
std::vector<std::string> Servers();
// The program of one, which anybody may run; empty: it is not installed.
std::string ProgramOf(const std::string& server);

// Folders of its own below /tmp, which go with it; so does the server.
class PluginSite {
 public:
  // `config`: of the plugin, JSON.
  explicit PluginSite(const std::string& server, const std::string& config = "{}");
  ~PluginSite();
  PluginSite(const PluginSite&) = delete;
  PluginSite& operator=(const PluginSite&) = delete;

  ports::SiteServer& server() { return *site_; }
  const ports::SiteSettings& settings() const { return settings_; }
  const std::string& folder() const { return folder_; }
  pid_t pid();
  // As if the host ended and another came; the server runs on.
  void RestartHost(const std::string& config = "{}");
  // With a deadline, so that nothing hangs.
  static ports::Call Soon();

 private:
  void Load(const std::string& config);
  void Unload();

  const std::string name_;
  std::string folder_;
  ports::SiteSettings settings_;
  std::unique_ptr<supervise::Supervisor> supervisor_;
  std::unique_ptr<plugin::PluginHost> host_;
  ports::SiteServer* site_ = nullptr;
  std::jthread ticks_;
};

// "127.0.0.1:port" nobody listens at.
std::string FreeAddress();

}  // namespace ns::sites
