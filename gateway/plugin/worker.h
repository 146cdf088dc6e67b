// One thread that serves connections.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "front.h"
#include "http/connection.h"
#include "http/listener.h"
#include "http/timer.h"
#include "ns/sdk/service.h"

namespace ns::gateway {

// What all threads share. Outlives them.
struct Common {
  const sdk::Log log;
  const Settings settings;
  const rpc::Schema schema;
  const std::vector<sdk::RawEntry> entries;
  const sdk::Api api;
  http::Budget budget;
  const std::shared_ptr<boost::asio::ssl::context> tls;
  std::function<void(int)> changed;  // connections have come (1) or gone (-1); from any thread
};

class Worker {
 public:
  explicit Worker(Common& common);
  // Closes all connections and waits for the thread.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Accepts from these, at most `connections` from each at once, when it returns. Throws
  // ns::sdk::Error where the system does not let it. [any-thread but its own]
  void Listen(const std::vector<sdk::Listener>& listeners, uint32_t connections);
  // Accepts no more and has clients go elsewhere; a moment later ends what waits for a request, and
  // calls `done`. [any-thread]
  void Finish(std::function<void()> done);

 private:
  void Run();
  void Tell(const std::exception& defect);
  // Of each connection; where it throws for one, that one ends, and the others have their turn.
  void Each(const std::function<void(http::Connection&)>& act);
  void Begin(const sdk::Listener& listener, uint32_t connections);
  http::Serving& ServingOf(const std::string& address);
  void Take(int fd, http::Serving& serving, const std::shared_ptr<http::Acceptor>& acceptor);
  void Forget(http::Connection* connection, http::Acceptor& acceptor);
  std::vector<std::shared_ptr<http::Connection>> Connections() const {
    return {connections_.begin(), connections_.end()};
  }
  void StopAccepting();
  void EndIdle();

  Common& common_;
  const std::shared_ptr<boost::asio::io_context> io_;
  std::shared_ptr<void> work_;  // keeps the thread while there is none
  const Edge edge_;
  Front machine_, strangers_, operators_;
  http::Serving local_, remote_, apart_;  // by a Unix socket, by TCP, by TCP for operators
  std::vector<std::shared_ptr<http::Acceptor>> acceptors_;
  std::set<std::shared_ptr<http::Connection>> connections_;
  http::Timer last_requests_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace ns::gateway
