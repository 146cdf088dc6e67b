// Takes what the host gives for one request, on the host's threads, and hands it to the thread of a
// connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/connection.h"
#include "http/timer.h"
#include "ns/sdk/host_api.h"

namespace ns::gateway {

// What has come, in the order in which it came.
struct Given {
  http::Headers leading;
  std::vector<std::string> messages;
  bool opened = false;  // the host has said that an answer begins
  bool ended = false;
  std::optional<sdk::Error> error;  // of the end; none: it went well
  http::Headers trailing;
  int http_status = 0;       // raw entries only
  std::string content_type;  // raw entries only
  uint64_t wanted = 0;       // bytes of the body that the host can take, since it was told last
};

// Does `work` for a request as long as its connection is there, which ends where that throws.
template <class Work>
void ForRequest(const std::weak_ptr<http::Connection>& of, const Work& work) {
  if (const auto connection = of.lock()) http::Guarded(*connection, work);
}

// `To` has OnGiven(Given) and connection(). With `at_once` each piece is handed on as it comes,
// else all at the end. More than `most` bytes of messages in one piece are dropped and the end
// becomes a failure.
template <class To>
class Reception final : public sdk::ApiReceiver {
 public:
  Reception(std::shared_ptr<boost::asio::io_context> io, std::weak_ptr<To> to, bool at_once,
            uint64_t most)
      : io_(std::move(io)), to_(std::move(to)), at_once_(at_once), most_(most) {}

  void OnMetadata(bool trailing, const sdk::Metadata& metadata) noexcept override {
    http::Headers& headers = trailing ? given_.trailing : given_.leading;
    headers.insert(headers.end(), metadata.begin(), metadata.end());
    if (!trailing) given_.opened = true;
    if (!trailing && at_once_) HandOver();
  }
  void OnMessage(std::string_view message) noexcept override {
    given_.opened = true;
    size_ += message.size();
    too_long_ = too_long_ || size_ > most_;
    if (!too_long_) given_.messages.emplace_back(message);
    if (at_once_) HandOver();
  }
  void OnWant(uint64_t bytes) noexcept override {
    given_.wanted += bytes;
    HandOver();
  }
  void OnEnd(const sdk::ApiEnd& end) noexcept override {
    given_.ended = true;
    given_.error = end.error;
    given_.http_status = end.http_status;
    given_.content_type = end.content_type;
    if (too_long_ && !given_.error)
      given_.error = sdk::Error(
          NS_E_EXHAUSTED, "",
          "The answer is longer than " + std::to_string(most_) + " bytes; ask for less at once.");
    HandOver();
  }

 private:
  void HandOver() {
    size_ = 0;
    // In shared hands, since what is posted must be copyable.
    auto given = std::make_shared<Given>(std::exchange(given_, {}));
    http::Post(*io_, [to = to_, given] {
      const auto self = to.lock();
      if (self) ForRequest(self->connection(), [&] { self->OnGiven(std::move(*given)); });
    });
  }

  const std::shared_ptr<boost::asio::io_context> io_;
  const std::weak_ptr<To> to_;
  const bool at_once_;
  const uint64_t most_;
  uint64_t size_ = 0;
  bool too_long_ = false;
  Given given_;
};

}  // namespace ns::gateway
