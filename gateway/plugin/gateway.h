// The gateway: the public API by Connect, gRPC and gRPC-Web over HTTP/1.1 and HTTP/2, and the
// host's raw entries. Knows no method by name.
#pragma once

#include <memory>
#include <mutex>

#include "ns/sdk/service.h"
#include "server.h"
#include "settings.h"

namespace ns::gateway {

class Gateway : public sdk::Service {
 public:
  explicit Gateway(const sdk::Setup& setup);

  void Deactivate() override;
  void Start(const sdk::Call& call, const std::vector<sdk::Listener>& listeners) override;
  void Drain(const sdk::Call& call) override;
  void Health(const sdk::Call& call) override;

 private:
  const sdk::Host host_;
  const Settings settings_;
  std::mutex mutex_;
  std::shared_ptr<Server> server_;  // by mutex_
};

}  // namespace ns::gateway
