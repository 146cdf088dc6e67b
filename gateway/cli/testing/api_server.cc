#include "api_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

namespace ns::cli {
namespace {

int Listening(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(fd, address, size) != 0 || ::listen(fd, 16) != 0)
    throw std::runtime_error("cannot listen");
  return fd;
}

bool Readable(int fd, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, 10) > 0) return true;
  }
  return false;
}

// "package.Service/Method"
std::string MethodOf(const std::string& head) {
  const size_t begin = head.find(" /") + 2;
  return head.substr(begin, head.find(" HTTP") - begin);
}

std::map<std::string, std::string> HeadersOf(const std::string& head) {
  std::map<std::string, std::string> headers;
  std::istringstream lines(head);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    headers[name] = line.substr(colon + 2, line.find('\r') - colon - 2);
  }
  return headers;
}

}  // namespace

Reply Ok(const google::protobuf::Message& message) {
  return {200, message.SerializeAsString(), false};
}

std::string EndOfStream(const std::string& json) {
  std::string end = Enveloped(json);
  end[0] = 2;
  return end;
}

Reply Refusal(int status, const std::string& code, const std::string& message) {
  return {status, R"({"code":")" + code + R"(","message":")" + message + "\"}", false};
}

ApiServer::ApiServer()
    : path_((std::filesystem::temp_directory_path() / ("ns-cli-test-" + std::to_string(::getpid())))
                .string()) {
  std::filesystem::remove(path_);
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  path_.copy(local.sun_path, sizeof(local.sun_path) - 1);
  unix_ = Listening(AF_UNIX, reinterpret_cast<sockaddr*>(&local), sizeof(local));
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  tcp_ = Listening(AF_INET, reinterpret_cast<sockaddr*>(&loopback), sizeof(loopback));
  socklen_t size = sizeof(loopback);
  ::getsockname(tcp_, reinterpret_cast<sockaddr*>(&loopback), &size);
  port_ = ntohs(loopback.sin_port);
  for (const int listener : {unix_, tcp_})
    threads_.emplace_back([this, listener](const std::stop_token& stop) { Serve(listener, stop); });
}

ApiServer::~ApiServer() {
  threads_.clear();
  ::close(unix_);
  ::close(tcp_);
  std::filesystem::remove(path_);
}

void ApiServer::On(const std::string& method, Answer answer) {
  std::lock_guard lock(mutex_);
  answers_[method] = std::move(answer);
}

void ApiServer::On(const std::string& method, const google::protobuf::Message& message) {
  On(method, [reply = Ok(message)](const std::string&) { return reply; });
}

void ApiServer::On(const std::string& method, Reply reply) {
  On(method, [reply = std::move(reply)](const std::string&) { return reply; });
}

std::vector<std::string> ApiServer::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<std::string> ApiServer::methods() const {
  std::lock_guard lock(mutex_);
  return methods_;
}

void ApiServer::AnswerOthers() {
  std::lock_guard lock(mutex_);
  answers_others_ = true;
}

std::map<std::string, std::string> ApiServer::headers() const {
  std::lock_guard lock(mutex_);
  return headers_;
}

void ApiServer::Serve(int listener, const std::stop_token& stop) {
  std::vector<std::jthread> talks;  // a client that keeps its connection keeps no other away
  while (Readable(listener, stop)) {
    const int fd = ::accept(listener, nullptr, nullptr);
    talks.emplace_back([this, fd, stop] {
      Talk(fd, stop);
      ::close(fd);
    });
  }
}

// Requests of one connection, one after the other.
void ApiServer::Talk(int fd, const std::stop_token& stop) {
  std::string bytes;
  char piece[4096];
  while (Readable(fd, stop)) {
    const ssize_t got = ::recv(fd, piece, sizeof(piece), 0);
    if (got <= 0) return;
    bytes.append(piece, static_cast<size_t>(got));
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const std::string head = bytes.substr(0, end + 2);
    const auto headers = HeadersOf(head);
    const size_t length =
        headers.contains("content-length") ? std::stoul(headers.at("content-length")) : 0;
    if (bytes.size() < end + 4 + length) continue;
    const Reply reply = Handle(head, bytes.substr(end + 4, length));
    bytes.erase(0, end + 4 + length);
    const std::string answer =
        "HTTP/1.1 " + std::to_string(reply.status) + " X\r\nContent-Type: application/" +
        (reply.status == 200 ? "proto" : "json") +
        "\r\nContent-Length: " + std::to_string(reply.body.size() + (reply.cut ? 1 : 0)) +
        "\r\n\r\n" + reply.body;
    if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0 || reply.cut) return;
  }
}

Reply ApiServer::Handle(const std::string& head, const std::string& body) {
  Answer answer;
  bool streamed = false;  // then the request is in an envelope
  const std::string method = MethodOf(head), name = method.substr(method.rfind('/') + 1);
  {
    std::lock_guard lock(mutex_);
    calls_.push_back(name);
    methods_.push_back(method);
    headers_ = HeadersOf(head);
    streamed = headers_["content-type"] == "application/connect+proto";
    if (const auto found = answers_.find(name); found != answers_.end()) answer = found->second;
    if (!answer && answers_others_) return {200, streamed ? EndOfStream("{}") : "", false};
  }
  return answer ? answer(body.substr(streamed ? 5 : 0)) : Refusal(501, "unimplemented", "not here");
}

}  // namespace ns::cli
