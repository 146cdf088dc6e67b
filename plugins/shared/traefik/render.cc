#include "traefik/render.h"

#include "ns/sdk/error.h"

namespace ns::traefik {
namespace {

// A YAML scalar in single quotes.
std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) (out += c) += c == '\'' ? "'" : "";
  return out + "'";
}

std::string List(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) (out += out.size() > 1 ? ", " : "") += Quoted(item);
  return out + "]";
}

std::string RenderRouter(const Router& router) {
  std::string out = "    " + Quoted(router.name) + ":\n      rule: " + Quoted(router.rule) +
                    "\n      entryPoints: " + List({router.entry}) +
                    "\n      service: " + Quoted(router.service) +
                    "\n      priority: " + std::to_string(router.priority) + "\n";
  if (!router.middlewares.empty()) out += "      middlewares: " + List(router.middlewares) + "\n";
  if (router.tls) out += "      tls: {}\n";
  return out;
}

std::string RenderService(const Service& service) {
  std::string out = "    " + Quoted(service.name) +
                    ":\n      loadBalancer:\n        serversTransport: " + Quoted(kTransport) +
                    "\n        servers:\n";
  for (const std::string& url : service.urls) out += "          - url: " + Quoted(url) + "\n";
  return out;
}

std::string RenderMiddleware(const Middleware& middleware) {
  std::string out = "    " + Quoted(middleware.name) + ":\n";
  const std::string& value = middleware.values.front().second;
  switch (middleware.kind) {
    case Middleware::Kind::kStripPrefix:
      return out + "      stripPrefix: {prefixes: " + List({value}) + "}\n";
    case Middleware::Kind::kHttpsOnly:
      return out + "      redirectScheme: {scheme: " + Quoted(value) + ", permanent: true}\n";
    case Middleware::Kind::kForwardAuth:
      return out + "      forwardAuth: {address: " + Quoted(value) + "}\n";
    case Middleware::Kind::kRequestHeaders:
      break;
  }
  out += "      headers:\n        customRequestHeaders:\n";
  for (const auto& [name, text] : middleware.values)
    out += "          " + Quoted(name) + ": " + Quoted(text) + "\n";
  return out;
}

template <class Items, class Render>
std::string Section(const std::string& name, const Items& items, const Render& render) {
  if (items.empty()) return "";
  std::string out = "  " + name + ":\n";
  for (const auto& item : items) out += render(item);
  return out;
}

std::string Joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) (out += out.empty() ? "" : ",") += item;
  return out;
}

using Labels = std::map<std::string, std::string>;

void LabelRouter(const Router& router, Labels& labels) {
  const std::string at = "traefik.http.routers." + router.name + ".";
  labels[at + "rule"] = router.rule;
  labels[at + "entrypoints"] = router.entry;
  labels[at + "service"] = router.service;
  labels[at + "priority"] = std::to_string(router.priority);
  if (!router.middlewares.empty()) labels[at + "middlewares"] = Joined(router.middlewares);
  if (router.tls) labels[at + "tls"] = "true";
}

void LabelService(const Service& service, Labels& labels) {
  if (service.port == 0)
    throw sdk::Error(NS_E_INVALID, NS_REASON_ROUTE_UNSUPPORTED,
                     "A container's labels cannot lead to a page elsewhere.",
                     sdk::Fault::kPlatform);
  const std::string at = "traefik.http.services." + service.name + ".loadbalancer.";
  labels[at + "server.port"] = std::to_string(service.port);
  if (service.h2c) labels[at + "server.scheme"] = "h2c";
  labels[at + "serverstransport"] = std::string(kTransport) + "@file";
}

void LabelMiddleware(const Middleware& middleware, Labels& labels) {
  const std::string at = "traefik.http.middlewares." + middleware.name + ".";
  for (const auto& [name, value] : middleware.values) {
    switch (middleware.kind) {
      case Middleware::Kind::kStripPrefix:
        labels[at + "stripprefix.prefixes"] = value;
        break;
      case Middleware::Kind::kHttpsOnly:
        labels[at + "redirectscheme.scheme"] = value,
                    labels[at + "redirectscheme.permanent"] = "true";
        break;
      case Middleware::Kind::kForwardAuth:
        labels[at + "forwardauth.address"] = value;
        break;
      case Middleware::Kind::kRequestHeaders:
        labels[at + "headers.customrequestheaders." + name] = value;
        break;
    }
  }
}

}  // namespace

std::string RenderFile(const Config& config) {
  const std::string body = Section("routers", config.routers, RenderRouter) +
                           Section("services", config.services, RenderService) +
                           Section("middlewares", config.middlewares, RenderMiddleware);
  return body.empty() ? "{}\n" : "http:\n" + body;
}

std::string SharedFile() {
  return std::string("http:\n  serversTransports:\n    ") + kTransport +
         ":\n      maxIdleConnsPerHost: 64\n      forwardingTimeouts: {dialTimeout: 5s, "
         "idleConnTimeout: 1s}\n";
}

std::map<std::string, std::string> RenderLabels(const Config& config, const std::string& network) {
  Labels labels;
  if (config.routers.empty()) return labels;
  labels["traefik.enable"] = "true";
  labels["traefik.docker.network"] = network;
  for (const Router& router : config.routers) LabelRouter(router, labels);
  for (const Service& service : config.services) LabelService(service, labels);
  for (const Middleware& middleware : config.middlewares) LabelMiddleware(middleware, labels);
  return labels;
}

}  // namespace ns::traefik
