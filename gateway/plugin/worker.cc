#include "worker.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>

namespace ns::gateway {

namespace asio = boost::asio;

namespace {

// A client that keeps a connection may be sending on it just as it would be closed, and cannot know
// whether a request that got no answer was carried out: so long it is served, and told to go.
constexpr std::chrono::milliseconds kLastRequests{500};

}  // namespace

Worker::Worker(Common& common)
    : common_(common),
      io_(std::make_shared<asio::io_context>(1)),
      work_(std::make_shared<asio::executor_work_guard<asio::io_context::executor_type>>(
          asio::make_work_guard(*io_))),
      edge_{io_, common.schema, common.settings, common.api},
      machine_(edge_, common.entries, Door::kMachine),
      strangers_(edge_, common.entries, Door::kStrangers),
      operators_(edge_, common.entries, Door::kOperators),
      local_{*io_, common.settings.http, common.budget, machine_},
      remote_{*io_, common.settings.http, common.budget, strangers_, common.tls.get()},
      apart_{*io_, common.settings.http, common.budget, operators_},
      last_requests_(*io_),
      thread_([this] { Run(); }) {}

Worker::~Worker() {
  http::Post(*io_, [this] {
    last_requests_.Stop();
    StopAccepting();
    Each([](http::Connection& connection) { connection.Abort(); });
  });
  work_.reset();
  thread_.join();
}

void Worker::Tell(const std::exception& defect) {
  common_.log.Error("A request of the gateway failed by a defect.", {{"what", defect.what()}});
}

void Worker::Each(const std::function<void(http::Connection&)>& act) {
  for (const auto& connection : Connections()) {
    try {
      http::Guarded(*connection, [&] { act(*connection); });
    } catch (const std::exception& error) {
      Tell(error);
    }
  }
}

// A handler that throws costs its connection, not the edge.
void Worker::Run() {
  for (;;) {
    try {
      io_->run();
      return;
    } catch (const std::exception& error) {
      Tell(error);
    }
  }
}

void Worker::Listen(const std::vector<sdk::Listener>& listeners, uint32_t connections) {
  const auto begun = std::make_shared<std::promise<void>>();
  http::Post(*io_, [this, begun, &listeners, connections] {
    try {
      local_.draining = remote_.draining = apart_.draining = false;
      local_.ended = remote_.ended = apart_.ended = false;
      for (const sdk::Listener& listener : listeners) Begin(listener, connections);
      begun->set_value();
    } catch (const std::exception& error) {
      begun->set_exception(std::make_exception_ptr(
          sdk::Error(NS_E_UNAVAILABLE, NS_REASON_STOPPED,
                     std::string("The gateway cannot accept connections: ") + error.what() + ".",
                     sdk::Fault::kOperator)));
    }
  });
  begun->get_future().get();
}

// The acceptor is known to its own connections only after it is made, and they only begin later.
void Worker::Begin(const sdk::Listener& listener, uint32_t connections) {
  const auto index = acceptors_.size();
  http::Serving& serving = ServingOf(listener.address);
  acceptors_.push_back(
      http::Accept(*io_, listener.fd, connections, common_.settings.http,
                   [this, index, &serving](int fd) { Take(fd, serving, acceptors_[index]); }));
}

http::Serving& Worker::ServingOf(const std::string& address) {
  const auto& operations = common_.settings.operations;
  if (std::ranges::find(operations, address) != operations.end()) return apart_;
  return address.starts_with("unix:") ? local_ : remote_;
}

void Worker::Take(int fd, http::Serving& serving, const std::shared_ptr<http::Acceptor>& acceptor) {
  const auto connection = http::Serve(serving, fd, [this, acceptor](http::Connection* closed) {
    // Not at once: the connection is at work.
    http::Post(*io_, [this, acceptor, closed] { Forget(closed, *acceptor); });
  });
  if (!connection) return http::Post(*io_, [acceptor] { acceptor->Release(); });
  connections_.insert(connection);
  common_.changed(1);
}

void Worker::Forget(http::Connection* connection, http::Acceptor& acceptor) {
  acceptor.Release();
  if (std::erase_if(connections_,
                    [connection](const auto& one) { return one.get() == connection; }) > 0)
    common_.changed(-1);
}

void Worker::StopAccepting() {
  local_.draining = remote_.draining = apart_.draining = true;
  for (const auto& acceptor : acceptors_) acceptor->Stop();
}

void Worker::EndIdle() {
  local_.ended = remote_.ended = apart_.ended = true;
  Each([](http::Connection& connection) { connection.Finish(); });
}

void Worker::Finish(std::function<void()> done) {
  http::Post(*io_, [this, done = std::move(done)] {
    StopAccepting();
    Each([](http::Connection& connection) { connection.Announce(); });
    last_requests_.After(connections_.empty() ? std::chrono::milliseconds(0) : kLastRequests,
                         [this, done] {
                           EndIdle();
                           done();
                         });
  });
}

}  // namespace ns::gateway
