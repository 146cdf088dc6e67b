#include "networks.h"

#include "marks.h"
#include "ns/sdk/app_record.h"
#include "subnets.h"

namespace ns::backend_docker {
namespace {

using docker::Network;
using sdk::Call;
using sdk::Error;
using sdk::Fault;

Subnet RangeOf(const Config& config) {
  const auto range = ParseSubnet(config.networks);
  if (!range || range->bits > config.network_bits)
    throw Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                "networks is \"" + config.networks +
                    "\"; it is an IPv4 range such as 10.213.0.0/16, larger than one network (/" +
                    std::to_string(config.network_bits) + ").",
                Fault::kOperator);
  return *range;
}

bool Bears(const docker::Labels& labels, const docker::Labels& wanted) {
  for (const auto& [key, value] : wanted) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

}  // namespace

Networks::Networks(docker::Engine& engine, const Config& config, std::string installation,
                   std::string lock_file)
    : engine_(engine),
      config_(config),
      installation_(std::move(installation)),
      lock_file_(std::move(lock_file)) {}

Network Networks::Ensure(const Call& call, const std::string& app) {
  const std::string name = BaseName(app);
  if (auto network = engine_.InspectNetwork(call, name)) {
    if (Bears(network->labels, AppLabels(installation_, app))) return *network;
    throw Error(NS_E_EXISTS, NS_REASON_START_FAILED,
                "The Docker network " + name + " is there and is not ours; remove or rename it.",
                Fault::kOperator);
  }
  return Make(call, app);
}

// The Engine refuses a subnet that overlaps another network of its own; what we chose beside
// another installation is chosen again.
Network Networks::Make(const Call& call, const std::string& app) {
  const Subnet range = RangeOf(config_);
  const sdk::LockedFile lock(lock_file_);
  while (!lock.Try()) call.Wait(std::chrono::milliseconds(5));
  std::vector<Subnet> taken;
  for (const Network& other : engine_.Networks(call, {})) {
    if (const auto subnet = ParseSubnet(other.subnet)) taken.push_back(*subnet);
  }
  for (int tries = 0; tries < 16; ++tries) {
    const auto subnet = FreeSubnet(range, config_.network_bits, taken);
    if (!subnet) break;
    try {
      const std::string id = engine_.CreateNetwork(call, BaseName(app), ToText(*subnet),
                                                   AppLabels(installation_, app));
      if (auto network = engine_.InspectNetwork(call, id)) return *network;
    } catch (const Error& error) {
      if (error.message().find("verlap") == std::string::npos) throw;
    }
    taken.push_back(*subnet);
  }
  throw Error(NS_E_EXHAUSTED, NS_REASON_NETWORK_EXHAUSTED,
              "Every part of " + config_.networks +
                  " is taken; widen networks in the configuration of the backend.",
              Fault::kOperator);
}

std::string Networks::FreeAddress(const Call& call, const Network& network,
                                  const std::string& app) {
  std::set<uint32_t> taken;
  for (const docker::Container& container :
       engine_.Containers(call, AppLabels(installation_, app))) {
    if (const auto address = ParseAddress(AddressOf(container))) taken.insert(*address);
  }
  const auto subnet = ParseSubnet(network.subnet);
  const auto address = subnet ? backend_docker::FreeAddress(*subnet, taken) : std::nullopt;
  if (!address)
    throw Error(NS_E_EXHAUSTED, NS_REASON_NETWORK_EXHAUSTED,
                "The network " + network.name + " has no free address.", Fault::kOperator);
  return ToText(*address);
}

void Networks::Remove(const Call& call, const std::string& app) {
  for (const Network& network : engine_.Networks(call, AppLabels(installation_, app)))
    engine_.RemoveNetwork(call, network.id);
}

}  // namespace ns::backend_docker
