// What edges ask through ns.host.api/1, carried out by the API on threads of its own.
#pragma once

#include "act/worker_pool.h"
#include "api/dispatcher.h"
#include "plugin/api_calls.h"

namespace ns::host {

class EdgeCalls final : public plugin::ApiCalls {
 public:
  // `dispatcher` must outlive this.
  explicit EdgeCalls(api::Dispatcher& dispatcher);

  std::string Descriptors() const override;
  std::vector<plugin::ApiRawEntry> RawEntries() const override;
  void Invoke(plugin::ApiRequest request, std::shared_ptr<plugin::ApiReply> reply) override;
  void Raw(plugin::ApiRawRequest request, std::shared_ptr<plugin::ApiReply> reply) override;

 private:
  api::Dispatcher& dispatcher_;
  act::WorkerPool pool_;
};

}  // namespace ns::host
