#include "plugin_site.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "site_tree.h"

namespace ns::sites {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::vector<std::string> Servers() { return {"nginx", "httpd", "caddy"}; }

namespace {

// Tools may lie where nobody but their owner may go: the servers run as somebody else.
class PublicCaddy {
 public:
  PublicCaddy() {
    const char* given = ::getenv("NS_TOOLS");
    const char* home = ::getenv("HOME");
    const fs::path tools =
        given ? given : std::string(home ? home : "") + "/.cache/neoshowcase/tools";
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(tools, missing))
      if (entry.path().filename().string().starts_with("caddy-")) Copy(entry.path() / "bin/caddy");
  }
  ~PublicCaddy() {
    if (!folder_.empty()) fs::remove_all(folder_);
  }
  std::string path() const { return folder_.empty() ? "" : folder_ + "/caddy"; }

 private:
  void Copy(const fs::path& from) {
    std::string pattern = "/tmp/ns-site-caddy.XXXXXX";
    if (!fs::exists(from) || !folder_.empty() || !::mkdtemp(pattern.data())) return;
    folder_ = pattern;
    ::chmod(folder_.c_str(), 0755);
    fs::copy_file(from, path());
    ::chmod(path().c_str(), 0755);
  }
  std::string folder_;
};

}  // namespace

std::string ProgramOf(const std::string& server) {
  static const PublicCaddy caddy;
  if (server == "caddy") return caddy.path();
  return server == "nginx" ? "/usr/sbin/nginx" : "/usr/sbin/apache2";
}

std::string FreeAddress() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

// What the server has said, for whoever looks into a failure.
static void PrintLogs(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".log")
      std::cout << entry.path() << ":\n" << std::ifstream(entry.path()).rdbuf() << "\n";
}

// Where Caddy is, if the test does not say so itself.
static std::string ConfigOf(const std::string& server, const std::string& config) {
  if (server != "caddy" || config != "{}") return config;
  return "{\"binary\": \"" + ProgramOf(server) + "\"}";
}

SiteFolder::SiteFolder(const std::vector<std::string>& servers) {
  std::string pattern = "/tmp/ns-site-test.XXXXXX";
  if (!::mkdtemp(pattern.data())) std::abort();
  path_ = pattern;
  ::chmod(path_.c_str(), 0755);
  for (const std::string part : {"/lib", "/root", "/data"}) {
    fs::create_directory(path_ + part);
    ::chmod((path_ + part).c_str(), 0755);
  }
  // A library is loaded only from where nobody else may write.
  for (const std::string& server : servers)
    for (const std::string suffix : {".so", ".nsplugin.json"}) {
      const std::string name = "/site-" + server + suffix, target = path_ + "/lib" + name;
      fs::copy_file(NS_PLUGINS + name, target);
      ::chmod(target.c_str(), 0644);
    }
  MakeSites(path_ + "/root");
}

SiteFolder::~SiteFolder() {
  if (testing::Test::HasFailure()) PrintLogs(path_ + "/helpers");
  const auto records = supervise::Supervisor::Recorded(path_ + "/helpers");
  for (const supervise::HelperRecord& record : records.value())
    if (record.running) ::kill(-record.pid, SIGKILL);  // a drain takes its time
  (void)supervise::Supervisor::StopAll(path_ + "/helpers", SystemClock());
  fs::remove_all(path_);
}

pid_t SiteFolder::pid(const std::string& server) const {
  const auto records = supervise::Supervisor::Recorded(path_ + "/helpers");
  for (const supervise::HelperRecord& record : records.value())
    if (record.name == server + "." + server && record.running) return record.pid;
  return 0;
}

std::vector<std::string> SiteFolder::Running() const {
  std::vector<std::string> names;
  for (const std::string server : {"caddy", "httpd", "nginx"})
    if (pid(server) > 0) names.push_back(server);
  return names;
}

SiteHost::SiteHost(const std::string& folder, const std::map<std::string, std::string>& configs) {
  supervisor_ = std::make_unique<supervise::Supervisor>(folder + "/helpers", SystemClock());
  ticks_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) supervisor_->Tick(20ms);
  });
  plugin::HostSettings settings;
  settings.search_dirs = {folder + "/lib"};
  settings.copies = folder + "/copies";
  settings.instances = folder + "/instances";
  settings.installation = "test";
  settings.version = "0.1.0";
  host_ = std::make_unique<plugin::PluginHost>(
      settings, plugin::HostParts{SystemClock(), *supervisor_, nullptr});
  std::vector<plugin::Wanted> wanted;
  for (const auto& [server, config] : configs)
    wanted.push_back({server, "site-" + server, true, ConfigOf(server, config), ""});
  const auto report = host_->Load(wanted, {plugin::kSiteKind});
  for (const plugin::Refusal& refusal : report.refused) ADD_FAILURE() << refusal.Message();
  for (const plugin::Loaded& loaded : report.loaded) sites_[loaded.instance] = loaded.site;
  if (sites_.size() != configs.size()) std::abort();
}

SiteHost::~SiteHost() {
  ticks_ = {};
  host_.reset();
  supervisor_.reset();
}

PluginSite::PluginSite(const std::string& server, const std::string& config)
    : name_(server),
      folder_({server}),
      settings_{folder() + "/root", FreeAddress(), folder() + "/data", 5s},
      host_(std::make_unique<SiteHost>(folder(), std::map{std::pair{server, config}})) {}

PluginSite::~PluginSite() { host_.reset(); }

void PluginSite::RestartHost(const std::string& config) {
  host_.reset();
  host_ = std::make_unique<SiteHost>(folder(), std::map{std::pair{name_, config}});
}

ports::Call PluginSite::Soon() { return {{}, SystemClock().Monotonic() + 30s}; }

}  // namespace ns::sites
