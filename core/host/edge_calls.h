// What edges ask through ns.host.api/1, carried out by the API: what waits for nothing at once, the
// rest on threads of its own.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <thread>

#include "act/worker_pool.h"
#include "api/dispatcher.h"
#include "host/stream_pump.h"
#include "metrics/calls.h"
#include "plugin/api_calls.h"

namespace ns::host {

class EdgeCalls final : public plugin::ApiCalls {
 public:
  // All must outlive this. `streams`: raw requests that stream, at once; some more wait, and as
  // many of hosts of the platform have threads of their own.
  EdgeCalls(api::Dispatcher& dispatcher, metrics::Calls& counted, Clock& clock, size_t streams);
  ~EdgeCalls() override;

  std::string Descriptors() const override;
  std::vector<plugin::ApiRawEntry> RawEntries() const override;
  void Invoke(plugin::ApiRequest request, std::shared_ptr<plugin::ApiReply> reply) override;
  void Raw(plugin::ApiRawRequest request, std::shared_ptr<plugin::ApiReply> reply) override;
  void Begin(plugin::ApiRawRequest request, std::shared_ptr<plugin::ApiReply> reply) override;
  // Streams that are open. [any-thread]
  size_t open() { return pump_->open(); }

 private:
  // A request whose peer is the API's.
  struct Asked {
    api::Peer peer;
    std::string method, message;
    Duration at;  // monotonic
  };

  void Answer(const Asked& asked, const std::shared_ptr<plugin::ApiReply>& reply);
  void Open(const Asked& asked, const std::shared_ptr<plugin::ApiReply>& reply);
  void End(const Asked& asked, const Result<std::string>& answer, plugin::ApiReply& reply);
  void Over(const Asked& asked, const Status& outcome, plugin::ApiReply& reply);
  void Stream(plugin::ApiRawRequest& request, const api::Peer& peer, plugin::ApiReply& reply);
  void Count(const std::string& method, const Status& outcome, Duration asked);

  api::Dispatcher& dispatcher_;
  metrics::Calls& counted_;
  Clock& clock_;
  std::optional<StreamPump> pump_;
  const size_t most_waiting_;
  act::WorkerPool raw_streams_, host_streams_;
  std::set<std::string> for_operators_;  // paths of raw entries
  act::WorkerPool operators_;
  act::WorkerPool asking_, pool_;  // what they do uses the pump
  std::jthread events_;            // last: wakes what the pump holds
};

}  // namespace ns::host
