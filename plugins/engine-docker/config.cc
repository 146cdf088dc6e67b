#include "config.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <map>
#include <optional>

#include "ns/sdk/error.h"

namespace ns::engine_docker {
namespace {

namespace json = boost::json;

sdk::Error Invalid(const std::string& what) {
  return sdk::Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator);
}

using Units = std::map<std::string, int64_t>;
const Units& Sizes() {
  static const Units units = {{"", 1},
                              {"B", 1},
                              {"K", 1 << 10},
                              {"KiB", 1 << 10},
                              {"M", 1 << 20},
                              {"MiB", 1 << 20},
                              {"G", 1 << 30},
                              {"GiB", 1 << 30},
                              {"T", int64_t{1} << 40},
                              {"TiB", int64_t{1} << 40}};
  return units;
}
const Units& Times() {
  static const Units units = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}};
  return units;
}

// "50%" of what the machine has, or nothing when it is no percentage.
std::optional<int64_t> Share(const json::object& from, const char* name, int64_t whole) {
  const json::value* value = from.if_contains(name);
  if (!value || !value->is_string() || !value->get_string().ends_with('%')) return std::nullopt;
  const std::string text(value->get_string());
  int percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, percent);
  if (error != std::errc() || end != text.data() + text.size() - 1 || percent < 1 || percent > 100)
    throw Invalid(std::string(name) + " is \"" + text +
                  "\"; a share of the machine is between \"1%\" and \"100%\".");
  return whole / 100 * percent;
}

// "256M" with the units of sizes -> 268435456.
int64_t Parse(const std::string& name, const std::string& text, const Units& units) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = units.find(std::string(end, text.data() + text.size()));
  if (error != std::errc() || unit == units.end() || number < 0 ||
      number > INT64_MAX / unit->second)
    throw Invalid(name + " is \"" + text + "\"; write it like " +
                  (units.contains("G") ? "\"512M\" or \"50%\"" : "\"30m\"") + ".");
  return number * unit->second;
}

int64_t Amount(const json::object& from, const char* name, const Units& units, int64_t otherwise) {
  const json::value* value = from.if_contains(name);
  if (!value) return otherwise;
  if (value->is_string()) return Parse(name, std::string(value->get_string()), units);
  if (!value->is_int64() || value->get_int64() < 0)
    throw Invalid(std::string(name) + " is neither a number nor a text with a unit.");
  return value->get_int64();
}

int64_t CpuMillis(const json::object& from, int64_t whole, int64_t otherwise) {
  if (const auto share = Share(from, "cpus", whole)) return *share;
  const json::value* value = from.if_contains("cpus");
  if (!value) return otherwise;
  if (!value->is_number() || value->to_number<double>() < 0)
    throw Invalid("cpus is no number; write it like 1.5 or \"50%\", or 0 for no limit.");
  return static_cast<int64_t>(value->to_number<double>() * 1000);
}

void Take(const json::object& from, const char* name, std::string& to) {
  if (const json::value* value = from.if_contains(name); value && value->is_string())
    to = std::string(value->get_string());
}

}  // namespace

Machine ThisMachine() {
  return {static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE),
          static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN))};
}

Config ParseConfig(const std::string& text, const Machine& machine) {
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Invalid("The configuration of engine-docker is no JSON object.");
  const json::object& from = value.get_object();
  Config config;
  Take(from, "socket", config.socket);
  Take(from, "binary", config.binary);
  Take(from, "cgroup_parent", config.cgroup_parent);
  config.concurrency = static_cast<int>(
      std::max<int64_t>(1, Amount(from, "concurrency", {{"", 1}}, config.concurrency)));
  config.timeout = std::chrono::seconds(Amount(from, "timeout", Times(), config.timeout.count()));
  if (config.timeout.count() == 0)
    throw Invalid("timeout is 0; a build needs a limit, write one like \"30m\".");
  const auto share = Share(from, "memory", machine.memory);
  config.memory = share ? *share : Amount(from, "memory", Sizes(), machine.memory / 2);
  config.cpu_millis = CpuMillis(from, machine.cpus * 1000, std::max(500, machine.cpus * 500));
  config.cache = Amount(from, "cache", Sizes(), 0);
  config.pids = Amount(from, "pids", {{"", 1}}, config.pids);
  config.buildpack_cache = Amount(from, "buildpack_cache", Sizes(), config.buildpack_cache);
  return config;
}

}  // namespace ns::engine_docker
