#include "edge_limits.h"

#include <boost/json.hpp>

namespace ns::gateway {
namespace {

template <class T>
void Take(const boost::json::object& config, const char* key, T& value) {
  if (const boost::json::value* given = config.if_contains(key))
    value = T(given->to_number<int64_t>());
}

}  // namespace

Limits LimitsOf(const std::string& config) {
  Limits limits;
  if (config.empty()) return limits;
  const boost::json::value parsed = boost::json::parse(config);
  if (!parsed.is_object()) return limits;
  const boost::json::object& object = parsed.get_object();
  Take(object, "header_bytes", limits.header_bytes);
  Take(object, "body_bytes", limits.body_bytes);
  Take(object, "answer_bytes", limits.answer_bytes);
  Take(object, "connections", limits.connections);
  Take(object, "header_time_ms", limits.header_time);
  Take(object, "body_time_ms", limits.body_time);
  Take(object, "write_time_ms", limits.write_time);
  Take(object, "idle_time_ms", limits.idle_time);
  Take(object, "call_time_ms", limits.call_time);
  return limits;
}

}  // namespace ns::gateway
