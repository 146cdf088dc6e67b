// A real HTTP server on a Unix socket and on loopback that answers Connect calls as a test says.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "envelope.h"

namespace ns::cli {

// One answer: HTTP status and body.
struct Reply {
  int status = 200;
  std::string body;
  bool cut = false;  // the connection breaks where the body should go on
};

Reply Ok(const google::protobuf::Message& message);
// Connect's JSON with that code.
Reply Refusal(int status, const std::string& code, const std::string& message);

// A stream of messages, and how it ends: well, refused with a code, or cut off.
std::string EndOfStream(const std::string& json);
enum class End { kWell, kUnavailable, kCut };
template <class Message>
Reply Stream(const std::vector<Message>& messages, End end = End::kWell) {
  Reply reply;
  for (const Message& message : messages) reply.body += Enveloped(message.SerializeAsString());
  if (end == End::kWell) reply.body += EndOfStream("{}");
  if (end == End::kUnavailable)
    reply.body += EndOfStream(R"({"error":{"code":"unavailable","message":"it goes"}})");
  reply.cut = end == End::kCut;
  return reply;
}

class ApiServer {
 public:
  using Answer = std::function<Reply(const std::string& request)>;

  ApiServer();
  ~ApiServer();

  // By the short name of the method. Others are unimplemented, unless AnswerOthers.
  void On(const std::string& method, Answer answer);
  void On(const std::string& method, const google::protobuf::Message& message);
  void On(const std::string& method, Reply reply);
  // Others answer with an empty message, streams with none.
  void AnswerOthers();
  // "unix:/..." and "http://127.0.0.1:port".
  std::string unix_address() const { return "unix:" + path_; }
  std::string tcp_address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Short names in the order they were called.
  std::vector<std::string> calls() const;
  // The same in full, "package.Service/Method".
  std::vector<std::string> methods() const;
  // Of the newest call, names in lower case.
  std::map<std::string, std::string> headers() const;

 private:
  void Serve(int listener, const std::stop_token& stop);
  void Talk(int fd, const std::stop_token& stop);
  Reply Handle(const std::string& head, const std::string& body);

  std::string path_;
  int port_ = 0, unix_ = -1, tcp_ = -1;
  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<std::string> calls_, methods_;
  bool answers_others_ = false;
  std::map<std::string, std::string> headers_;
  std::vector<std::jthread> threads_;  // last
};

}  // namespace ns::cli
