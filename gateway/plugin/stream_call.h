// One request of a raw entry that streams: pieces of the body as the host wants them, and pieces of
// the answer as the client takes them.
#pragma once

#include "call.h"

namespace ns::gateway {

class StreamCall final : public http::Handler, public std::enable_shared_from_this<StreamCall> {
 public:
  // `peer`: with the headers of the request. `common`: headers that every answer has, unless the
  // host gives them another value.
  StreamCall(const Edge& edge, sdk::Peer peer, uint64_t most_body, http::Headers common,
             http::Answering& answering);
  // Whatever became of the answer: nobody brings the rest of the body.
  ~StreamCall() override { request_.Cancel(); }
  // Asks the host. The body may come from now on.
  void Begin(const std::string& method, const std::string& path);

  uint64_t most_body() const override { return most_body_; }
  bool streams() const override { return true; }
  void OnPiece(std::string bytes, bool last) override;
  bool full() const override { return wanted_ == 0 || !waiting_.empty(); }
  void OnTooLong() override;
  void OnNoMemory() override;
  void OnDrained() override;
  void OnGone() override;

  void OnGiven(Given given);
  const std::weak_ptr<http::Connection>& connection() const { return connection_; }

 private:
  void SendBody();
  void Open(http::Headers headers);
  void GrantMore();
  void Finish(const Given& end);
  void Refuse(const rpc::Problem& problem);
  http::Headers WithCommon(http::Headers headers) const;

  const Edge& edge_;
  sdk::Peer peer_;  // until the host is asked
  const uint64_t most_body_;
  const http::Headers common_;
  http::Answering* answering_;  // null: answered, or nobody wants it any more
  const std::weak_ptr<http::Connection> connection_;
  sdk::ApiRequest request_;
  std::string waiting_;  // of the body: more than the host wants now
  bool last_ = false;    // nothing comes after it
  bool told_last_ = false;
  uint64_t wanted_ = 0;
  bool opened_ = false;
  std::string whole_;   // of an answer that is not streamed
  uint32_t taken_ = 0;  // messages, since the host was granted more
};

}  // namespace ns::gateway
