#include "api/app_urls.h"

namespace ns::api {
namespace {

// ":8080" of "host:8080"; empty for the scheme's own port and where none is given.
std::string PortOf(const std::string& address, const char* usual) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || address.find(']', colon) != std::string::npos) return "";
  const std::string port = address.substr(colon + 1);
  return port.empty() || port == usual ? "" : ":" + port;
}

}  // namespace

std::vector<std::string> UrlsOf(const model::Application& app,
                                const model::PlatformInfo& platform) {
  std::vector<std::string> urls;
  for (const model::Website& website : app.websites) {
    const std::string port =
        website.https ? PortOf(platform.https_address, "443") : PortOf(platform.http_address, "80");
    urls.push_back(std::string(website.https ? "https://" : "http://") + website.fqdn + port +
                   website.path_prefix);
  }
  return urls;
}

}  // namespace ns::api
