// A real HTTP server on a Unix socket and on loopback that answers Connect calls as a test says.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ns::cli {

// One answer: HTTP status and body.
struct Reply {
  int status = 200;
  std::string body;
};

Reply Ok(const google::protobuf::Message& message);
// Connect's JSON with that code.
Reply Refusal(int status, const std::string& code, const std::string& message);

class ApiServer {
 public:
  using Answer = std::function<Reply(const std::string& request)>;

  ApiServer();
  ~ApiServer();

  // By the short name of the method. Others are unimplemented.
  void On(const std::string& method, Answer answer);
  void On(const std::string& method, const google::protobuf::Message& message);
  // "unix:/..." and "http://127.0.0.1:port".
  std::string unix_address() const { return "unix:" + path_; }
  std::string tcp_address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Short names in the order they were called.
  std::vector<std::string> calls() const;
  // Of the newest call, names in lower case.
  std::map<std::string, std::string> headers() const;

 private:
  void Serve(int listener, const std::stop_token& stop);
  void Talk(int fd, const std::stop_token& stop);
  std::string Handle(const std::string& head, const std::string& body);

  std::string path_;
  int port_ = 0, unix_ = -1, tcp_ = -1;
  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<std::string> calls_;
  std::map<std::string, std::string> headers_;
  std::vector<std::jthread> threads_;  // last
};

}  // namespace ns::cli
