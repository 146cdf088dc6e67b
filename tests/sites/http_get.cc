#include "http_get.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace ns::sites {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Answer ParseHead(const std::string& head) {
  Answer answer;
  answer.status = head.size() > 12 ? std::atoi(head.c_str() + 9) : 0;
  for (size_t at = head.find("\r\n"); at + 2 < head.size();) {
    const size_t start = at + 2, colon = head.find(':', start), end = head.find("\r\n", start);
    if (colon == std::string::npos || end == std::string::npos || colon > end) break;
    const size_t value = head.find_first_not_of(' ', colon + 1);
    std::string& to = answer.headers[Lower(head.substr(start, colon - start))];
    to += (to.empty() ? "" : ", ") + head.substr(value, end - value);
    at = end;
  }
  return answer;
}

bool HasBody(const Answer& answer, bool head) {
  return !head && answer.status != 304 && answer.status != 204 && answer.status >= 200;
}

}  // namespace

Connection::Connection(const std::string& address) {
  const timeval patience{20, 0};
  sockaddr_un unix_address{};
  sockaddr_in tcp_address{};
  const bool local = address.starts_with("unix:");
  fd_ = ::socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  unix_address.sun_family = AF_UNIX;
  if (local) address.copy(unix_address.sun_path, sizeof(unix_address.sun_path) - 1, 5);
  tcp_address.sin_family = AF_INET;
  const size_t colon = address.rfind(':');
  if (!local) {
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &tcp_address.sin_addr);
    tcp_address.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  }
  const int result =
      local ? ::connect(fd_, reinterpret_cast<sockaddr*>(&unix_address), sizeof(unix_address))
            : ::connect(fd_, reinterpret_cast<sockaddr*>(&tcp_address), sizeof(tcp_address));
  if (result != 0) ::close(std::exchange(fd_, -1));
}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

bool Connection::Send(const std::string& bytes) {
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

std::string Connection::Read(size_t most) {
  std::string bytes(most, '\0');
  const ssize_t got = ::recv(fd_, bytes.data(), most, 0);
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

bool Connection::More() {
  const std::string bytes = Read(64 << 10);
  buffer_ += bytes;
  return !bytes.empty();
}

std::optional<Answer> Connection::Receive(bool head) {
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!More()) return std::nullopt;
  Answer answer = ParseHead(buffer_.substr(0, end + 2));
  buffer_.erase(0, end + 4);
  if (!HasBody(answer, head)) return answer;
  if (answer.headers.contains("content-length")) {
    const size_t size = std::stoul(answer.Header("content-length"));
    while (buffer_.size() < size)
      if (!More()) return std::nullopt;
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
  }
  while (More()) continue;  // as long as the connection is open
  answer.body = std::exchange(buffer_, "");
  return answer;
}

std::string RequestText(const std::string& method, const std::string& target,
                        const std::vector<std::string>& headers) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: site.test\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  return text + "Connection: close\r\n\r\n";
}

std::optional<Answer> Ask(const std::string& address, const std::string& method,
                          const std::string& target, const std::vector<std::string>& headers) {
  Connection connection(address);
  if (!connection.open() || !connection.Send(RequestText(method, target, headers)))
    return std::nullopt;
  return connection.Receive(method == "HEAD");
}

}  // namespace ns::sites
