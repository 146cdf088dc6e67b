// Tells the database, and so every other process, that this host lives and what it loads; keeps the
// host's lease alive, and with it all that the host holds.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "model/host.h"
#include "ports/store.h"

namespace ns::host {

// How long a dead host's applications wait for another; longer than a database takes to restart.
inline constexpr Duration kHostLease = std::chrono::seconds(10);

// Beats when it is made, every few seconds from then on, and leaves when it ends.
class Heartbeat {
 public:
  // `describe` gives the row as it stands; `changed` is told when a host has died, or this one was
  // thought dead: there may be something to take over. Both are called on the heart's own thread,
  // `describe` here too.
  Heartbeat(ports::HostStore& hosts, std::function<model::Host()> describe,
            std::function<void()> changed, Clock& clock);
  ~Heartbeat();

  // Whether the lease is surely alive, by this machine's own clock. [any-thread]
  bool LeaseAlive() const;

 private:
  void Run(const std::stop_token& stop);
  void Beat();

  ports::HostStore& hosts_;
  const std::function<model::Host()> describe_;
  const std::function<void()> changed_;
  Clock& clock_;
  bool heard_ = true;          // the last beat
  std::vector<HostId> alive_;  // hosts at the last beat
  std::atomic<Duration> alive_until_{Duration::zero()};
  std::jthread thread_;
};

}  // namespace ns::host
