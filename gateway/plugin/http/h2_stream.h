// One request of a connection of HTTP/2 and its answer.
#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/connection.h"

namespace ns::gateway::http {

// What a stream has of its connection.
class H2Session {
 public:
  virtual nghttp2_session* session() = 0;
  virtual Serving& serving() = 0;
  virtual const sdk::Peer& peer() const = 0;
  virtual std::weak_ptr<Connection> connection() = 0;
  // Sends what is to be sent. The stream that calls may be gone afterwards.
  virtual void Flush() = 0;
  // The same, and sees to what that stream has left.
  virtual void Send(int32_t id) = 0;
  // Bytes of that stream that Send hands to the system.
  virtual size_t Room(int32_t id) = 0;
  // Looks at what is due at that time.
  virtual void Await(std::chrono::steady_clock::time_point due) = 0;
  // Has nghttp2 ask for the bytes of an answer.
  virtual nghttp2_data_provider Bytes() = 0;

 protected:
  ~H2Session() = default;
};

class H2Stream final : public Answering {
 public:
  using Clock = std::chrono::steady_clock;

  H2Stream(H2Session& connection, int32_t id)
      : connection_(connection),
        id_(id),
        held_(connection.serving().budget),
        begun_(Clock::now()) {}

  // -- Answering
  bool Hold(uint64_t bytes) override { return held_.Hold(head_bytes_ + bytes); }
  bool Whole(ResponseHead head, std::string body, Headers trailers) override;
  void Open(ResponseHead head) override;
  void Write(std::string bytes) override;
  void End(Headers trailers) override;
  void Cut() override;
  size_t unsent() const override { return out_.size() - taken_; }
  std::weak_ptr<Connection> connection() override { return connection_.connection(); }
  void ReadOn() override;

  // -- what comes in
  void TakeHeader(std::string_view name, std::string_view value);
  void OnHead();
  void TakeBody(std::string_view bytes);
  void OnBodyEnd();
  // The stream is over.
  void OnGone();

  // What goes out: as many bytes as `into` takes, by the rules of nghttp2's data providers.
  ssize_t Give(std::span<uint8_t> into, uint32_t& flags);
  // Holds what waits once the answer has begun. False: there is no memory for it.
  bool HoldRest() { return held_.HoldAnswer(out_.size() + (ended_ ? 0 : unconsumed_)); }
  // Breaks off an answer that has begun.
  void BreakOff();

  // When the client has had its time, if it is the client that is waited for.
  std::optional<Clock::time_point> Due() const;
  bool request_done() const { return request_done_; }
  const std::shared_ptr<Handler>& handler() const { return handler_; }
  // Once after all that was written has gone out.
  bool TakeDrained() { return std::exchange(drained_, false); }

 private:
  void Begin(ResponseHead head, bool more);
  void Refuse(int status, std::string why);
  void Resume();
  void TakePiece(std::string_view bytes);

  H2Session& connection_;
  const int32_t id_;
  Budget::Share held_;
  const Clock::time_point begun_;
  Clock::time_point progress_{};  // of the answer
  Clock::time_point behind_{};    // since then some of it has always waited for the client
  Head head_{"", "", {}, 20};
  size_t head_bytes_ = 0, fields_ = 0;
  bool head_too_long_ = false;
  std::string body_;
  uint64_t body_bytes_ = 0;               // of one that is handed on in pieces
  size_t unconsumed_ = 0;                 // that the client has no credit back for
  Clock::time_point body_progress_ = {};  // of that body
  bool request_done_ = false;
  std::shared_ptr<Handler> handler_;
  bool opened_ = false, ended_ = false;  // the answer
  bool bodiless_ = false;
  bool cut_ = false;
  bool waits_ = false;  // nghttp2 asks no more until it is told to
  bool drained_ = false;
  std::string out_;
  size_t taken_ = 0;  // of out_
  Headers trailers_;
};

}  // namespace ns::gateway::http
