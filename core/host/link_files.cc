#include "host/link_files.h"

#include <fstream>
#include <sstream>

namespace ns::host {
namespace {

// Empty for no path.
Result<std::string> Text(const std::string& path) {
  if (path.empty()) return std::string();
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  if (out.str().empty()) return Invalid("cannot read " + path + ", which `link` names");
  return out.str();
}

}  // namespace

Result<link::Identity> IdentityOf(const config::LinkSettings& settings) {
  link::Identity identity;
  identity.token = settings.token;
  NS_ASSIGN(identity.certificate, Text(settings.certificate));
  NS_ASSIGN(std::string key, Text(settings.key));
  identity.key = Secret(std::move(key));
  NS_ASSIGN(identity.ca, Text(settings.ca));
  return identity;
}

Result<link::EntranceOptions> EntranceOptionsOf(const config::LinkSettings& settings) {
  link::EntranceOptions options;
  options.listen = settings.listen;
  NS_ASSIGN(options.certificate, Text(settings.certificate));
  NS_ASSIGN(std::string key, Text(settings.key));
  options.key = Secret(std::move(key));
  NS_ASSIGN(options.client_ca, Text(settings.client_ca));
  for (const config::LinkHost& host : settings.hosts)
    options.hosts.push_back({host.name, host.token, host.roles});
  return options;
}

std::string AdvertisedBy(const config::LinkSettings& settings) {
  if (!settings.advertise.empty()) return " " + settings.advertise;
  const std::string& listen = settings.listen;
  const bool own = listen.starts_with("unix:") || listen.starts_with(":") ||
                   listen.starts_with("0.0.0.0:") || listen.starts_with("[::]:");
  return own ? "" : " " + listen;
}

}  // namespace ns::host
