// One request of a raw entry of the host: bytes in, bytes out.
#pragma once

#include "call.h"

namespace ns::gateway {

class RawCall final : public http::Handler, public std::enable_shared_from_this<RawCall> {
 public:
  // `peer`: with the headers of the request.
  RawCall(const Edge& edge, sdk::Peer peer, std::string method, std::string path,
          uint64_t most_body, http::Headers common, http::Answering& answering);

  uint64_t most_body() const override { return most_body_; }
  void OnRequest(std::string body) override;
  void OnTooLong() override;
  void OnNoMemory() override;
  void OnGone() override;

  void OnGiven(const Given& given);
  const std::weak_ptr<http::Connection>& connection() const { return connection_; }

 private:
  void Finish(http::ResponseHead head, std::string body);
  void Refuse(const rpc::Problem& problem);

  const Edge& edge_;
  sdk::Peer peer_;  // until the host is asked
  const std::string method_, path_;
  const uint64_t most_body_;
  const http::Headers common_;
  http::Answering* answering_;  // null: answered, or nobody wants it any more
  const std::weak_ptr<http::Connection> connection_;
  http::Timer timer_;
  sdk::ApiRequest request_;
};

}  // namespace ns::gateway
