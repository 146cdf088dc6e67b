// Output of applications for the API, asked of the host that loads their backend.
#pragma once

#include "api/outputs.h"
#include "link/client.h"

namespace ns::host {

class LinkedOutputs final : public api::Outputs {
 public:
  LinkedOutputs(ports::HostStore& hosts, link::Identity identity)
      : client_(hosts, std::move(identity)) {}

  Result<std::vector<model::LogLine>> Lines(const ports::Call& call, const std::string& backend,
                                            const ports::LogQuery& query) override {
    return client_.Output(call, backend, query);
  }

 private:
  link::Client client_;
};

}  // namespace ns::host
