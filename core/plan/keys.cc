#include "plan/keys.h"

#include <algorithm>
#include <tuple>

#include "base/crypto.h"

namespace ns::plan {
namespace {

// In the order of their names, so that the order of rows does not matter.
std::vector<model::EnvVar> Sorted(std::vector<model::EnvVar> env) {
  std::sort(env.begin(), env.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return env;
}

}  // namespace

std::string BuildKey(const Secret& key, const model::Application& app, const std::string& commit) {
  KeyHasher hasher(key);
  hasher.Add("build/1")
      .Add(commit)
      .Add(app.build.method)
      .Add(app.build.settings)
      .Add(app.artifact_path);
  for (const model::EnvVar& variable : Sorted(app.env)) {
    if (variable.InBuild()) hasher.Add(variable.key).Add(variable.value.Reveal());
  }
  return hasher.Finish();
}

std::string RunKey(const Secret& key, const model::Application& app,
                   const model::Release& release) {
  KeyHasher hasher(key);
  hasher.Add("run/1")
      .Add(release.image.digest)
      .Add(release.entrypoint)
      .Add(release.command)
      .Add(app.restart_nonce);
  std::vector<model::PortPublication> ports = app.ports;
  std::sort(ports.begin(), ports.end());
  for (const model::PortPublication& port : ports) {
    hasher.Add("port")
        .Add(port.internet_port)
        .Add(port.application_port)
        .Add(static_cast<int64_t>(port.protocol));
  }
  for (const model::EnvVar& variable : Sorted(release.env)) {
    hasher.Add("env").Add(variable.key).Add(variable.value.Reveal());
  }
  return hasher.Finish();
}

std::string RouteKey(const Secret& key, const model::Application& app,
                     const std::string& page_reason) {
  std::vector<model::Website> routes = app.websites;
  std::sort(routes.begin(), routes.end(), [](const auto& a, const auto& b) {
    return std::tie(a.fqdn, a.path_prefix, a.https, a.id) <
           std::tie(b.fqdn, b.path_prefix, b.https, b.id);
  });
  KeyHasher hasher(key);
  hasher.Add("route/1").Add(page_reason);
  for (const model::Website& route : routes) {
    hasher.Add(route.id.str())
        .Add(route.fqdn)
        .Add(route.path_prefix)
        .Add(route.strip_prefix)
        .Add(route.https)
        .Add(route.h2c);
    hasher.Add(route.port).Add(static_cast<int64_t>(route.auth));
  }
  return hasher.Finish();
}

}  // namespace ns::plan
