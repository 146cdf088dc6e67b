#include "host/services.h"

#include "base/log.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStartLimit = 10s;
constexpr Duration kDrainLimit = 5s;

const config::PluginInstance* Find(const config::Config& config, const std::string& instance) {
  for (const auto& candidate : config.plugins) {
    if (candidate.name == instance) return &candidate;
  }
  return nullptr;
}

}  // namespace

Services::Services(const std::vector<plugin::Loaded>& loaded, const config::Config& config,
                   Clock& clock)
    : clock_(clock) {
  for (const plugin::Loaded& plugin : loaded) {
    if (plugin.service == nullptr) continue;
    const config::PluginInstance* instance = Find(config, plugin.instance);
    edges_.push_back({plugin.instance,
                      instance == nullptr ? std::vector<std::string>() : instance->listen,
                      plugin.service,
                      {},
                      {},
                      false});
  }
}

Services::~Services() {
  for (Edge& edge : edges_) {
    if (!edge.serves) continue;
    edge.listeners.clear();  // whoever comes is refused, and goes elsewhere, once the edge lets go
    if (const Status drained =
            edge.service->Drain({.cancel = {}, .deadline = clock_.Monotonic() + kDrainLimit});
        !drained.ok()) {
      log::Warn("service ended with requests open",
                {{"service", edge.instance}, {"why", drained.ToString()}});
    }
  }
}

void Services::Advance() {
  for (Edge& edge : edges_) {
    if (edge.serves) continue;
    const Status started = Start(edge);
    edge.serves = started.ok();
    if (started.ok()) {
      log::Info("service listens", {{"service", edge.instance}});
    } else if (started != edge.problem) {
      log::Warn("service does not listen yet",
                {{"service", edge.instance}, {"why", started.ToString()}});
    }
    edge.problem = started;
  }
}

Status Services::Ready() const {
  for (const Edge& edge : edges_) {
    if (!edge.serves) return edge.problem.Prefixed(edge.instance);
  }
  return {};
}

// All of its addresses or none.
Status Services::Start(Edge& edge) {
  std::vector<Listener> listeners;
  std::vector<plugin::ServiceListener> handed;
  for (const std::string& address : edge.addresses) {
    NS_ASSIGN(Listener listener, Listener::Open(address));
    handed.push_back({listener.fd(), address});
    listeners.push_back(std::move(listener));
  }
  NS_TRY(edge.service->Start({.cancel = {}, .deadline = clock_.Monotonic() + kStartLimit}, handed));
  edge.listeners = std::move(listeners);
  return {};
}

}  // namespace ns::host
