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

using HostKeyLines = google::protobuf::RepeatedPtrField<std::string>;
// The field "host_keys" of a request for a repository with `url`: each key once. kInvalid names
// what is none, too many, and any for a URL that is not SSH.
Result<std::vector<std::string>> ReadHostKeys(const std::string& url, const HostKeyLines& given);

// Reads the remote with the credentials that came with `auth`, and pins the key that an SSH host
// shows where none is pinned. What it has against them is kInvalid, with the field that is to blame
// and Git's reason. `keys_given`: the request has named those of the host.
Status CheckReadable(const Context& context, const Request& request, model::Repository& repository,
                     const pb::CreateRepositoryAuth& auth, bool keys_given);

// What the methods of both packages share. No `host_keys`: the request says nothing of them.
Result<pb::Repository> RegisterRepository(const Context& context, const Request& request,
                                          const pb::CreateRepositoryRequest& in,
                                          const HostKeyLines& host_keys);
Status ChangeRepository(const Context& context, const Request& request,
                        const pb::UpdateRepositoryRequest& in, const HostKeyLines& host_keys);

// The refusals of a write of a repository in the words of its request.
Status ExplainWrite(const Status& stored, const std::string& url,
                    const pb::CreateRepositoryAuth& auth);

}  // namespace ns::api
