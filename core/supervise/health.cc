#include "supervise/health.h"

#include <cerrno>

#include "supervise/address.h"
#include "supervise/process.h"

namespace ns::supervise {
namespace {

Status CheckConnect(const SocketAddress& address, Duration timeout) {
  return Connect(address, SystemClock().Monotonic() + timeout).status();
}

// The first bytes of the answer, enough for its status line.
Result<std::string> ReadStart(int fd, const std::string& where, Duration deadline) {
  std::string answer;
  char chunk[64];
  while (answer.size() < 12) {
    if (!WaitReadable(fd, deadline - SystemClock().Monotonic()))
      return Status(Code::kDeadline, where + " accepts but does not answer");
    const ssize_t got = ::read(fd, chunk, sizeof chunk);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return Unavailable(where + " closed the connection without an answer");
    answer.append(chunk, static_cast<size_t>(got));
  }
  return answer;
}

Status CheckHttp(const SocketAddress& address, const std::string& host, const std::string& path,
                 Duration timeout) {
  const Duration deadline = SystemClock().Monotonic() + timeout;
  NS_ASSIGN(const Fd fd, Connect(address, deadline));
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Unavailable(host + " does not take a request");
  }
  NS_ASSIGN(const std::string answer, ReadStart(fd.get(), host, deadline));
  if (answer.compare(0, 7, "HTTP/1.") == 0 && answer[9] == '2') return {};
  return Unavailable("http://" + host + path + " answers " +
                     answer.substr(0, answer.find('\r')).substr(0, 40));
}

Result<HealthCheck> HttpCheck(const std::string& rest, Duration timeout) {
  const size_t slash = rest.find('/');
  const std::string host = rest.substr(0, slash),
                    path = slash == std::string::npos ? "/" : rest.substr(slash);
  if (path.find_first_of(" \r\n") != std::string::npos)
    return Invalid("a health address has no blanks: http://" + rest);
  NS_ASSIGN(const SocketAddress address, ParseAddress(host));
  return HealthCheck([=] { return CheckHttp(address, host, path, timeout); });
}

}  // namespace

Result<HealthCheck> HealthCheckOf(const std::string& address, Duration timeout) {
  const auto after = [&](const char* scheme) { return address.substr(std::string(scheme).size()); };
  if (address.empty()) return HealthCheck([] { return Status(); });
  if (address.starts_with("http://")) return HttpCheck(after("http://"), timeout);
  Result<SocketAddress> target = Invalid(
      "a health address is tcp:ADDRESS:PORT, unix:PATH or http://ADDRESS:PORT/PATH, not \"" +
      address + "\"");
  if (address.starts_with("tcp:")) target = ParseAddress(after("tcp:"));
  if (address.starts_with("unix:")) target = UnixAddress(after("unix:"));
  if (!target.ok()) return target.status();
  return HealthCheck([address = *target, timeout] { return CheckConnect(address, timeout); });
}

}  // namespace ns::supervise
