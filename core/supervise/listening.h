// Listening sockets that belong to the installation: helpers are given them, may share one, and one
// that ends takes none away from another.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/status.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::supervise {

using SharedFd = std::shared_ptr<const Fd>;

// The copy of a socket of that very process which listens at `address` ("127.0.0.1:80"); none where
// it has none. kDenied: the system does not let this process look into that one, for which it
// needs CAP_SYS_PTRACE where they are of different users.
Result<SharedFd> ListeningIn(const ProcessId& id, const std::string& address);

// Of the helpers recorded in one folder. [any-thread]
class ListenSockets {
 public:
  explicit ListenSockets(std::string folder) : folder_(std::move(folder)) {}

  // The socket at `address`: the one that is held here, or that a helper has, whoever started it;
  // else one is opened. Non-blocking, with a queue as long as the system allows. kInvalid for what
  // is no address; kUnavailable "PortTaken" where somebody else has it, or a helper whose socket
  // this process is not allowed to take over (which the message says).
  Result<SharedFd> Take(const std::string& address);
  // Keeps one that was found elsewhere for those that ask later.
  void Hold(const std::string& address, const SharedFd& socket);
  // Nobody listens at `address` from now on, also where a process still has the socket open; unless
  // it is held here for somebody else, or another helper than `name` may have it.
  void Close(const std::string& name, const std::string& address, SharedFd socket);

 private:
  SharedFd Held(const std::string& address);

  const std::string folder_;
  Guarded<std::map<std::string, std::weak_ptr<const Fd>>> held_;
};

}  // namespace ns::supervise
