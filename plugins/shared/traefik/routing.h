// The neutral routing model of one application, turned into Traefik's terms. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ns/sdk/app.h"

namespace ns::traefik {

// What the Traefik at hand offers.
struct Entries {
  std::string web = "web";           // entry point for http
  std::string web_secure;            // for https; empty: there is none
  std::string auth_soft, auth_hard;  // address of the authority that is asked; empty: there is none
  friend bool operator==(const Entries&, const Entries&) = default;
};

// Where the routes of an application lead.
struct Upstreams {
  std::vector<std::string> hosts;   // "10.213.0.2", of the serving replicas; empty: the page
  std::string page_url;             // empty as well: routes are withdrawn
  std::string page_reason;          // "stopped"
  std::optional<sdk::Site> site{};  // where there are no hosts: there, and not to the page
  friend bool operator==(const Upstreams&, const Upstreams&) = default;
};

struct Router {
  std::string name, rule, entry, service;
  int64_t priority = 0;
  std::vector<std::string> middlewares;
  bool tls = false;
  friend bool operator==(const Router&, const Router&) = default;
};

struct Service {
  std::string name;
  std::vector<std::string> urls;  // "http://10.213.0.2:8080"
  int port = 0;                   // of the container; 0: the page's
  bool h2c = false;
  friend bool operator==(const Service&, const Service&) = default;
};

struct Middleware {
  enum class Kind { kStripPrefix, kHttpsOnly, kForwardAuth, kRequestHeaders };
  std::string name;
  Kind kind = Kind::kStripPrefix;
  std::vector<std::pair<std::string, std::string>>
      values;  // {"prefix", "/api"}, {"address", ...}, headers
  friend bool operator==(const Middleware&, const Middleware&) = default;
};

struct Config {
  std::vector<Router> routers;
  std::vector<Service> services;
  std::vector<Middleware> middlewares;
  friend bool operator==(const Config&, const Config&) = default;
};

// Transport to every upstream: idle connections close soon, so that draining does not wait for
// them. Defined in SharedFile().
inline constexpr const char* kTransport = "neoshowcase";

// The configuration for an application. `prefix`: begins every name, "nsapp-<id>"; `rank` decides
// between equal rules, the higher wins. Throws RouteUnsupported for what Traefik, or this
// installation's Traefik, cannot express.
Config MakeConfig(const sdk::App& app, const Upstreams& upstreams, const Entries& entries,
                  const std::string& prefix, int64_t rank);

// "Host(`a.example`) && (Path(`/x`) || PathPrefix(`/x/`))". Throws when host or path hold anything
// that a rule could be broken with.
std::string MakeRule(const std::string& host, const std::string& path);

}  // namespace ns::traefik
