// Accepts connections on the host's sockets and serves them on threads of its own.
#pragma once

#include <memory>
#include <vector>

#include "ns/sdk/service.h"
#include "settings.h"

namespace ns::gateway {

class Server {
 public:
  // Asks the host for its descriptors and entries. Throws ns::sdk::Error when they, or the files of
  // the settings, cannot be used.
  Server(const sdk::Host& host, const Settings& settings);
  // Stops at once: connections are closed, calls cancelled; waits for the host to end them.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts when it returns. Throws ns::sdk::Error; it is to be destroyed then. [control]
  void Listen(const std::vector<sdk::Listener>& listeners);
  // Accepts no more, ends what waits for a request and what has no end of its own, waits for the
  // rest until the call's deadline. [control]
  void Drain(const sdk::Call& call);
  // [any-thread]
  bool Serving() const;

 private:
  class Running;
  std::unique_ptr<Running> running_;
};

}  // namespace ns::gateway
