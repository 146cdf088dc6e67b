// One request to the host: collects what it gives and hands the whole over at its end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ns/sdk/host_api.h"

namespace ns::gateway {

// What the host answered.
struct Answer {
  std::optional<sdk::Error> error;  // none: success
  std::string body;                 // the message (calls) or the bytes (raw entries)
  int http_status = 0;              // raw entries only
  std::string content_type;         // raw entries only
};

class Exchange : public sdk::ApiReceiver {
 public:
  // `done` is called once, on a thread of the host. More than `most` bytes are a failure.
  Exchange(uint64_t most, std::function<void(Answer)> done) : most_(most), done_(std::move(done)) {}

  void OnMessage(std::string_view message) noexcept override;
  void OnEnd(const sdk::ApiEnd& end) noexcept override;

 private:
  const uint64_t most_;
  std::function<void(Answer)> done_;
  Answer answer_;
  bool overflow_ = false;
};

}  // namespace ns::gateway
