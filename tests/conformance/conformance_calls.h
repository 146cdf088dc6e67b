// The suite's service, behind the gateway in the place of the platform's own API.
#pragma once

#include "act/worker_pool.h"
#include "base/clock.h"
#include "definitions.h"
#include "plugin/api_calls.h"

namespace ns::conformance {

class ConformanceCalls final : public plugin::ApiCalls {
 public:
  ConformanceCalls(Definitions& definitions, Clock& clock)
      : definitions_(definitions), clock_(clock), pool_(32) {}

  std::string Descriptors() const override { return definitions_.DescriptorSet(); }
  std::vector<plugin::ApiRawEntry> RawEntries() const override { return {}; }
  void Invoke(plugin::ApiRequest request, std::shared_ptr<plugin::ApiReply> reply) override;
  void Raw(plugin::ApiRawRequest request, std::shared_ptr<plugin::ApiReply> reply) override;

 private:
  Definitions& definitions_;
  Clock& clock_;
  act::WorkerPool pool_;
};

}  // namespace ns::conformance
