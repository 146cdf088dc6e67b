#include "server.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "listener.h"
#include "session.h"

namespace ns::gateway {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kDrainLimit = 30s;  // of a drain without a deadline

std::string SchemaBytes(const sdk::Host& host) { return host.api().Descriptors(); }

}  // namespace

// Everything below runs on `thread_`, but for the constructor, the destructor and what waits for
// `sessions_` to be empty.
class Server::Running {
 public:
  Running(const sdk::Host& host, const Limits& limits)
      : log_(host.log()),
        limits_(limits),
        schema_(SchemaBytes(host)),
        routes_(schema_, host.api().RawEntries()),
        io_(std::make_shared<asio::io_context>(1)),
        work_(asio::make_work_guard(*io_)),
        edge_{io_, schema_, routes_, limits_, host.api(), false},
        thread_([this] { Run(); }) {}

  ~Running() {
    asio::post(*io_, [this] { Abort(); });
    work_.reset();
    thread_.join();
  }

  void Listen(const std::vector<sdk::Listener>& listeners) {
    std::lock_guard lock(mutex_);
    serving_ = true;
    asio::post(*io_, [this, listeners] {
      edge_.draining = false;
      for (const sdk::Listener& listener : listeners) Begin(listener);
    });
  }

  void Drain(const sdk::Call& call) {
    const auto deadline = std::chrono::steady_clock::now() + call.Remaining(kDrainLimit);
    asio::post(*io_, [this] { Finish(); });
    std::unique_lock lock(mutex_);
    serving_ = false;
    while (!Drained() && !call.Cancelled() && std::chrono::steady_clock::now() < deadline)
      changed_.wait_for(lock, 50ms);
    if (!Drained())
      log_.Warn("Connections were still open when the drain ended.",
                {{"connections", std::to_string(sessions_.size())}});
  }

  bool Serving() const {
    std::lock_guard lock(mutex_);
    return serving_;
  }

 private:
  // A handler that throws costs its connection (by its timer), not the edge.
  void Run() {
    for (;;) {
      try {
        io_->run();
        return;
      } catch (const std::exception& error) {
        log_.Error("A request of the gateway failed by a defect.", {{"what", error.what()}});
      }
    }
  }

  bool Drained() const { return sessions_.empty() && drained_; }

  void Begin(const sdk::Listener& listener) {
    // The acceptor is known to its own connections only after it is made, and they only begin
    // later.
    const auto index = acceptors_.size();
    acceptors_.push_back(Accept(*io_, listener.fd, limits_.connections,
                                [this, index](int fd) { Take(fd, acceptors_[index]); }));
    log_.Info("listening", {{"address", listener.address}});
    std::lock_guard lock(mutex_);
    drained_ = false;
  }

  void Take(int fd, const std::shared_ptr<Acceptor>& acceptor) {
    const auto session = Serve(edge_, fd, [this, acceptor](Session* closed) {
      // Not at once: the session is at work.
      asio::post(*io_, [this, acceptor, closed] { Forget(closed, *acceptor); });
    });
    if (!session) return asio::post(*io_, [acceptor] { acceptor->Release(); });
    std::lock_guard lock(mutex_);
    sessions_.insert(session);
  }

  void Forget(Session* session, Acceptor& acceptor) {
    acceptor.Release();
    std::lock_guard lock(mutex_);
    std::erase_if(sessions_, [session](const auto& one) { return one.get() == session; });
    changed_.notify_all();
  }

  std::vector<std::shared_ptr<Session>> Sessions() {
    std::lock_guard lock(mutex_);
    return {sessions_.begin(), sessions_.end()};
  }

  void StopAccepting() {
    edge_.draining = true;
    for (const auto& acceptor : acceptors_) acceptor->Stop();
  }

  void Finish() {
    StopAccepting();
    for (const auto& session : Sessions()) session->Finish();
    std::lock_guard lock(mutex_);
    drained_ = true;
    changed_.notify_all();
  }

  void Abort() {
    StopAccepting();
    for (const auto& session : Sessions()) session->Abort();
  }

  const sdk::Log log_;
  const Limits limits_;
  const Schema schema_;
  const Routes routes_;
  const std::shared_ptr<asio::io_context> io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Edge edge_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::shared_ptr<Session>> sessions_;
  bool serving_ = false, drained_ = true;
  std::jthread thread_;  // last: it uses all of the above
};

Server::Server(const sdk::Host& host, const Limits& limits) {
  try {
    running_ = std::make_unique<Running>(host, limits);
  } catch (const std::invalid_argument& error) {
    throw sdk::Error(NS_E_INTERNAL, NS_REASON_DEFECT,
                     std::string("The gateway cannot use ") + error.what() + ".",
                     sdk::Fault::kPlatform);
  }
}

Server::~Server() = default;

void Server::Listen(const std::vector<sdk::Listener>& listeners) { running_->Listen(listeners); }

void Server::Drain(const sdk::Call& call) { running_->Drain(call); }

bool Server::Serving() const { return running_->Serving(); }

}  // namespace ns::gateway
