#include "supervise/listening.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>

#include "supervise/address.h"
#include "supervise/ending.h"
#include "supervise/record.h"

namespace ns::supervise {
namespace {

namespace fs = std::filesystem;

bool ListensAt(int fd, const std::string& address) {
  int listens = 0;
  socklen_t size = sizeof listens;
  SocketAddress found;
  found.size = sizeof found.storage;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0 &&
         ::getsockname(fd, reinterpret_cast<sockaddr*>(&found.storage), &found.size) == 0 &&
         FormatAddress(found) == address;
}

Status NotAllowed(const ProcessId& id) {
  return Status(Code::kDenied, "may not look at the sockets of process " + std::to_string(id.pid) +
                                   " (it takes CAP_SYS_PTRACE)");
}

Result<SharedFd> Open(const std::string& address) {
  NS_ASSIGN(const SocketAddress where, ParseAddress(address));
  Fd fd(::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  if (fd && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
      ::bind(fd.get(), where.get(), where.size) == 0 && ::listen(fd.get(), SOMAXCONN) == 0)
    return std::make_shared<const Fd>(std::move(fd));
  const int error = errno;
  return Status(Code::kUnavailable, error == EADDRINUSE ? "PortTaken" : "",
                error == EADDRINUSE
                    ? address + " is taken by another program; choose another address"
                    : "cannot listen at " + address + ": " + ::strerrordesc_np(error))
      .SetFault(Fault::kOperator);
}

struct Found {
  SharedFd socket;
  Status denied;  // one that might have it could not be looked at
};

// In the helpers of a folder that run, but not in `except`.
Found FindIn(const std::string& folder, const std::string& address, const std::string& except) {
  Found found;
  for (const std::string& name : RecordedNames(folder)) {
    const auto record = HelperFiles(folder, name).Read();
    if (name == except || !record || !IsRunning(record->id)) continue;
    const auto socket = ListeningIn(record->id, address);
    if (!socket.ok()) found.denied = socket.status().Prefixed("helper " + name);
    if (socket.ok() && *socket) found.socket = *socket;
  }
  return found;
}

}  // namespace

Result<SharedFd> ListeningIn(const ProcessId& id, const std::string& address) {
  const Fd process = Watch(id);
  if (!process) return SharedFd();
  const fs::path folder = "/proc/" + std::to_string(id.pid) + "/fd";
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (!fs::read_symlink(at->path(), gone).string().starts_with("socket:")) continue;
    const std::string name = at->path().filename();
    int number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    Fd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0)));
    if (!copy && errno == EPERM) return NotAllowed(id);
    if (copy && ListensAt(copy.get(), address)) return std::make_shared<const Fd>(std::move(copy));
  }
  // A process that has just ended has no folder.
  if (error && IsRunning(id)) return NotAllowed(id);
  return SharedFd();
}

SharedFd ListenSockets::Held(const std::string& address) {
  return held_.With([&](auto& held) { return held[address].lock(); });
}

void ListenSockets::Hold(const std::string& address, const SharedFd& socket) {
  held_.With([&](auto& held) { held[address] = socket; });
}

Result<SharedFd> ListenSockets::Take(const std::string& address) {
  NS_ASSIGN(const SocketAddress where, ParseAddress(address));
  if (FormatAddress(where) != address)
    return Invalid("an address to listen at is written as " + FormatAddress(where) + ", not " +
                   address);
  if (SharedFd held = Held(address)) return held;
  Found found = FindIn(folder_, address, "");
  if (!found.socket) {
    const auto opened = Open(address);
    if (!opened.ok() && opened.status().reason() == "PortTaken" && !found.denied.ok())
      return Status(Code::kUnavailable, "PortTaken",
                    address + " cannot be taken over: " + found.denied.message())
          .SetFault(Fault::kOperator);
    if (!opened.ok()) return opened;
    found.socket = *opened;
  }
  Hold(address, found.socket);
  return found.socket;
}

void ListenSockets::Close(const std::string& name, const std::string& address, SharedFd socket) {
  const std::weak_ptr<const Fd> left = socket;
  const Fd copy(::dup(socket->get()));
  socket.reset();
  if (!left.expired()) return;
  const Found other = FindIn(folder_, address, name);
  if (!other.socket && other.denied.ok()) ::shutdown(copy.get(), SHUT_RDWR);
}

}  // namespace ns::supervise
