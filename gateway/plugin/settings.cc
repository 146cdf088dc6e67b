#include "settings.h"

#include <boost/json.hpp>

namespace ns::gateway {
namespace {

using boost::json::object;

template <class T>
void Take(const object& config, const char* key, T& value) {
  if (const boost::json::value* given = config.if_contains(key))
    value = T(given->to_number<int64_t>());
}

std::string Text(const object& config, const char* key) {
  return boost::json::value_to<std::string>(config.at(key));
}

}  // namespace

Settings SettingsOf(const std::string& config) {
  Settings settings;
  if (config.empty()) return settings;
  const boost::json::value parsed = boost::json::parse(config);
  if (!parsed.is_object()) return settings;
  const object& given = parsed.get_object();
  http::Limits& http = settings.http;
  Take(given, "header_bytes", http.header_bytes);
  Take(given, "body_bytes", http.body_bytes);
  Take(given, "held_bytes", http.held_bytes);
  Take(given, "connections", http.connections);
  Take(given, "streams", http.streams);
  Take(given, "header_time_ms", http.header_time);
  Take(given, "body_time_ms", http.body_time);
  Take(given, "write_time_ms", http.write_time);
  Take(given, "idle_time_ms", http.idle_time);
  Take(given, "answer_bytes", settings.answer_bytes);
  Take(given, "call_time_ms", settings.call_time);
  Take(given, "threads", settings.threads);
  if (const auto* tls = given.if_contains("tls"))
    settings.tls = {Text(tls->as_object(), "certificate"), Text(tls->as_object(), "key")};
  if (const auto* operations = given.if_contains("operations"))
    settings.operations = boost::json::value_to<std::vector<std::string>>(*operations);
  if (const auto* origins = given.if_contains("cors_origins"))
    settings.cors_origins = boost::json::value_to<std::vector<std::string>>(*origins);
  return settings;
}

}  // namespace ns::gateway
