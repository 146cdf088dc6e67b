// git push and git fetch, to and from repositories of the platform's own.
#pragma once

#include <optional>

#include "api/audit_trail.h"
#include "api/method.h"
#include "api/raw.h"

namespace ns::api {

RawEntry GitEntry(const ReceiveSettings& settings);

// Who is an owner or admin may push, who may make applications of it may fetch, and so may a host
// of the platform that shows a token of it, or of one that it may be a submodule of. Git LFS is
// refused. What it gives is the answer where `stream` was not opened; a failure: the stream has
// only the beginning of one.
// `told` is filled for the audit log; nothing of it is left where there is nothing to tell: of
// fetches, and of the questions before a push that neither made a repository nor refused somebody
// known.
Result<std::optional<RawAnswer>> AnswerGit(const Context& context, const ports::Call& call,
                                           const RawRequest& request, RawStream& stream,
                                           std::optional<model::AuditEvent>& told);

// The repository whose token the caller shows, a host of the platform that builds of it.
std::optional<std::string> FetchedByHost(const Settings& settings, const Peer& peer, Time now);

// Makes a repository called `name` on this machine for that user. kExists: "NameTaken".
Result<model::Repository> MakeReceived(const Context& context, const model::User& user,
                                       const std::string& name);

}  // namespace ns::api
