// One call of the API: from the body of a request to the end of its answer.
#pragma once

#include <memory>

#include "http/exchange.h"
#include "http/timer.h"
#include "ns/sdk/host_api.h"
#include "reception.h"
#include "rpc/plan.h"
#include "settings.h"

namespace ns::gateway {

// What the requests of one thread share. Outlives them.
struct Edge {
  std::shared_ptr<boost::asio::io_context> io;
  const rpc::Schema& schema;
  const Settings& settings;
  sdk::Api api;
};

class Call final : public http::Handler, public std::enable_shared_from_this<Call> {
 public:
  // `peer`: with the headers of the request. `common`: headers that every answer has.
  Call(const Edge& edge, sdk::Peer peer, rpc::Plan plan, http::Headers common,
       http::Answering& answering);

  uint64_t most_body() const override;
  void OnRequest(std::string body) override;
  void OnTooLong() override;
  void OnNoMemory() override;
  void OnDrained() override;
  void OnLeave() override;
  void OnGone() override;

  // What the host has given.
  void OnGiven(Given given);
  const std::weak_ptr<http::Connection>& connection() const { return connection_; }

 private:
  void Ask(const std::string& message);
  void Open();
  void TakeMessages(std::vector<std::string> messages);
  void GrantMore();
  void Finish(std::optional<rpc::Problem> problem);
  void GiveUp(rpc::Problem problem);
  rpc::Problem ProblemOf(const sdk::Error& error) const;

  const Edge& edge_;
  sdk::Peer peer_;  // until the host is asked
  const rpc::Plan plan_;
  const http::Headers common_;
  http::Answering* answering_;  // null: answered, or nobody wants it any more
  const std::weak_ptr<http::Connection> connection_;
  http::Timer timer_;
  sdk::ApiRequest request_;
  http::Headers leading_, trailing_;
  std::optional<std::string> message_;  // of a unary call, in its codec
  bool opened_ = false;                 // a stream's head has gone out
  uint32_t taken_ = 0;                  // messages, since the host was granted more
};

}  // namespace ns::gateway
