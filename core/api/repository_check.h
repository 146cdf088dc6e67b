// What a request says of a repository: its URL, how to log in there, and whether it can be read so.
#pragma once

#include "api/convert.h"
#include "api/method.h"

namespace ns::api {

struct GivenAuth {
  model::GitCredentials credentials;
  KeyId key;  // generated, and used up by the write; empty: none
};

// kInvalid names the field under "auth".
Result<GivenAuth> ReadAuth(const Context& context, const Request& request,
                           const pb::CreateRepositoryAuth& auth);

// Whether `url` is one that may be fetched with credentials of `method`, which came with `auth`.
Status CheckUrl(const Context& context, const std::string& url,
                const pb::CreateRepositoryAuth& auth, model::GitAuth method);

// Reads the remote with the credentials that came with `auth`. What it has against them is
// kInvalid, with the field that is to blame and Git's reason.
Status CheckReadable(const Context& context, const Request& request,
                     const model::Repository& repository, const pb::CreateRepositoryAuth& auth);

// The refusals of a write of a repository in the words of its request.
Status ExplainWrite(const Status& stored, const std::string& url,
                    const pb::CreateRepositoryAuth& auth);

}  // namespace ns::api
