// The body and the answer of a raw request that streams, over the reply to its edge.
#pragma once

#include "api/dispatcher.h"
#include "plugin/api_calls.h"

namespace ns::host {

// Keeps at most 256 KiB of the body. One thread uses it.
class ReplyStream final : public api::RawStream, public ports::ByteExchange {
 public:
  // Both outlive it.
  ReplyStream(plugin::ApiReply& reply, Clock& clock);

  ports::ByteExchange& bytes() override { return *this; }
  void Open(int http_status, const api::RawHeaders& headers) override;

  int ready() const override;
  Result<bool> Take(std::string& bytes) override;
  Status Give(const ports::Call& call, std::string_view bytes) override;

 private:
  plugin::ApiReply& reply_;
  Clock& clock_;
  mutable bool asked_ = false;  // for the body
};

}  // namespace ns::host
