// libgit2's conversation with git-upload-pack over an SSH connection of our own: its own would ask
// for credentials by a callback, choose among host keys by a file in the home folder, and resolve
// names anew.
#pragma once

#include <git2.h>
#include <git2/sys/transport.h>

#include <optional>

#include "git/ssh_client.h"

namespace ns::git {

// One remote at a time.
class SshTransport {
 public:
  // Borrows both.
  SshTransport(const Request& request, const model::RepositoryUrl& url);
  SshTransport(const SshTransport&) = delete;
  SshTransport& operator=(const SshTransport&) = delete;

  // A transport for `owner`, which must end before this does.
  int New(git_transport** out, git_remote* owner);
  // What stood in the way of the last call.
  const std::optional<Status>& problem() const { return problem_; }

 private:
  struct Stream : git_smart_subtransport_stream {
    SshTransport* self = nullptr;
  };
  struct Subtransport : git_smart_subtransport {
    SshTransport* self = nullptr;
  };
  static int OnAction(git_smart_subtransport_stream** out, git_smart_subtransport* transport,
                      const char* url, git_smart_service_t action);
  static int OnRead(git_smart_subtransport_stream* stream, char* data, size_t size, size_t* got);
  static int OnWrite(git_smart_subtransport_stream* stream, const char* data, size_t size);
  int Open();
  int Failed(const Status& status);
  Status Ended();

  const Request& request_;
  const model::RepositoryUrl& url_;
  Stream stream_;
  Subtransport subtransport_;
  std::optional<SshClient> client_;
  std::optional<Status> problem_;
  bool heard_ = false;  // anything of it
};

}  // namespace ns::git
