#include "probe.h"

#include <arpa/inet.h>
#include <sys/socket.h>

namespace ns::backend_docker {
namespace {

using sdk::ProbeAnswer;
using sdk::Readiness;

constexpr auto kOneTry = std::chrono::seconds(5);

ProbeAnswer Ready() { return {Readiness::kReady, "", ""}; }
ProbeAnswer NotYet(std::string message) {
  return {Readiness::kNotYet, NS_REASON_PROBE_FAILED, std::move(message)};
}

// What connect() came to, within the time of one try; 0: it stands.
int Connect(const sdk::Call& call, const std::string& address, int port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) return EADDRNOTAVAIL;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int error = ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd fds[2] = {{fd, POLLOUT, 0}, {call.CancelFd(), POLLIN, 0}};
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(
                          call.Remaining(std::chrono::seconds(1)))
                          .count();
    socklen_t size = sizeof(error);
    error = ETIMEDOUT;
    if (::poll(fds, 2, static_cast<int>(wait)) > 0 && fds[0].revents != 0)
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  ::close(fd);
  return error;
}

ProbeAnswer ProbeTcp(const sdk::Call& call, const sdk::Probe& probe, const std::string& address) {
  const int error = Connect(call, address, probe.port);
  if (error == 0) return Ready();
  return NotYet("Nothing listens on port " + std::to_string(probe.port) + " of the container (" +
                ::strerror(error) + "); the program must listen on 0.0.0.0, not on 127.0.0.1.");
}

ProbeAnswer ProbeHttp(const sdk::Call& call, http::Client& http, const sdk::Probe& probe,
                      const std::string& address) {
  const std::string path = probe.path.starts_with('/') ? probe.path : "/" + probe.path;
  try {
    const http::Response response = http.Do(
        call,
        {.url = "http://" + address + ":" + std::to_string(probe.port) + path, .timeout = kOneTry});
    if (response.status < 500) return Ready();
    return NotYet("Port " + std::to_string(probe.port) + " answers " + path + " with " +
                  std::to_string(response.status) + ".");
  } catch (const sdk::Error& error) {
    if (error.code() == NS_E_CANCELLED) throw;
    return NotYet(error.message());
  }
}

ProbeAnswer ProbeTime(const sdk::Probe& probe, const docker::Container& container) {
  const auto wanted = probe.stays_up.count() > 0 ? probe.stays_up : std::chrono::seconds(2);
  if (std::chrono::system_clock::now() - container.started >= wanted) return Ready();
  return NotYet("The container has not been up long enough yet.");
}

ProbeAnswer Ended(const docker::Container& container) {
  const std::string code = std::to_string(container.exit_code);
  if (container.out_of_memory)
    return {Readiness::kBroken, NS_REASON_OUT_OF_MEMORY,
            "The container ended for want of memory (exit code " + code + "); raise its limit."};
  return {Readiness::kBroken, NS_REASON_CONTAINER_EXITED,
          "The container ended with exit code " + code + " before it was ready; see its output."};
}

}  // namespace

ProbeAnswer ProbeOnce(const sdk::Call& call, http::Client& http, const sdk::Probe& probe,
                      const docker::Container& container, const std::string& address) {
  if (container.state == "restarting")
    return {Readiness::kNotYet, NS_REASON_CONTAINER_EXITED,
            "The container ends again and again, last with exit code " +
                std::to_string(container.exit_code) + "."};
  if (container.state != "running") return Ended(container);
  switch (probe.kind) {
    case sdk::ProbeKind::kTcp:
      return ProbeTcp(call, probe, address);
    case sdk::ProbeKind::kHttp:
      return ProbeHttp(call, http, probe, address);
    case sdk::ProbeKind::kStaysUp:
      return ProbeTime(probe, container);
    case sdk::ProbeKind::kCommand:
      break;
  }
  throw sdk::Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
                   "This backend has no probe that runs a command.", sdk::Fault::kOperator);
}

}  // namespace ns::backend_docker
