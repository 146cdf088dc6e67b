// A connection to the server of an SSH remote, on which one command runs.
#pragma once

#include <libssh2.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "git/connections.h"
#include "git/wire.h"
#include "model/repository_url.h"

namespace ns::git {

struct EndSshSession {
  void operator()(LIBSSH2_SESSION* session) const;
};
struct EndSshChannel {
  void operator()(LIBSSH2_CHANNEL* channel) const;
};

// Failures of the network are "RemoteUnreachable" and "RemoteTimeout", after 30 s of a step.
class SshClient {
 public:
  // Borrows both. `url` is that of the request.
  SshClient(const Request& request, const model::RepositoryUrl& url);
  ~SshClient();
  SshClient(const SshClient&) = delete;
  SshClient& operator=(const SshClient&) = delete;

  // Connects to a checked address, has the host prove its key, and hangs up before anything of the
  // request is told. Keeps no key.
  Result<ports::HostKeyLook> Look();
  // Connects, and logs in with the request's key where the host's is one of `request.host_keys`;
  // where there is none of them, the one kept in `request.known_hosts` (CheckHostKey). Then runs
  // `command`. "HostKeyChanged", "HostKeyRefused", "AuthenticationFailed", "AddressRefused".
  Status Start(const std::string& command);
  // Steps may take as long as they want from now on.
  void WaitForever();

  // Appends some of what the command prints (`stream` 0) or complains of (SSH_EXTENDED_DATA_STDERR)
  // when it comes; 0: that was the end.
  Result<size_t> Read(int stream, char* data, size_t size);
  Status Write(std::string_view bytes);
  // Waits for its end.
  int ExitCode();

 private:
  Status Connect();
  Status CheckKey(bool keep) const;
  Status LogIn();
  Status Failure(const std::string& what);

  const Request& request_;
  const model::RepositoryUrl& url_;
  const std::string place_;  // for host keys
  Connections connections_;
  supervise::Fd fd_;
  // Each ends before what it is on.
  std::unique_ptr<LIBSSH2_SESSION, EndSshSession> session_;
  std::unique_ptr<LIBSSH2_CHANNEL, EndSshChannel> channel_;
  std::string shown_;  // line of the host's key
};

}  // namespace ns::git
