// The gateway: the public API as Connect's unary calls over HTTP/1.1, and the host's raw entries.
// Knows no method by name.
#pragma once

#include <memory>
#include <mutex>

#include "edge_limits.h"
#include "ns/sdk/service.h"
#include "server.h"

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
  const Limits limits_;
  std::mutex mutex_;
  std::shared_ptr<Server> server_;  // by mutex_
};

}  // namespace ns::gateway
