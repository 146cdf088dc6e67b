// Tells the database, and so every other process, that this host lives and what it loads.
#pragma once

#include <functional>
#include <thread>

#include "model/host.h"
#include "ports/store.h"

namespace ns::host {

// Beats when it is made, every ten seconds from then on, and leaves when it ends.
class Heartbeat {
 public:
  // `describe` gives the row as it stands; called here and on the heart's own thread.
  Heartbeat(ports::HostStore& hosts, std::function<model::Host()> describe);
  ~Heartbeat();

 private:
  void Run(const std::stop_token& stop);
  void Beat();

  ports::HostStore& hosts_;
  const std::function<model::Host()> describe_;
  bool heard_ = true;  // the last beat
  std::jthread thread_;
};

}  // namespace ns::host
