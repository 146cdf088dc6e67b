// One accepted connection, whatever it turns out to speak.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "http/budget.h"
#include "http/exchange.h"
#include "http/limits.h"
#include "http/pipe.h"

namespace ns::gateway::http {

// What the connections of one thread share. Outlives them.
struct Serving {
  boost::asio::io_context& io;
  const Limits& limits;
  Budget& budget;
  Service& service;
  boost::asio::ssl::context* tls = nullptr;  // null: none
  bool draining =
      false;           // requests that still come are answered, each as the last of its connection
  bool ended = false;  // no more are awaited

  // Whether an answer some of which has waited for its client ever since keeps memory for which
  // others are refused.
  bool IsInTheWay(Budget::Clock::time_point since, Budget::Clock::time_point now) const {
    return since < now - limits.write_time && budget.RefusedSince(now - limits.write_time);
  }
};

// Lives on the thread of the io_context; the operations under way keep it alive.
class Connection {
 public:
  virtual ~Connection() = default;
  // Tells the client, where the protocol can do so beforehand, that no more is to be asked for.
  virtual void Announce() {}
  // Ends it now if it waits for a request, else after what is under way.
  virtual void Finish() = 0;
  // Ends it now.
  virtual void Abort() = 0;
};

// Does what a connection has waited for. Where that throws, the connection ends, and whoever runs
// the thread is told why.
template <class Work>
void Guarded(Connection& connection, const Work& work) {
  try {
    work();
  } catch (...) {
    connection.Abort();
    throw;
  }
}

// Serves the connected socket `fd`, which it owns: HTTP/1.1, or HTTP/2 where the client begins with
// it (prior knowledge, RFC 9113 section 3.3) or both agree on it by ALPN. `closed` is called once,
// when nothing is served any more. Null: the system refuses the socket.
std::shared_ptr<Connection> Serve(Serving& serving, int fd,
                                  std::function<void(Connection*)> closed);

// Once it is known what is spoken; `first`: bytes that were read already.
struct Accepted {
  Serving& serving;
  std::unique_ptr<Pipe> pipe;
  sdk::Peer peer;
  std::string first;
  std::function<void()> closed;
};
std::shared_ptr<Connection> ServeH1(Accepted accepted);
std::shared_ptr<Connection> ServeH2(Accepted accepted);

}  // namespace ns::gateway::http
