// One conversation with a remote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "git/connections.h"
#include "git/handle.h"
#include "git/ssh_transport.h"
#include "git/wire.h"
#include "model/repository_url.h"

namespace ns::git {

class Session {
 public:
  // Borrows the request.
  explicit Session(const Request& request);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Resolves and checks the host, and finds the credentials. First.
  Status Prepare();
  Result<std::vector<model::GitRef>> ListRefs();
  // All branches and tags into `repository`, what is gone there goes here. `room`: bytes it may
  // receive.
  Status Fetch(git_repository* repository, uint64_t room);

 private:
  git_remote_callbacks Callbacks();
  Status Explain(int error);
  Status ExplainMessage(const std::string& message, int error_class);
  static int OnCredentials(git_credential** out, const char* url, const char* user,
                           unsigned allowed, void* self);
  static int OnTransport(git_transport** out, git_remote* owner, void* self);
  static int OnProgress(const git_indexer_progress* stats, void* self);
  int GiveCredential(git_credential** out, unsigned allowed);

  const Request& request_;
  model::RepositoryUrl url_;
  std::string target_;  // URL or folder for libgit2
  std::string place_;   // of the remote
  Connections connections_;
  std::optional<SshTransport> ssh_;
  std::optional<Status> problem_;  // that a callback found
  int given_ = 0;                  // how often credentials were handed out
  uint64_t room_ = 0;
};

}  // namespace ns::git
