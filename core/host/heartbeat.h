// Tells the database, and so every other process, that this host lives and what it loads.
#pragma once

#include <functional>
#include <thread>

#include "model/host.h"
#include "ports/store.h"

namespace ns::host {

// Beats every ten seconds, at once when it begins, and leaves when it ends.
class Heartbeat {
 public:
  // `describe` gives the row as it stands; called on the heart's own thread.
  Heartbeat(ports::HostStore& hosts, std::function<model::Host()> describe);
  ~Heartbeat();

 private:
  void Run(const std::stop_token& stop);

  ports::HostStore& hosts_;
  const std::function<model::Host()> describe_;
  std::jthread thread_;
};

}  // namespace ns::host
