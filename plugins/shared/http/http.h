// A small HTTP client over libcurl: plain requests and endless answers, over TCP or a Unix socket,
// ended by the call's deadline or cancellation.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ns/sdk/call.h"

namespace ns::http {

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

struct Request {
  std::string method = "GET";
  std::string
      url{};  // "http://docker/v1.41/info": the host is for the Host header when unix_socket is set
  std::string unix_socket{};  // path; empty: TCP
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  // Gives the body piece by piece, up to so many bytes; 0: its end. Instead of `body`, for what is
  // too large for memory; what it throws ends the transfer and is thrown on.
  std::function<size_t(char*, size_t)> upload{};
  std::chrono::milliseconds timeout{30'000};  // of all of it; 0: none but the call's
  std::chrono::milliseconds silence{0};       // of a stream, once its answer has begun; 0: any
  size_t max_body = 64u << 20;                // bytes; a longer answer is an error
  std::string sign{};              // as by Amazon: "aws:amz:eu-central-1:s3"; empty: not at all
  std::string user{}, password{};  // that it is signed with
  // Told the head of an answer of 2xx before a stream's first piece; what it throws ends the
  // stream.
  std::function<void(const Response&)> begin{};
};

// A descriptor that a stream waits for as well; `readable` is called on the streaming thread.
struct Watched {
  int fd = -1;
  std::function<void()> readable;
};

// Keeps connections open between requests. No redirects, no proxies of the environment.
// [any-thread]
class Client {
 public:
  Client();
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any HTTP status is an answer. Throws NS_E_UNAVAILABLE when there was none, NS_E_DEADLINE,
  // NS_E_CANCELLED.
  Response Do(const sdk::Call& call, const Request& request);

  // Gives an answer of 2xx in pieces as they come; what `take` throws ends the stream and is thrown
  // on. Returns when the other side ends it. Any other status is collected and returned. `timeout`
  // counts until the head of the answer, and `silence` from then on, or from the last byte.
  Response Stream(const sdk::Call& call, const Request& request,
                  const std::function<void(std::string_view)>& take,
                  const std::vector<Watched>& watched = {});

 private:
  class Session;
  class Lease;
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

// "a b" -> "a%20b": for paths and query values.
std::string Escaped(std::string_view text);

}  // namespace ns::http
