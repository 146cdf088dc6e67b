// Asking Git hosts on behalf of a caller who waits.
#pragma once

#include <string>
#include <vector>

#include "api/method.h"

namespace ns::api {

// As `call`, but no longer than 25 s from now.
ports::Call Within(const Context& context, const ports::Call& call);

// As GitRemote::ListRefs; as ports::RemoteOf where the credentials do not open; kExhausted with
// reason "TooManyCalls" when the caller has too many of these under way.
Result<std::vector<model::GitRef>> AskRemote(const Context& context, const Request& request,
                                             const model::Repository& repository);

// As GitRemote::HostKey, within the same bounds.
Result<ports::HostKeyLook> LookAtHostKey(const Context& context, const Request& request,
                                         const model::Repository& repository);

// As AskRemote for a repository that is registered: what the remote is to blame for is
// kUnavailable, with Git's reason and message.
Result<std::vector<model::GitRef>> ListRefs(const Context& context, const Request& request,
                                            const model::Repository& repository);

// As GitRemote::Commits, within the same bounds as AskRemote.
Result<std::vector<model::Commit>> AskForCommits(const Context& context, const Request& request,
                                                 const model::Repository& repository,
                                                 const std::vector<std::string>& hashes);

// Whether a failed look says something about the remote, and not about us or the caller.
bool RemoteIsToBlame(const Status& failure);

}  // namespace ns::api
