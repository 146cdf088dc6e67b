#include "docker/json.h"

#include <algorithm>
#include <boost/json.hpp>

#include "ns/sdk/error.h"

namespace ns::docker {
namespace {

namespace json = boost::json;

json::value Parse(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error)
    throw sdk::Error(NS_E_INTERNAL, NS_REASON_BACKEND_UNAVAILABLE,
                     "The Docker Engine gave an answer that is no JSON.", sdk::Fault::kPlatform);
  return value;
}

// The member of that path, or null.
const json::value& At(const json::value& value, std::initializer_list<std::string_view> path) {
  static const json::value none;
  const json::value* at = &value;
  for (const std::string_view name : path) {
    const json::object* object = at->if_object();
    const auto found = object ? object->find(name) : decltype(object->find(name)){};
    if (!object || found == object->end()) return none;
    at = &found->value();
  }
  return *at;
}

std::string Text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : "";
}
int64_t Number(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64()) return static_cast<int64_t>(value.get_uint64());
  return 0;
}

Labels TextMap(const json::value& value) {
  Labels labels;
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, text] : *object) labels[std::string(key)] = Text(text);
  }
  return labels;
}

template <class Take>
void Each(const json::value& value, const Take& take) {
  if (const json::array* array = value.if_array()) {
    for (const json::value& one : *array) take(one);
  }
}

std::vector<PublishedPort> Ports(const json::value& bindings) {
  std::vector<PublishedPort> ports;
  const json::object* object = bindings.if_object();
  if (!object) return ports;
  for (const auto& [name, list] : *object) {
    const std::string key(name);
    const int container = std::atoi(key.c_str());
    Each(list, [&](const json::value& one) {
      ports.push_back(
          {key.ends_with("/udp"), std::atoi(Text(At(one, {"HostPort"})).c_str()), container});
    });
  }
  std::sort(ports.begin(), ports.end());
  return ports;
}

std::map<std::string, Endpoint> Networks(const json::value& value) {
  std::map<std::string, Endpoint> networks;
  if (const json::object* object = value.if_object()) {
    for (const auto& [name, one] : *object)
      networks[std::string(name)] = {Text(At(one, {"NetworkID"})), Text(At(one, {"IPAddress"})),
                                     Text(At(one, {"IPAMConfig", "IPv4Address"}))};
  }
  return networks;
}

Network NetworkOf(const json::value& value) {
  Network network{Text(At(value, {"Id"})), Text(At(value, {"Name"})), "", "",
                  TextMap(At(value, {"Labels"}))};
  Each(At(value, {"IPAM", "Config"}), [&](const json::value& one) {
    if (!network.subnet.empty()) return;
    network.subnet = Text(At(one, {"Subnet"}));
    network.gateway = Text(At(one, {"Gateway"}));
  });
  return network;
}

json::array TextArray(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

json::object TextObject(const Labels& labels) {
  json::object object;
  for (const auto& [key, value] : labels) object[key] = value;
  return object;
}

std::string PortKey(const PublishedPort& port) {
  return std::to_string(port.container) + (port.udp ? "/udp" : "/tcp");
}

json::object RenderHostConfig(const ContainerSpec& spec) {
  json::object host;
  host["NetworkMode"] = spec.network;
  host["RestartPolicy"] = {{"Name", spec.restart_policy}};
  host["Memory"] = spec.memory;
  if (spec.memory > 0) host["MemorySwap"] = spec.memory;  // no swap beside it
  host["NanoCpus"] = spec.nano_cpus;
  if (spec.pids > 0) host["PidsLimit"] = spec.pids;
  host["SecurityOpt"] = {"no-new-privileges"};
  host["LogConfig"] = {
      {"Type", "json-file"},
      {"Config", {{"max-size", std::to_string(spec.log_bytes)}, {"max-file", "2"}}}};
  json::object bindings;
  for (const PublishedPort& port : spec.ports) {
    json::value& list = bindings[PortKey(port)];
    if (!list.is_array()) list.emplace_array();
    list.get_array().push_back(json::object{{"HostPort", std::to_string(port.host)}});
  }
  host["PortBindings"] = std::move(bindings);
  return host;
}

json::object RenderHealth(const HealthCheck& health) {
  json::array test = TextArray(health.command);
  test.insert(test.begin(), "CMD");
  json::object object{{"Test", std::move(test)},
                      {"Retries", health.retries},
                      {"Interval", health.interval.count()},
                      {"Timeout", health.timeout.count()},
                      {"StartPeriod", health.start_period.count()}};
  if (health.start_interval.count() > 0) object["StartInterval"] = health.start_interval.count();
  return object;
}

// URL-safe base64 with padding, as the Engine reads it.
std::string Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

// Either alphabet of base64; ends at what is in none.
std::string FromBase64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kAlphabet.find(c == '-' ? '+' : c == '_' ? '/' : c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

}  // namespace

namespace {

// "Up 3 hours (healthy)" -> "(healthy)": how long ago changes by itself.
std::string HealthOf(const std::string& status) {
  const size_t bracket = status.rfind('(');
  return status.ends_with(')') && status.starts_with("Up") ? status.substr(bracket) : "";
}

// An endpoint has another id after each start.
Listed ListedOf(const json::value& one) {
  Listed out;
  out.id = Text(At(one, {"Id"}));
  Each(At(one, {"Names"}), [&](const json::value& name) {
    if (out.name.empty()) out.name = Text(name);
  });
  if (out.name.starts_with('/')) out.name.erase(0, 1);
  out.state = Text(At(one, {"State"}));
  out.labels = TextMap(At(one, {"Labels"}));
  out.outline = out.name + " " + out.state + HealthOf(Text(At(one, {"Status"}))) + " " +
                json::serialize(At(one, {"NetworkSettings", "Networks"}));
  return out;
}

}  // namespace

Container ParseContainer(std::string_view text) {
  const json::value value = Parse(text);
  Container out;
  out.id = Text(At(value, {"Id"}));
  out.name = Text(At(value, {"Name"}));
  if (out.name.starts_with('/')) out.name.erase(0, 1);
  out.image = Text(At(value, {"Config", "Image"}));
  out.image_id = Text(At(value, {"Image"}));
  out.labels = TextMap(At(value, {"Config", "Labels"}));
  out.stop_signal = Text(At(value, {"Config", "StopSignal"}));
  const json::value& state = At(value, {"State"});
  out.state = Text(At(state, {"Status"}));
  out.error = Text(At(state, {"Error"}));
  out.health = Text(At(state, {"Health", "Status"}));
  out.pid = Number(At(state, {"Pid"}));
  out.exit_code = static_cast<int>(Number(At(state, {"ExitCode"})));
  out.out_of_memory = At(state, {"OOMKilled"}) == json::value(true);
  out.started = ParseTime(Text(At(state, {"StartedAt"}))).value_or(UtcTime());
  out.created = ParseTime(Text(At(value, {"Created"}))).value_or(UtcTime());
  out.restarts = static_cast<int>(Number(At(value, {"RestartCount"})));
  const json::value& host = At(value, {"HostConfig"});
  out.restart_policy = Text(At(host, {"RestartPolicy", "Name"}));
  out.memory = Number(At(host, {"Memory"}));
  out.nano_cpus = Number(At(host, {"NanoCpus"}));
  out.pids = std::max<int64_t>(Number(At(host, {"PidsLimit"})), 0);
  out.ports = Ports(At(host, {"PortBindings"}));
  out.networks = Networks(At(value, {"NetworkSettings", "Networks"}));
  return out;
}

std::vector<Listed> ParseContainers(std::string_view text) {
  std::vector<Listed> containers;
  Each(Parse(text), [&](const json::value& one) { containers.push_back(ListedOf(one)); });
  return containers;
}

Network ParseNetwork(std::string_view text) { return NetworkOf(Parse(text)); }

std::vector<Network> ParseNetworks(std::string_view text) {
  std::vector<Network> networks;
  Each(Parse(text), [&](const json::value& one) { networks.push_back(NetworkOf(one)); });
  return networks;
}

std::vector<Image> ParseImages(std::string_view text) {
  std::vector<Image> images;
  Each(Parse(text), [&](const json::value& one) {
    Image image{Text(At(one, {"Id"})), {}, {}};
    Each(At(one, {"RepoTags"}), [&](const json::value& tag) { image.tags.push_back(Text(tag)); });
    Each(At(one, {"RepoDigests"}),
         [&](const json::value& digest) { image.digests.push_back(Text(digest)); });
    images.push_back(std::move(image));
  });
  return images;
}

std::optional<UtcTime> ParseTagTime(std::string_view text) {
  return ParseTime(Text(At(Parse(text), {"Metadata", "LastTagTime"})));
}

std::string ParseId(std::string_view text) { return Text(At(Parse(text), {"Id"})); }

std::string ParseMessage(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  const std::string message = error ? "" : Text(At(value, {"message"}));
  return message.empty() ? std::string(text) : message;
}

std::optional<Usage> ParseStats(std::string_view text) {
  const json::value stats = Parse(text);
  Usage usage;
  usage.cpu_ns = Number(At(stats, {"cpu_stats", "cpu_usage", "total_usage"}));
  const int64_t all = Number(At(stats, {"memory_stats", "usage"}));
  if (usage.cpu_ns == 0 && all == 0) return std::nullopt;
  const json::value& two = At(stats, {"memory_stats", "stats", "inactive_file"});
  const json::value& one = At(stats, {"memory_stats", "stats", "total_inactive_file"});
  usage.memory_bytes = std::max<int64_t>(0, all - Number(one.is_null() ? two : one));
  if (const json::object* networks = At(stats, {"networks"}).if_object()) {
    usage.received_bytes = usage.sent_bytes = 0;
    for (const auto& [name, counts] : *networks) {
      usage.received_bytes += Number(At(counts, {"rx_bytes"}));
      usage.sent_bytes += Number(At(counts, {"tx_bytes"}));
    }
  }
  return usage;
}

Event ParseEvent(std::string_view line) {
  const json::value value = Parse(line);
  return {Text(At(value, {"Type"})), Text(At(value, {"Action"})), Text(At(value, {"Actor", "ID"})),
          TextMap(At(value, {"Actor", "Attributes"}))};
}

std::string ParsePullError(std::string_view line) {
  json::error_code error;
  const json::value value = json::parse(line, error);
  return error ? "" : Text(At(value, {"error"}));
}

// The mode is Go's: what a thing is stands in the high bits.
PathStat ParsePathStat(std::string_view header) {
  constexpr int64_t kFolder = int64_t{1} << 31, kLink = int64_t{1} << 27;
  const json::value value = Parse(FromBase64(header));
  const int64_t mode = Number(At(value, {"mode"}));
  return {(mode & kFolder) != 0, (mode & kLink) != 0, Text(At(value, {"linkTarget"}))};
}

// An image without a command is refused unless one is given, whether it is there or not.
std::string RenderUnstarted(const UnstartedSpec& spec) {
  return json::serialize(json::object{{"Image", spec.image},
                                      {"Labels", TextObject(spec.labels)},
                                      {"Entrypoint", json::array{"/never-started"}},
                                      {"NetworkDisabled", true},
                                      {"HostConfig", {{"NetworkMode", "none"}}}});
}

std::string RenderContainer(const ContainerSpec& spec) {
  json::object object{
      {"Image", spec.image}, {"Labels", TextObject(spec.labels)}, {"Env", TextArray(spec.env)}};
  if (!spec.entrypoint.empty()) object["Entrypoint"] = TextArray(spec.entrypoint);
  if (!spec.command.empty()) object["Cmd"] = TextArray(spec.command);
  if (!spec.health.command.empty()) object["Healthcheck"] = RenderHealth(spec.health);
  json::object exposed;
  for (const PublishedPort& port : spec.ports) exposed[PortKey(port)] = json::object();
  object["ExposedPorts"] = std::move(exposed);
  object["HostConfig"] = RenderHostConfig(spec);
  json::object endpoint;
  if (!spec.address.empty()) endpoint["IPAMConfig"] = {{"IPv4Address", spec.address}};
  object["NetworkingConfig"] = {{"EndpointsConfig", {{spec.network, std::move(endpoint)}}}};
  return json::serialize(object);
}

std::string RenderNetwork(const std::string& name, const std::string& subnet,
                          const Labels& labels) {
  const json::object object{
      {"Name", name},
      {"CheckDuplicate", true},
      {"Driver", "bridge"},
      {"Labels", TextObject(labels)},
      {"IPAM", {{"Driver", "default"}, {"Config", json::array{json::object{{"Subnet", subnet}}}}}}};
  return json::serialize(object);
}

std::string RenderFilters(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters) {
  json::object object;
  for (const auto& [key, values] : filters) object[key] = TextArray(values);
  return json::serialize(object);
}

std::string RenderAuth(const std::string& username, const std::string& password,
                       const std::string& server) {
  if (username.empty()) return "";
  return Base64(json::serialize(
      json::object{{"username", username}, {"password", password}, {"serveraddress", server}}));
}

std::optional<UtcTime> ParseTime(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  const std::string copy(text.substr(0, 40));
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
                  &second, &used) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  int64_t micros = 0, unit = 100'000;
  size_t at = static_cast<size_t>(used);
  if (at < copy.size() && copy[at] == '.') {
    for (++at; at < copy.size() && copy[at] >= '0' && copy[at] <= '9'; ++at, unit /= 10)
      micros += (copy[at] - '0') * unit;
  }
  if (at + 1 != copy.size() || copy[at] != 'Z') return std::nullopt;
  return UtcTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::microseconds(micros);
}

}  // namespace ns::docker
