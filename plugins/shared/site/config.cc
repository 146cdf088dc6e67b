#include "site/config.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "ns/sdk/error.h"
#include "ns/sdk/site.h"

namespace ns::site {
namespace {

namespace json = boost::json;

constexpr const char* kFolders = ":/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin";
constexpr const char* kUser = "www-data";  // Debian's account for servers, there from the first

sdk::Error Wrong(ns_status code, const std::string& what) {
  return sdk::Error(code, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator);
}

std::string PathOf(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  if (!value || !value->is_string() || value->get_string().empty()) return "";
  const std::string path(value->get_string());
  if (sdk::IsSitePath(path)) return path;
  throw Wrong(NS_E_INVALID, std::string(name) + " is \"" + path +
                                "\"; it must be an absolute path of [A-Za-z0-9/._-].");
}

}  // namespace

Config ParseConfig(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Wrong(NS_E_INVALID, "The configuration of the site server is no JSON object.");
  const json::object& from = value.get_object();
  Config config;
  config.binary = PathOf(from, "binary");
  config.modules = PathOf(from, "modules");
  if (const json::value* user = from.if_contains("user"); user && user->is_string())
    config.user = std::string(user->get_string());
  if (const json::value* workers = from.if_contains("workers"); workers && workers->is_int64())
    config.workers = static_cast<int>(std::clamp<int64_t>(workers->get_int64(), 1, 64));
  return config;
}

std::string FindProgram(const std::string& configured, const std::string& name,
                        const std::string& package) {
  if (!configured.empty()) {
    if (::access(configured.c_str(), X_OK) == 0) return configured;
    throw Wrong(NS_E_PRECONDITION, "binary is " + configured + ", which is no program.");
  }
  const char* path = ::getenv("PATH");
  std::istringstream folders((path ? path : "") + std::string(kFolders));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (folder.starts_with('/') && ::access((folder + "/" + name).c_str(), X_OK) == 0)
      return std::filesystem::canonical(folder + "/" + name);
  throw Wrong(NS_E_PRECONDITION, "There is no " + name + " on this machine; install " + package +
                                     " or set binary in the configuration of the plugin.");
}

std::optional<Account> AccountOf(const Config& config) {
  if (::geteuid() != 0 || config.user == "root") return std::nullopt;
  const std::string name = config.user.empty() ? kUser : config.user;
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (::getpwnam_r(name.c_str(), &entry, buffer, sizeof(buffer), &found) != 0 || !found)
    throw Wrong(NS_E_PRECONDITION, "user is \"" + name + "\", whom this machine does not know.");
  return Account{name, entry.pw_uid, entry.pw_gid};
}

std::vector<std::string> AsAccount(const std::optional<Account>& account) {
  if (!account) return {};
  return {"/usr/bin/setpriv",
          "--reuid=" + std::to_string(account->uid),
          "--regid=" + std::to_string(account->gid),
          "--clear-groups",
          "--inh-caps=-all",
          "--no-new-privs"};
}

void CheckReachable(const std::optional<Account>& account, const std::string& path) {
  for (size_t end = path.find('/', 1); account; end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    struct stat found {};
    if (::stat(folder.c_str(), &found) != 0)
      throw Wrong(NS_E_PRECONDITION, folder + " is not there, or cannot be looked at.");
    const mode_t bit = found.st_uid == account->uid   ? S_IXUSR
                       : found.st_gid == account->gid ? S_IXGRP
                                                      : S_IXOTH;
    if ((found.st_mode & bit) == 0)
      throw Wrong(NS_E_PRECONDITION, folder + " cannot be entered by " + account->name +
                                         ", whom the site server runs as; give it mode 0711, or "
                                         "set user in the configuration of the plugin.");
    if (end == std::string::npos) return;
  }
}

}  // namespace ns::site
