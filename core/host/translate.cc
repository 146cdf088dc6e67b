#include "host/translate.h"

#include <grp.h>

#include <algorithm>

#include "host/environment.h"
#include "host/program.h"
#include "host/version.h"
#include "plugin/plugin_host.h"

namespace ns::host {

git::GitOptions GitOptionsOf(const config::Config& config, const Layout& layout,
                             const KeyFile& keys, const std::string& program) {
  git::GitOptions options;
  options.worker = {program, "git-worker"};
  options.folder = layout.git();
  options.private_hosts = config.git.private_hosts;
  options.ssh_key = keys.ssh.private_pem;
  options.ca_file = config.git.ca_file;
  options.list_deadline = config.git.list_timeout;
  options.fetch_deadline = config.git.fetch_timeout;
  options.mirror_limit = config.git.mirror_limit;
  options.lfs = config.git.lfs;
  options.entry_limit = static_cast<uint64_t>(config.git.entry_limit);
  options.sandbox = config.git.sandbox == "off"        ? git::SandboxMode::kOff
                    : config.git.sandbox == "required" ? git::SandboxMode::kRequired
                                                       : git::SandboxMode::kAuto;
  if (auto found = FindProgram("bwrap", EnvironmentValue("PATH", "/usr/bin:/bin")); found.ok())
    options.bubblewrap = *found;
  return options;
}

git::ReceiveOptions ReceiveOptionsOf(const config::Config& config, const Layout& layout,
                                     const KeyFile& keys, const std::string& program) {
  git::ReceiveOptions options;
  options.folder = layout.repositories();
  options.git = GitOptionsOf(config, layout, keys, program);
  options.push_limit = config.receive.push_limit;
  options.repository_limit = config.receive.repository_limit;
  options.ref_limit = static_cast<size_t>(config.receive.ref_limit);
  if (auto found = FindProgram("git", EnvironmentValue("PATH", "/usr/bin:/bin")); found.ok())
    options.program = *found;
  return options;
}

ReceivedPlaces ReceivedPlacesOf(const Layout& layout, const KeyFile& keys,
                                const std::string& place) {
  return {place, layout.repositories(), keys.hash};
}

registry::EmbeddedRegistry EmbeddedRegistryOf(const config::Config& config, const Layout& layout) {
  registry::EmbeddedRegistry embedded;
  embedded.folder = layout.registry();
  embedded.port = config.registry.port;
  if (auto account = supervise::FindAccount("docker-registry"); account.ok())
    embedded.account = *account;
  return embedded;
}

registry::RegistryOptions RegistryOptionsOf(const config::Config& config, const Layout& layout) {
  registry::RegistryOptions options;
  options.url = config.registry.embedded
                    ? registry::EmbeddedRegistryUrl(EmbeddedRegistryOf(config, layout))
                    : config.registry.url;
  options.prefix = config.registry.prefix;
  options.username = config.registry.username;
  options.password = config.registry.password;
  return options;
}

model::PlatformInfo PlatformInfoOf(const config::Config& config, const KeyFile& keys) {
  model::PlatformInfo info;
  info.installation = config.installation;
  info.domains = config.domains;
  info.ports = config.ports;
  info.links = config.links;
  info.default_backend = config.backend;
  info.http_address = config.http_address;
  info.https_address = config.https_address;
  info.version = Version();
  info.revision = Revision();
  info.static_sites = !config.site_server.empty();
  info.public_key = keys.ssh.public_line;
  return info;
}

api::Settings ApiSettingsOf(const config::Config& config, const KeyFile& keys,
                            const std::string& host) {
  api::Settings settings;
  const config::Receive& receive = config.receive;
  settings.receive = {host,
                      receive.address,
                      receive.create_on_push,
                      receive.concurrency,
                      receive.time_limit,
                      receive.push_limit};
  settings.platform = PlatformInfoOf(config, keys);
  settings.identity.header = config.identity.header;
  settings.identity.proxies = config.identity.proxies;
  settings.identity.secret = config.identity.secret;
  settings.identity.admins = config.admins;
  settings.identity.token_header = config.identity.token_header;
  for (const config::IdentityKey& key : config.identity.keys)
    settings.identity.token_rules.keys.push_back({key.id, key.public_key});
  settings.identity.token_rules.audience =
      config.identity.audience.empty() ? config.installation : config.identity.audience;
  settings.identity.admin_groups = config.identity.admin_groups;
  settings.identity.token_days = config.identity.token_days;
  if (const group* found = ::getgrnam(config.identity.group.c_str()))
    settings.identity.service_gids.push_back(found->gr_gid);
  settings.plan_key = keys.hash;
  settings.basic_auth_over_http = config.git.basic_auth_over_http;
  settings.webhook_secret = config.webhook_secret;
  return settings;
}

act::DeskKeys DeskKeysOf(const config::Config& config, const KeyFile& keys) {
  return {keys.hash, keys.ssh.private_pem, config.registry.username, config.registry.password};
}

bool HasRole(const std::vector<std::string>& roles, const std::string& role) {
  return std::ranges::find(roles, role) != roles.end();
}

std::vector<std::string> KindsOf(const std::vector<std::string>& roles) {
  std::vector<std::string> kinds;
  if (HasRole(roles, "controller")) kinds.emplace_back(plugin::kBackendKind);
  if (HasRole(roles, "builder"))
    kinds.insert(kinds.end(), {plugin::kBuildKind, plugin::kEngineKind});
  if (HasRole(roles, "services")) kinds.emplace_back(plugin::kServiceKind);
  if (HasRole(roles, "ssgen")) kinds.emplace_back(plugin::kSiteKind);
  kinds.emplace_back(
      plugin::kStorageKind);  // builders put, sites and services get, controllers clean
  return kinds;
}

}  // namespace ns::host
