#include "traefik/routing.h"

#include <algorithm>

#include "ns/sdk/error.h"

namespace ns::traefik {
namespace {

using sdk::Auth;
using sdk::Route;

sdk::Error Unsupported(const std::string& what) {
  return sdk::Error(NS_E_INVALID, NS_REASON_ROUTE_UNSUPPORTED, what, sdk::Fault::kOperator);
}

bool IsAlnum(unsigned char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

// Lower-case letters, digits and hyphens in labels of 1 to 63, 253 in all.
bool IsHost(const std::string& host) {
  if (host.empty() || host.size() > 253) return false;
  size_t label = 0;
  for (size_t i = 0; i <= host.size(); ++i) {
    if (i == host.size() || host[i] == '.') {
      if (label == 0 || label > 63 || host[i - 1] == '-') return false;
      label = 0;
    } else {
      if (!IsAlnum(static_cast<unsigned char>(host[i])) && !(host[i] == '-' && label > 0))
        return false;
      ++label;
    }
  }
  return true;
}

// Unreserved characters, "/" and %XX.
bool IsPath(const std::string& path) {
  if (!path.starts_with('/') || path.size() > 1024 || (path.size() > 1 && path.ends_with('/')))
    return false;
  return std::all_of(path.begin(), path.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return IsAlnum(u) || (c >= 'A' && c <= 'Z') ||
           std::string_view("/-._~%").find(c) != std::string_view::npos;
  });
}

// Longer paths win; between equal ones the higher rank.
int64_t PriorityOf(const Route& route, int64_t rank) {
  constexpr int64_t kRanks = 1'000'000'000;
  return static_cast<int64_t>(route.path.size()) * kRanks +
         std::clamp<int64_t>(rank, 1, kRanks - 1);
}

class Builder {
 public:
  Builder(const sdk::App& app, const Upstreams& upstreams, const Entries& entries,
          const std::string& prefix, int64_t rank)
      : app_(app), upstreams_(upstreams), entries_(entries), prefix_(prefix), rank_(rank) {}

  Config Build() {
    if (ToPage() && upstreams_.page_url.empty()) return {};
    for (size_t i = 0; i < app_.routes.size(); ++i)
      Add(app_.routes[i], prefix_ + "-" + std::to_string(i));
    if (!app_.routes.empty() && ToPage()) AddPage();
    if (!app_.routes.empty() && ToSite()) AddSite();
    return std::move(config_);
  }

 private:
  bool ToSite() const { return upstreams_.hosts.empty() && upstreams_.site.has_value(); }
  bool ToPage() const { return upstreams_.hosts.empty() && !upstreams_.site; }
  // Another name for another reason or release, so that Traefik's routers show which is in force.
  std::string PageName() const { return prefix_ + "-page-" + upstreams_.page_reason; }
  std::string SiteName() const { return prefix_ + "-site-" + upstreams_.site->release; }

  void Add(const Route& route, const std::string& name) {
    Router router{name, MakeRule(route.host, route.path), entries_.web,
                  name, PriorityOf(route, rank_),         {},
                  false};
    if (route.tls) Secure(route, router);
    if (ToPage()) {
      router.service = PageName();
      router.middlewares = {PageName()};
    } else {
      AddAuth(route, router);
      if (route.strip_path && route.path != "/") {
        router.middlewares.push_back(name + "-strip");
        config_.middlewares.push_back(
            {name + "-strip", Middleware::Kind::kStripPrefix, {{"prefix", route.path}}});
      }
      if (ToSite()) {
        router.service = SiteName();
        router.middlewares.push_back(SiteName());
      } else {
        AddService(route, name);
      }
    }
    config_.routers.push_back(std::move(router));
  }

  // On https, and from http there.
  void Secure(const Route& route, Router& router) {
    if (entries_.web_secure.empty())
      throw Unsupported("The URL https://" + route.host + route.path +
                        " asks for TLS, and Traefik has no https entry; set traefik.https in the "
                        "configuration of the backend.");
    Router redirect = router;
    redirect.name += "-http";
    redirect.middlewares = {prefix_ + "-https"};
    if (std::none_of(config_.middlewares.begin(), config_.middlewares.end(),
                     [&](const auto& m) { return m.name == prefix_ + "-https"; }))
      config_.middlewares.push_back(
          {prefix_ + "-https", Middleware::Kind::kHttpsOnly, {{"scheme", "https"}}});
    if (ToPage()) redirect.service = PageName();
    if (ToSite()) redirect.service = SiteName();
    config_.routers.push_back(std::move(redirect));
    router.entry = entries_.web_secure;
    router.tls = true;
  }

  void AddAuth(const Route& route, Router& router) {
    if (route.auth == Auth::kOff) return;
    const std::string& address =
        route.auth == Auth::kSoft ? entries_.auth_soft : entries_.auth_hard;
    if (address.empty())
      throw Unsupported("The URL " + route.host + route.path +
                        " asks for authentication, and no authority is configured; set "
                        "traefik.auth in the configuration of the backend.");
    router.middlewares.push_back(router.name + "-auth");
    config_.middlewares.push_back(
        {router.name + "-auth", Middleware::Kind::kForwardAuth, {{"address", address}}});
  }

  void AddService(const Route& route, const std::string& name) {
    if (route.port < 1 || route.port > 65535)
      throw Unsupported("The URL " + route.host + route.path + " leads to a port that is none.");
    Service service{name, {}, route.port, route.h2c};
    for (const std::string& host : upstreams_.hosts)
      service.urls.push_back((route.h2c ? "h2c://" : "http://") + host + ":" +
                             std::to_string(route.port));
    config_.services.push_back(std::move(service));
  }

  // Traefik puts these headers in the place of what the client has sent under their names.
  void AddSite() {
    config_.services.push_back({SiteName(), {upstreams_.site->upstream}, 0, false});
    config_.middlewares.push_back({SiteName(),
                                   Middleware::Kind::kRequestHeaders,
                                   {{"X-Controller-App-Id", app_.id},
                                    {"X-Controller-Release-Id", upstreams_.site->release}}});
  }

  void AddPage() {
    config_.services.push_back({PageName(), {upstreams_.page_url}, 0, false});
    config_.middlewares.push_back({PageName(),
                                   Middleware::Kind::kRequestHeaders,
                                   {{"X-NS-Page", upstreams_.page_reason}, {"X-NS-App", app_.id}}});
  }

  const sdk::App& app_;
  const Upstreams& upstreams_;
  const Entries& entries_;
  const std::string& prefix_;
  const int64_t rank_;
  Config config_;
};

}  // namespace

std::string MakeRule(const std::string& host, const std::string& path) {
  if (!IsHost(host))
    throw Unsupported("The host \"" + host +
                      "\" is no plain DNS name in lower case; Traefik's rules take no other.");
  if (!IsPath(path))
    throw Unsupported("The path \"" + path + "\" of host " + host +
                      " holds what Traefik's rules do not take.");
  const std::string rule = "Host(`" + host + "`)";
  return path == "/" ? rule : rule + " && (Path(`" + path + "`) || PathPrefix(`" + path + "/`))";
}

Config MakeConfig(const sdk::App& app, const Upstreams& upstreams, const Entries& entries,
                  const std::string& prefix, int64_t rank) {
  return Builder(app, upstreams, entries, prefix, rank).Build();
}

}  // namespace ns::traefik
