#include "config/check.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/nearest.h"
#include "config/scalars.h"

namespace ns::config {
namespace {

constexpr char kLocalStorage[] = "local";
const std::vector<std::string> kRoles = {"controller", "builder", "ssgen", "services"};

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// [a-z][a-z0-9_-]*, and as long as `limit` at most.
bool IsName(const std::string& name, size_t limit) {
  const auto good = [](char c) { return IsLower(c) || IsDigit(c) || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= limit && IsLower(name[0]) &&
         std::all_of(name.begin(), name.end(), good);
}

bool IsIp(const std::string& text) {
  in6_addr buffer;
  return ::inet_pton(AF_INET, text.c_str(), &buffer) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

bool IsAddressRange(const std::string& text) {
  const size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  int64_t bits = 0;
  const int64_t most = address.find(':') == std::string::npos ? 32 : 128;
  return IsIp(address) && (slash == std::string::npos ||
                           ParseInteger(text.substr(slash + 1), 0, most, bits).empty());
}

std::vector<std::string> Names(const std::vector<PluginInstance>& plugins) {
  std::vector<std::string> names;
  for (const PluginInstance& plugin : plugins) names.push_back(plugin.name);
  return names;
}

void CheckInstance(Reader& reader, Section& top, const std::string& key, const std::string& name,
                   const Config& config) {
  const auto names = Names(config.plugins);
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  reader.Fault(top.At(key),
               Quote(name) + " is no instance under plugins" + Suggestion(name, names));
}

void CheckRoles(Reader& reader, Section& top, const Config& config) {
  for (const std::string& role : config.roles) {
    if (std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end()) {
      reader.Fault(top.At("roles"), Quote(role) + " is no role" + Suggestion(role, kRoles));
    }
  }
  if (config.roles.empty())
    reader.Fault(top.At("roles"), "must name at least one of controller, builder, ssgen, services");
}

void CheckRegistry(Reader& reader, Section& top, const Registry& registry) {
  const Value where = top.At("registry");
  const bool web = registry.url.starts_with("http://") || registry.url.starts_with("https://");
  if (registry.embedded && !registry.url.empty())
    reader.Fault(where, "has a url, so that its mode cannot be embedded");
  if (!registry.embedded && !web)
    reader.Fault(where, "must have a url such as https://registry.example.com");
  const auto good = [](char c) {
    return IsLower(c) || IsDigit(c) || std::string_view("/-._").find(c) != std::string_view::npos;
  };
  const bool prefix = std::all_of(registry.prefix.begin(), registry.prefix.end(), good) &&
                      !registry.prefix.starts_with('/');
  if (!prefix)
    reader.Fault(where, "must have a prefix of [a-z0-9/-._], not " + Quote(registry.prefix));
}

void CheckAddresses(Reader& reader, Section& top, const Config& config) {
  Section identity = top.Child("identity"), git = top.Child("git");
  for (const std::string& proxy : config.identity.proxies) {
    if (!IsAddressRange(proxy))
      reader.Fault(
          identity.At("proxies"),
          Quote(proxy) + " is no address such as 10.0.0.2 and no range such as 10.0.0.0/8");
  }
  if (!config.identity.proxies.empty() && config.identity.secret.empty()) {
    reader.Doubt(identity.At("proxies"),
                 "has no effect without identity.secret: no header is believed");
  }
  for (const std::string& host : config.git.private_hosts) {
    if (!IsAddressRange(host) && !IsHost(host))
      reader.Fault(git.At("private_hosts"), Quote(host) + " is no host name, address or range");
  }
  for (const auto& [key, text] : {std::pair("http_address", config.http_address),
                                  std::pair("https_address", config.https_address)}) {
    if (!text.empty() && !IsHostPort(text, false, 1))
      reader.Fault(top.At(key), "must be HOST:PORT, not " + Quote(text));
  }
  Section pages = top.Child("page_server");
  const bool page = IsHostPort(config.page_listen, false, 0) &&
                    IsIp(config.page_listen.substr(0, config.page_listen.rfind(':')));
  if (!page)
    reader.Fault(pages.At("listen"),
                 "must be ADDRESS:PORT, such as 127.0.0.1:0, not " + Quote(config.page_listen));
  Section sites = top.Child("sites");
  const bool site =
      config.sites.listen.starts_with("127.0.0.1:") && IsHostPort(config.sites.listen, false, 1);
  if (!site)
    reader.Fault(sites.At("listen"), "must be 127.0.0.1:PORT, such as 127.0.0.1:4102, not " +
                                         Quote(config.sites.listen));
}

}  // namespace

bool IsHost(const std::string& host) {
  const auto good = [](char c) {
    return IsLower(c) || IsDigit(c) || c == '-' || c == '.' || c == '_';
  };
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.back() != '.' &&
         host.front() != '-' && host.find("..") == std::string::npos &&
         std::all_of(host.begin(), host.end(), good);
}

bool IsHostPort(const std::string& text, bool any, int64_t lowest_port) {
  const size_t colon = text.rfind(':');
  int64_t port = 0;
  if (colon == std::string::npos ||
      !ParseInteger(text.substr(colon + 1), lowest_port, 65535, port).empty())
    return false;
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return IsIp(host.substr(1, host.size() - 2));
  return host.empty() ? any : IsHost(host);
}

bool IsListen(const std::string& text) {
  if (text.starts_with("unix:")) return text.size() > 6 && text[5] == '/' && text.size() <= 5 + 107;
  const size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return IsHostPort(text, true, 1) && (host.empty() || IsIp(host));
}

void CheckDomain(Reader& reader, const Value& where, const model::Domain& domain) {
  const std::string name = domain.name.starts_with("*.") ? domain.name.substr(2) : domain.name;
  if (!IsHost(name)) {
    reader.Fault(where, "must be a name such as example.com or *.example.com in lower case, not " +
                            Quote(domain.name));
  }
  for (const std::string& host : domain.exclude) {
    const std::string bare = host.starts_with("*.") ? host.substr(2) : host;
    if (!IsHost(bare))
      reader.Fault(where, "must exclude host names in lower case, not " + Quote(host));
  }
}

void CheckPlugin(Reader& reader, Section& section, const PluginInstance& plugin) {
  if (!IsName(plugin.name, 40))
    reader.Fault(
        section.value(),
        "must have a name of [a-z0-9_-], beginning with a letter, of at most 40 characters");
  if (plugin.plugin.empty()) {
    reader.Fault(section.value(), "must have plugin, the name of a library such as backend-docker");
  } else if (!IsName(plugin.plugin, 60)) {
    reader.Fault(section.At("plugin"),
                 "must be the name of a library of [a-z0-9_-], without path and .so, not " +
                     Quote(plugin.plugin));
  }
  for (const std::string& address : plugin.listen) {
    if (!IsListen(address))
      reader.Fault(section.At("listen"),
                   "must hold unix:/PATH or ADDRESS:PORT, not " + Quote(address));
  }
}

void ChooseInstances(Config& config) {
  for (const PluginInstance& plugin : config.plugins) {
    if (plugin.plugin.starts_with("engine-")) config.engines.push_back(plugin.name);
    if (plugin.plugin.starts_with("backend-") && config.backend.empty())
      config.backend = plugin.name;
    if (plugin.plugin.starts_with("site-") && config.site_server.empty())
      config.site_server = plugin.name;
    if (plugin.plugin.starts_with("storage-") && config.storage.empty())
      config.storage = plugin.name;
  }
  if (config.storage.empty() && config.link.connect.empty()) config.storage = kLocalStorage;
}

void AddLocalStorage(Config& config) {
  const auto names = Names(config.plugins);
  if (config.storage != kLocalStorage || !config.link.connect.empty() ||
      std::find(names.begin(), names.end(), kLocalStorage) != names.end())
    return;
  PluginInstance local;
  local.name = kLocalStorage;
  local.plugin = "storage-local";
  local.where = "default";
  config.plugins.push_back(std::move(local));
}

void CheckConfig(Reader& reader, Section& top, const Config& config) {
  if (!IsName(config.installation, 30)) {
    reader.Fault(
        top.At("installation"),
        "must be a name of [a-z0-9_-], beginning with a letter, of at most 30 characters, not " +
            Quote(config.installation));
  }
  if (!config.data.starts_with('/'))
    reader.Fault(
        top.At("data"),
        "must be an absolute path, or the file must be named by one, not " + Quote(config.data));
  CheckRoles(reader, top, config);
  CheckRegistry(reader, top, config.registry);
  CheckAddresses(reader, top, config);
  CheckLink(reader, top, config);
  for (const std::string& engine : config.engines)
    CheckInstance(reader, top, "engines", engine, config);
  CheckInstance(reader, top, "backend", config.backend, config);
  CheckInstance(reader, top, "site_server", config.site_server, config);
  if (config.storage != kLocalStorage || !config.link.connect.empty())
    CheckInstance(reader, top, "storage", config.storage, config);
}

}  // namespace ns::config
