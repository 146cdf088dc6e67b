#include "server.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "worker.h"

namespace ns::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto kDrainLimit = 30s;  // of a drain without a deadline
constexpr uint32_t kMostThreads = 4;

uint32_t ThreadsOf(const Settings& settings) {
  if (settings.threads > 0) return settings.threads;
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads);
}

// An answer that all memory would not be enough for is refused in words of its own.
Settings Fitting(Settings settings) {
  settings.answer_bytes =
      std::min(settings.answer_bytes, http::Budget::OfLarge(settings.http.held_bytes));
  return settings;
}

// The part of one of `threads` in `connections`, never none.
uint32_t PartOf(uint32_t connections, uint32_t threads) {
  return std::max(1u, connections / threads);
}

}  // namespace

class Server::Running {
 public:
  Running(const sdk::Host& host, const Settings& settings)
      : common_{host.log(),
                Fitting(settings),
                rpc::Schema(host.api().Descriptors()),
                host.api().RawEntries(),
                host.api(),
                http::Budget(settings.http.held_bytes),
                settings.tls ? http::NewTls(*settings.tls) : nullptr,
                [this](int by) { Changed(by); }} {
    const uint32_t threads = std::min(ThreadsOf(settings), settings.http.connections);
    for (uint32_t i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>(common_));
  }

  void Listen(const std::vector<sdk::Listener>& listeners) {
    CheckOperations(listeners);
    const uint32_t part =
        PartOf(common_.settings.http.connections, static_cast<uint32_t>(workers_.size()));
    for (const auto& worker : workers_) worker->Listen(listeners, part);
    {
      std::lock_guard lock(mutex_);
      serving_ = true;
    }
    for (const sdk::Listener& listener : listeners)
      common_.log.Info("listening", {{"address", listener.address}});
  }

  void Drain(const sdk::Call& call) {
    const auto deadline = std::chrono::steady_clock::now() + call.Remaining(kDrainLimit);
    size_t finished = 0;
    for (const auto& worker : workers_) {
      worker->Finish([this, &finished] {
        std::lock_guard lock(mutex_);
        ++finished;
        changed_.notify_all();
      });
    }
    std::unique_lock lock(mutex_);
    serving_ = false;
    changed_.wait(lock, [&] { return finished == workers_.size(); });
    while (open_ > 0 && !call.Cancelled() && std::chrono::steady_clock::now() < deadline)
      changed_.wait_for(lock, 50ms);
    if (open_ > 0)
      common_.log.Warn("Connections were still open when the drain ended.",
                       {{"connections", std::to_string(open_)}});
  }

  bool Serving() const {
    std::lock_guard lock(mutex_);
    return serving_;
  }

 private:
  // One that is misspelt would leave operators without their address, unseen.
  void CheckOperations(const std::vector<sdk::Listener>& listeners) const {
    for (const std::string& address : common_.settings.operations) {
      if (std::ranges::find(listeners, address, &sdk::Listener::address) != listeners.end())
        continue;
      throw sdk::Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                       "The gateway cannot serve: `operations` names \"" + address +
                           "\", which is no address under `listen`.",
                       sdk::Fault::kOperator);
    }
  }
  void Changed(int by) {
    std::lock_guard lock(mutex_);
    open_ += by;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int open_ = 0;  // connections
  bool serving_ = false;
  Common common_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

Server::Server(const sdk::Host& host, const Settings& settings) {
  try {
    running_ = std::make_unique<Running>(host, settings);
  } catch (const std::invalid_argument& error) {
    throw sdk::Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                     std::string("The gateway cannot serve: ") + error.what() + ".",
                     sdk::Fault::kOperator);
  }
}

Server::~Server() = default;

void Server::Listen(const std::vector<sdk::Listener>& listeners) { running_->Listen(listeners); }

void Server::Drain(const sdk::Call& call) { running_->Drain(call); }

bool Server::Serving() const { return running_->Serving(); }

}  // namespace ns::gateway
