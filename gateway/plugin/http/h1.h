// A connection that speaks HTTP/1.1: requests one after the other, each answered before the next is
// looked at. Source of rules: RFC 9110, RFC 9112.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/connection.h"
#include "http/timer.h"

namespace ns::gateway::http {

class H1 final : public Connection, public Answering, public std::enable_shared_from_this<H1> {
 public:
  explicit H1(Accepted accepted)
      : serving_(accepted.serving),
        pipe_(std::move(accepted.pipe)),
        peer_(std::move(accepted.peer)),
        closed_(std::move(accepted.closed)),
        timer_(accepted.serving.io),
        held_(accepted.serving.budget) {
    in_.commit(boost::asio::buffer_copy(in_.prepare(accepted.first.size()),
                                        boost::asio::buffer(accepted.first)));
  }

  void Begin() { AwaitRequest(); }
  void Finish() override {
    if (state_ == State::kIdle) return Close();
    if (handler_) handler_->OnLeave();
  }
  void Abort() override { Close(); }

  // -- Answering
  bool Hold(uint64_t bytes) override { return held_.Hold(head_bytes_ + bytes); }
  bool Whole(ResponseHead head, std::string body, Headers trailers) override;
  void Open(ResponseHead head) override;
  void Write(std::string bytes) override;
  void End(Headers trailers) override;
  void Cut() override;
  size_t unsent() const override { return out_.size() + sending_.size() - sent_; }
  std::weak_ptr<Connection> connection() override { return weak_from_this(); }
  void ReadOn() override;

 private:
  enum class State { kIdle, kReading, kAnswering, kLingering, kClosed };
  // A request that is there in full has the beginning of an answer that has no length.
  bool streaming() const { return state_ == State::kAnswering && opened_ && !ended_; }
  // What has come of a body since it was taken last.
  using Body = boost::beast::http::basic_dynamic_body<boost::beast::flat_buffer>;
  using Parser = boost::beast::http::request_parser<Body>;
  using Clock = std::chrono::steady_clock;

  void AwaitRequest();
  void Read(size_t most);
  void OnRead(ssize_t size);
  void AwaitEnd();
  void OnEarly(ssize_t size);
  void Parse();
  void OnHead();
  void OnBody();
  bool TakePiece();
  void RefuseBytes(boost::system::error_code error);
  void Refuse(int status, std::string why);
  bool HasTooManyFields();
  Head TakeHead();
  bool Holds();

  // Bytes of the answer that wait for the write under way, and those of a large one with it.
  size_t waiting() const { return out_.size() + (sending_.size() > kInHand ? sending_.size() : 0); }
  void AppendHead(const ResponseHead& head);
  void Flush();
  void OnWritten(bool ok);
  void GoOn();
  void OnAnswered();
  void Linger();
  void OnDiscarded(ssize_t size);

  void Limit(std::chrono::milliseconds time);
  void Close();

  Serving& serving_;
  std::unique_ptr<Pipe> pipe_;
  sdk::Peer peer_;
  const std::function<void()> closed_;
  Timer timer_;
  Budget::Share held_;
  State state_ = State::kIdle;
  boost::beast::flat_buffer in_;
  std::optional<Parser> parser_;
  std::shared_ptr<Handler> handler_;
  std::string out_, sending_;
  size_t sent_ = 0;  // of sending_
  // Since then some of the answer has always waited for the client.
  std::optional<Clock::time_point> behind_;
  uint64_t head_bytes_ = 0, discarded_ = 0;
  size_t least_ = 1;  // bytes that are parsed at once
  bool has_head_ = false;
  bool opened_ = false, ended_ = false;  // the answer
  bool chunked_ = false, bodiless_ = false;
  bool keep_alive_ = false;
  bool unread_ = false;  // of the request, when it was answered
  bool writing_ = false, reading_ = false, watching_ = false, awaiting_ = false;
};

}  // namespace ns::gateway::http
