#include "api/app_facts.h"

#include <algorithm>

namespace ns::api {
namespace {

// ":8080" of "host:8080"; empty for the scheme's own port and where none is given.
std::string PortOf(const std::string& address, const char* usual) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || address.find(']', colon) != std::string::npos) return "";
  const std::string port = address.substr(colon + 1);
  return port.empty() || port == usual ? "" : ":" + port;
}

Result<BuildId> CurrentBuild(const Context& context, const model::Application& app) {
  if (app.target.release.empty()) return BuildId();
  NS_ASSIGN(const auto releases, context.store().deploys.Releases(app.id, 20));
  const auto current = std::find_if(releases.begin(), releases.end(), [&](const auto& release) {
    return release.id == app.target.release;
  });
  return current == releases.end() ? BuildId() : current->build;
}

}  // namespace

Result<AppFacts> FactsOf(const Context& context, const model::Application& app) {
  AppFacts facts;
  NS_ASSIGN(facts.current_build, CurrentBuild(context, app));
  NS_ASSIGN(const auto builds, context.store().builds.ListByApp(app.id, 1));
  if (!builds.empty()) facts.latest_status = builds.front().status;
  auto observed = context.store().deploys.Observed(app.id);
  if (observed.ok()) {
    facts.observed = std::move(*observed);
  } else if (observed.status().code() != Code::kNotFound) {
    return observed.status();
  }
  return facts;
}

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
