// One connection: reads requests one after the other, asks the host, answers.
#pragma once

#include <functional>
#include <memory>

#include "edge_limits.h"
#include "ns/sdk/host.h"
#include "routes.h"
#include "transcode.h"

namespace boost::asio {
class io_context;
}

namespace ns::gateway {

// What all connections share. Outlives them.
struct Edge {
  std::shared_ptr<boost::asio::io_context> io;
  const Schema& schema;
  const Routes& routes;
  const Limits& limits;
  sdk::Api api;
  bool draining = false;
};

// Lives on the thread of the io_context; the operations under way keep it alive.
class Session {
 public:
  virtual ~Session() = default;
  // Ends it now if it waits for a request, else after the answer under way.
  virtual void Finish() = 0;
  // Ends it now; a call under way is cancelled.
  virtual void Abort() = 0;
};

// Serves the connected socket `fd`, which it owns. `closed` is called once, when nothing is served
// any more.
std::shared_ptr<Session> Serve(Edge& edge, int fd, std::function<void(Session*)> closed);

}  // namespace ns::gateway
