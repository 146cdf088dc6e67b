#include "marks.h"

#include <algorithm>
#include <charconv>

namespace ns::backend_docker {
namespace {

using docker::Container;
using docker::Labels;

constexpr const char* kGeneration = "neoshowcase.generation";
constexpr const char* kNumber = "neoshowcase.number";
constexpr const char* kKey = "neoshowcase.key";
constexpr const char* kRunKey = "neoshowcase.run-key";
constexpr const char* kLimits = "neoshowcase.limits";
constexpr const char* kAddress = "neoshowcase.address";
constexpr const char* kProcess = "neoshowcase.process";
constexpr const char* kPrefix = "nsapp-";

std::string Label(const Container& container, const char* name) {
  const auto found = container.labels.find(name);
  return found == container.labels.end() ? "" : found->second;
}

sdk::Life LifeOf(const std::string& state) {
  if (state == "created") return sdk::Life::kNew;
  if (state == "running" || state == "paused") return sdk::Life::kRunning;
  return state == "restarting" ? sdk::Life::kRestarting : sdk::Life::kEnded;
}

std::string DigestOf(const Container& container) {
  const size_t at = container.image.find('@');
  return at == std::string::npos ? container.image_id : container.image.substr(at + 1);
}

std::string FlawOf(const Container& container) {
  const std::string app = Label(container, kApp);
  const std::string name =
      BaseName(app) + "-" + Label(container, kGeneration) + "-" + Label(container, kNumber);
  if (container.name != name) return "it was renamed from " + name;
  if (container.state == "paused") return "it was paused";
  if (Limits{container.memory, container.nano_cpus, container.pids}.ToText() !=
      Label(container, kLimits))
    return "its limits were changed";
  const auto network = container.networks.find(BaseName(app));
  if (network == container.networks.end()) return "it was disconnected from its network";
  if (network->second.configured != Label(container, kAddress)) return "its address was changed";
  if (container.networks.size() > 1) return "it was connected to another network";
  return "";
}

}  // namespace

std::string BaseName(const std::string& app) { return kPrefix + app; }

std::string ContainerName(const std::string& app, int64_t generation, int number) {
  return BaseName(app) + "-" + std::to_string(generation) + "-" + std::to_string(number);
}

int NextNumber(const std::string& app, int64_t generation, const std::vector<std::string>& names) {
  const std::string begin = BaseName(app) + "-" + std::to_string(generation) + "-";
  int highest = 0;
  for (const std::string& name : names) {
    int number = 0;
    if (name.starts_with(begin))
      std::from_chars(name.data() + begin.size(), name.data() + name.size(), number);
    highest = std::max(highest, number);
  }
  return highest + 1;
}

std::string AppOfNetwork(const std::string& name) {
  return name.starts_with(kPrefix) ? name.substr(std::string_view(kPrefix).size()) : "";
}

Labels AppLabels(const std::string& installation, const std::string& app) {
  return {{kInstallation, installation}, {kApp, app}};
}

std::string Limits::ToText() const {
  return std::to_string(memory) + "," + std::to_string(nano_cpus) + "," + std::to_string(pids);
}

Limits LimitsOf(const sdk::Process& process, const Config& config) {
  const auto either = [](int64_t own, int64_t otherwise) { return own > 0 ? own : otherwise; };
  return {either(process.memory_bytes, config.memory),
          either(process.cpu_millis, config.cpu_millis) * 1'000'000,
          either(process.pids, config.pids)};
}

docker::ContainerSpec MakeSpec(const sdk::App& app, const Config& config,
                               const std::string& installation, const std::string& key, int number,
                               const std::string& address) {
  const sdk::Process& process = app.processes.front();
  const Limits limits = LimitsOf(process, config);
  docker::ContainerSpec spec;
  spec.name = ContainerName(app.id, app.fence.generation, number);
  spec.image = process.image;
  spec.labels = AppLabels(installation, app.id);
  spec.labels.insert({{kGeneration, std::to_string(app.fence.generation)},
                      {kNumber, std::to_string(number)},
                      {kKey, key},
                      {kRunKey, app.run_key},
                      {kLimits, limits.ToText()},
                      {kAddress, address},
                      {kProcess, process.name}});
  for (const sdk::EnvVar& variable : process.env)
    spec.env.push_back(variable.key + "=" + variable.value);
  spec.entrypoint = process.entrypoint;
  spec.command = process.command;
  spec.network = BaseName(app.id);
  spec.address = address;
  spec.memory = limits.memory;
  spec.nano_cpus = limits.nano_cpus;
  spec.pids = limits.pids;
  for (const sdk::Port& port : app.ports)
    spec.ports.push_back(
        {port.protocol == sdk::Protocol::kUdp, port.internet_port, port.application_port});
  return spec;
}

sdk::ReplicaReport Report(const Container& container) {
  sdk::ReplicaReport report;
  report.flaw = FlawOf(container);
  report.replica.id = container.id;
  report.replica.key = Label(container, kKey);
  report.replica.life = LifeOf(container.state);
  report.replica.sound = report.flaw.empty();
  report.replica.order = container.created.time_since_epoch().count();
  report.name = container.name;
  report.run_key = Label(container, kRunKey);
  report.image_digest = DigestOf(container);
  report.restarts = container.restarts;
  report.exit_code = container.exit_code;
  report.out_of_memory = container.out_of_memory;
  return report;
}

std::string AddressOf(const Container& container) { return Label(container, kAddress); }

}  // namespace ns::backend_docker
