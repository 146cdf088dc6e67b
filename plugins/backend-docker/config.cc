#include "config.h"

#include <boost/json.hpp>

#include "ns/sdk/error.h"

namespace ns::backend_docker {
namespace {

namespace json = boost::json;

sdk::Error Invalid(const std::string& what) {
  return sdk::Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator);
}

// Takes members of the right type; the host has checked the whole against the schema.
void Take(const json::object& from, const char* name, std::string& to) {
  if (const json::value* value = from.if_contains(name); value && value->is_string())
    to = std::string(value->get_string());
}
void Take(const json::object& from, const char* name, int64_t& to) {
  const json::value* value = from.if_contains(name);
  if (!value) return;
  if (value->is_int64()) to = value->get_int64();
  if (value->is_uint64()) to = static_cast<int64_t>(value->get_uint64());
}
json::object Part(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  return value && value->is_object() ? value->get_object() : json::object();
}

TraefikConfig ParseTraefik(const json::object& from) {
  TraefikConfig traefik;
  std::string provider = "file";
  Take(from, "provider", provider);
  if (provider != "file" && provider != "labels" && provider != "docker")
    throw Invalid("traefik.provider is \"" + provider + "\"; it is \"file\" or \"labels\".");
  traefik.labels = provider != "file";
  Take(from, "http", traefik.http);
  Take(from, "https", traefik.https);
  Take(from, "api", traefik.api);
  Take(from, "binary", traefik.binary);
  const json::object auth = Part(from, "auth");
  Take(auth, "soft", traefik.auth_soft);
  Take(auth, "hard", traefik.auth_hard);
  return traefik;
}

}  // namespace

Config ParseConfig(const std::string& text) {
  Config config;
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Invalid("The configuration of backend-docker is no JSON object.");
  const json::object& from = value.get_object();
  int64_t bits = config.network_bits;
  Take(from, "socket", config.socket);
  Take(from, "networks", config.networks);
  Take(from, "network_bits", bits);
  Take(from, "memory", config.memory);
  Take(from, "cpu_millis", config.cpu_millis);
  Take(from, "pids", config.pids);
  config.network_bits = static_cast<int>(bits);
  config.traefik = ParseTraefik(Part(from, "traefik"));
  return config;
}

}  // namespace ns::backend_docker
