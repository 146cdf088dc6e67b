// Requests to a server of sites, byte by byte as the test says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ns::sites {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the values of one, joined
  std::string body;

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// A connection to "127.0.0.1:80" or another numeric address, or to a Unix socket.
class Connection {
 public:
  explicit Connection(const std::string& address);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open() const { return fd_ >= 0; }
  bool Send(const std::string& bytes);
  // Reads one answer; nothing where the other side ends it before it is whole.
  std::optional<Answer> Receive(bool head = false);
  // Some bytes as they come; empty: the end.
  std::string Read(size_t most);

 private:
  bool More();

  int fd_ = -1;
  std::string buffer_;
};

// "GET /a HTTP/1.1" with those header lines, a Host, and no keep-alive.
std::string RequestText(const std::string& method, const std::string& target,
                        const std::vector<std::string>& headers);
// One request on a connection of its own.
std::optional<Answer> Ask(const std::string& address, const std::string& method,
                          const std::string& target, const std::vector<std::string>& headers);

}  // namespace ns::sites
