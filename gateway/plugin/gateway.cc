#include "gateway.h"

#include "ns/sdk/plugin.h"

namespace ns::gateway {

Gateway::Gateway(const sdk::Setup& setup)
    : host_(setup.host), settings_(SettingsOf(setup.config)) {}

void Gateway::Start(const sdk::Call&, const std::vector<sdk::Listener>& listeners) {
  auto server = std::make_shared<Server>(host_, settings_);
  server->Listen(listeners);
  std::lock_guard lock(mutex_);
  server_.swap(server);
}

void Gateway::Drain(const sdk::Call& call) {
  std::unique_lock lock(mutex_);
  const auto server = server_;
  lock.unlock();
  if (server) server->Drain(call);
}

void Gateway::Deactivate() {
  std::shared_ptr<Server> server;
  {
    std::lock_guard lock(mutex_);
    server.swap(server_);
  }
}

void Gateway::Health(const sdk::Call&) {
  std::lock_guard lock(mutex_);
  if (!server_ || !server_->Serving())
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_STOPPED,
                     "The gateway does not listen; it was drained or not started.",
                     sdk::Fault::kPlatform);
}

}  // namespace ns::gateway

NS_PLUGIN(ns::gateway::Gateway, "dev.neoshowcase.gateway");
