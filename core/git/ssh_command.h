// One command on the server of an SSH remote.
#pragma once

#include <string>

#include "base/status.h"
#include "git/wire.h"
#include "model/repository_url.h"

namespace ns::git {

// What `command` prints there, at most 64 KiB. `request.url` is an SSH URL. What SshClient says;
// kPrecondition without a reason: it has failed, with what it said.
Result<std::string> RunOverSsh(const Request& request, const std::string& command);

// The path that `request.url`, parsed as `url`, means to the server's programs.
std::string SshPath(const Request& request, const model::RepositoryUrl& url);

// The word in quotes, and in the form that a shell takes for itself, quoted where it must be.
std::string ShellQuoted(const std::string& word);
std::string ShellWord(const std::string& word);

}  // namespace ns::git
