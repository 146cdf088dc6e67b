// Calls the API by Connect with binary protobuf over HTTP/1.1, on TCP or a Unix socket: unary calls
// and server streams.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace google::protobuf {
class Message;
}

namespace ns::cli {

// Where the API answers.
struct Server {
  std::string url;     // "http://127.0.0.1:4000"; any host where `socket` is set
  std::string socket;  // path of a Unix socket, or empty
};

// "unix:/run/x.sock", "http://host:4000", "https://host". Throws Failure(kUsage).
Server ParseServer(const std::string& text);

// One connection, kept open between calls. Not thread-safe.
class Client {
 public:
  // `token`: sent as a bearer token unless empty.
  Client(const std::string& server, std::string token);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Calls "package.Service/Method". Throws Refused when the server says no, Failure(kUnreachable)
  // when none answers.
  void Call(const std::string& method, const google::protobuf::Message& request,
            google::protobuf::Message& response,
            std::chrono::milliseconds time = std::chrono::seconds(60));
  // The same of a method that answers with a stream: `each` takes every message as it comes, and is
  // run by this call. Returns when the server has ended the stream; throws Refused when it says why
  // it ends, Failure(kUnreachable) when the connection breaks, and whatever `each` throws.
  void Stream(const std::string& method, const google::protobuf::Message& request,
              const std::function<void(const std::string& message)>& each);
  // The HTTP status of a GET of that path below the address; -1 when nothing answers.
  long StatusOf(const std::string& path);
  // As it was given.
  const std::string& name() const { return name_; }
  bool local() const { return !server_.socket.empty(); }

 private:
  class Transfer;
  const std::string name_;
  const Server server_;
  std::unique_ptr<Transfer> transfer_;
};

}  // namespace ns::cli
