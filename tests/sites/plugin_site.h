// Site servers as the platform has them: libraries loaded by the plugin host, real programs kept by
// a supervisor.
#pragma once

#include <map>
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

// Folders below /tmp, open to all, which go with it; so do the helpers that run from there. `lib`
// has the libraries of `servers`, `root` sites, `data` is empty.
class SiteFolder {
 public:
  explicit SiteFolder(const std::vector<std::string>& servers);
  ~SiteFolder();
  SiteFolder(const SiteFolder&) = delete;
  SiteFolder& operator=(const SiteFolder&) = delete;

  const std::string& path() const { return path_; }
  // Of helper "<server>.<name>"; 0: it does not run.
  pid_t pid(const std::string& server) const;
  // Of those that run, sorted.
  std::vector<std::string> Running() const;

 private:
  std::string path_;
};

// One process of a host, as far as site servers go. Goes without an end of theirs.
class SiteHost {
 public:
  // `configs`: of the plugin of each server, JSON; "{}" is completed where it must be.
  SiteHost(const std::string& folder, const std::map<std::string, std::string>& configs);
  ~SiteHost();
  SiteHost(const SiteHost&) = delete;
  SiteHost& operator=(const SiteHost&) = delete;

  ports::SiteServer& server(const std::string& name) { return *sites_.at(name); }

 private:
  std::unique_ptr<supervise::Supervisor> supervisor_;
  std::unique_ptr<plugin::PluginHost> host_;
  std::map<std::string, ports::SiteServer*> sites_;
  std::jthread ticks_;
};

// One server on a host and in a folder of its own.
class PluginSite {
 public:
  // `config`: of the plugin, JSON.
  explicit PluginSite(const std::string& server, const std::string& config = "{}");
  ~PluginSite();
  PluginSite(const PluginSite&) = delete;
  PluginSite& operator=(const PluginSite&) = delete;

  ports::SiteServer& server() { return host_->server(name_); }
  const ports::SiteSettings& settings() const { return settings_; }
  const std::string& folder() const { return folder_.path(); }
  pid_t pid() const { return folder_.pid(name_); }
  // As if the host ended and another came; the server runs on.
  void RestartHost(const std::string& config = "{}");
  // With a deadline, so that nothing hangs.
  static ports::Call Soon();

 private:
  const std::string name_;
  const SiteFolder folder_;
  const ports::SiteSettings settings_;
  std::unique_ptr<SiteHost> host_;
};

// "127.0.0.1:port" nobody listens at.
std::string FreeAddress();

}  // namespace ns::sites
