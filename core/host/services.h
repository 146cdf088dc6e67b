// The role `services`: edges that listen, each on the addresses of its configuration.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "config/config.h"
#include "host/listeners.h"
#include "plugin/plugin_host.h"

namespace ns::host {

class Services {
 public:
  // The plugin host must outlive this.
  Services(const std::vector<plugin::Loaded>& loaded, const config::Config& config, Clock& clock);
  // Drains all of them.
  ~Services();

  // Starts what does not serve yet: an address may be taken, a plugin not active. [one thread]
  void Advance();
  // Ok, or why one does not serve. [the same thread]
  Status Ready() const;

 private:
  struct Edge {
    std::string instance;
    std::vector<std::string> addresses;
    plugin::Service* service = nullptr;
    std::vector<Listener> listeners;
    Status problem;
    bool serves = false;
  };
  Status Start(Edge& edge);

  Clock& clock_;
  std::list<Edge> edges_;
};

}  // namespace ns::host
