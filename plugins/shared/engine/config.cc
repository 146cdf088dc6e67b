#include "engine/config.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <map>
#include <optional>

#include "ns/sdk/error.h"

namespace ns::engine {
namespace {

namespace json = boost::json;

constexpr auto kLongestTimeout = std::chrono::hours(7 * 24);

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

json::object Parsed(const std::string& text) {
  return json::parse(text).get_object();  // the constructor has looked
}

}  // namespace

Machine ThisMachine() {
  return {static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE),
          static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN))};
}

ConfigText::ConfigText(std::string text, const std::string& engine)
    : json_(text.empty() ? "{}" : std::move(text)) {
  json::error_code error;
  const json::value value = json::parse(json_, error);
  if (error || !value.is_object())
    throw Invalid("The configuration of " + engine + " is no JSON object.");
}

Common ConfigText::Limits(const Machine& machine) const {
  const json::object from = Parsed(json_);
  Common config;
  config.concurrency = static_cast<int>(std::max<int64_t>(1, Count("concurrency", 1)));
  config.timeout = std::chrono::seconds(Amount(from, "timeout", Times(), config.timeout.count()));
  if (config.timeout.count() == 0)
    throw Invalid("timeout is 0; a build needs a limit, write one like \"30m\".");
  if (config.timeout > kLongestTimeout)
    throw Invalid("timeout is longer than 7 days; write a limit like \"30m\".");
  const auto share = Share(from, "memory", machine.memory);
  config.memory = share ? *share : Amount(from, "memory", Sizes(), machine.memory / 2);
  config.cpu_millis = CpuMillis(from, machine.cpus * 1000, std::max(500, machine.cpus * 500));
  config.disk = Amount(from, "disk", Sizes(), config.disk);
  config.cache = Amount(from, "cache", Sizes(), 0);
  return config;
}

std::string ConfigText::Text(const char* name, const std::string& otherwise) const {
  const json::object from = Parsed(json_);
  const json::value* value = from.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : otherwise;
}

int64_t ConfigText::Count(const char* name, int64_t otherwise) const {
  return Amount(Parsed(json_), name, {{"", 1}}, otherwise);
}

int64_t ConfigText::Size(const char* name, int64_t otherwise) const {
  return Amount(Parsed(json_), name, Sizes(), otherwise);
}

}  // namespace ns::engine
