#include "traefik/api.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

namespace ns::traefik {
namespace {

namespace json = boost::json;

std::string Text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

json::object Object(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  return !error && value.is_object() ? value.get_object() : json::object();
}

std::set<std::string> Texts(const json::object& object, std::string_view name) {
  std::set<std::string> texts;
  const json::value* list = object.if_contains(name);
  if (!list || !list->is_array()) return texts;
  for (const json::value& one : list->get_array()) {
    if (one.is_string()) texts.emplace(one.get_string());
  }
  return texts;
}

std::set<std::string> Urls(const json::object& service) {
  std::set<std::string> urls;
  const json::value* balancer = service.if_contains("loadBalancer");
  const json::value* servers =
      balancer && balancer->is_object() ? balancer->get_object().if_contains("servers") : nullptr;
  if (!servers || !servers->is_array()) return urls;
  for (const json::value& one : servers->get_array()) {
    if (one.is_object()) urls.insert(Text(one.get_object(), "url"));
  }
  return urls;
}

}  // namespace

std::string RouterDiffers(const std::string& text, const Router& router,
                          const std::string& provider) {
  const json::object shown = Object(text);
  const std::string what = "Traefik's router " + router.name;
  if (Text(shown, "status") != "enabled") {
    const auto errors = Texts(shown, "error");
    return what + " is not enabled" + (errors.empty() ? "" : ": " + *errors.begin());
  }
  const std::string service = Text(shown, "service");
  if (Text(shown, "rule") != router.rule) return what + " has another rule still";
  if (service != router.service && service != router.service + "@" + provider)
    return what + " leads to another service still";
  std::set<std::string> middlewares;
  for (const std::string& name : router.middlewares) middlewares.insert(name + "@" + provider);
  if (Texts(shown, "middlewares") != middlewares) return what + " has other middlewares still";
  return "";
}

std::string ServiceDiffers(const std::string& text, const Service& service) {
  const json::object shown = Object(text);
  const std::set<std::string> wanted(service.urls.begin(), service.urls.end());
  if (Text(shown, "status") != "enabled")
    return "Traefik's service " + service.name + " is not enabled";
  if (Urls(shown) != wanted)
    return "Traefik's service " + service.name + " has other servers still";
  return "";
}

std::optional<std::string> Api::Get(const sdk::Call& call, const std::string& address,
                                    const std::string& kind, const std::string& name) {
  const http::Response response =
      http_.Do(call, {.url = "http://" + address + "/api/http/" + kind + "/" + http::Escaped(name),
                      .timeout = std::chrono::seconds(3)});
  if (response.status == 404) return std::nullopt;
  if (!response.ok())
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_BACKEND_UNAVAILABLE,
                     "Traefik's API answers " + std::to_string(response.status) + ".",
                     sdk::Fault::kPlatform);
  return response.body;
}

std::string Api::Missing(const sdk::Call& call, const std::string& address, const Config& config,
                         const std::string& prefix, const std::string& provider) {
  for (const Router& router : config.routers) {
    const auto shown = Get(call, address, "routers", router.name + "@" + provider);
    if (!shown) return "Traefik does not show the router " + router.name + " yet";
    if (std::string differs = RouterDiffers(*shown, router, provider); !differs.empty())
      return differs;
  }
  for (const Service& service : config.services) {
    const auto shown = Get(call, address, "services", service.name + "@" + provider);
    if (!shown) return "Traefik does not show the service " + service.name + " yet";
    if (std::string differs = ServiceDiffers(*shown, service); !differs.empty()) return differs;
  }
  const auto numbered = std::count_if(config.routers.begin(), config.routers.end(),
                                      [](const Router& r) { return !r.name.ends_with("-http"); });
  const std::string next = prefix + "-" + std::to_string(numbered);
  if (Get(call, address, "routers", next + "@" + provider))
    return "Traefik shows the router " + next + " still";
  return "";
}

}  // namespace ns::traefik
