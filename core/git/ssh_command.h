// One command on the server of an SSH remote.
#pragma once

#include <string>

#include "base/status.h"
#include "git/wire.h"

namespace ns::git {

// What `command` prints there, at most 64 KiB, run with the request's key over a checked connection
// to a host whose key is the one kept (CheckHostKey). `request.url` is an SSH URL.
// "AuthenticationFailed", "AddressRefused", "RemoteUnreachable", "RemoteTimeout" after 30 s;
// kPrecondition without a reason: it has failed, with what it said.
Result<std::string> RunOverSsh(const Request& request, const std::string& command);

// The word in the form that a shell takes for itself, quoted where it must be.
std::string ShellWord(const std::string& word);

}  // namespace ns::git
