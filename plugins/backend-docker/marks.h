// How containers and networks of an application are named and labelled, and what can be read back
// from that. Pure.
#pragma once

#include <optional>
#include <string>

#include "config.h"
#include "docker/types.h"
#include "ns/sdk/rollout_status.h"

namespace ns::backend_docker {

inline constexpr const char* kInstallation = "neoshowcase.installation";
inline constexpr const char* kApp = "neoshowcase.app";

// Every name begins with it; "nsapp-<id>" is the network.
std::string BaseName(const std::string& app);
// "nsapp-<id>-<generation>-<n>"
std::string ContainerName(const std::string& app, int64_t generation, int number);
// n + 1 of the highest n of that generation among `names`.
int NextNumber(const std::string& app, int64_t generation, const std::vector<std::string>& names);
// The id of a network's name, or empty.
std::string AppOfNetwork(const std::string& name);

docker::Labels AppLabels(const std::string& installation, const std::string& app);

// The limits in force for a process: its own, else the instance's.
struct Limits {
  int64_t memory = 0, nano_cpus = 0, pids = 0;
  std::string ToText() const;
  friend bool operator==(const Limits&, const Limits&) = default;
};
Limits LimitsOf(const sdk::Process& process, const Config& config);

// What a container is made of. `key`: of the rollout; `number`: n of its name.
docker::ContainerSpec MakeSpec(const sdk::App& app, const Config& config,
                               const std::string& installation, const std::string& key, int number,
                               const std::string& address);

// What a container says of itself; flaws are found by comparing it with its own labels.
sdk::ReplicaReport Report(const docker::Container& container);

// The fixed address it was made with.
std::string AddressOf(const docker::Container& container);

}  // namespace ns::backend_docker
