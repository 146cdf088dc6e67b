// Which Git LFS server a repository has, and what that may be told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/http_url.h"
#include "git/wire.h"

namespace ns::git {

struct LfsServer {
  HttpUrl url;                       // of its API, to which "/objects/batch" is added
  std::vector<std::string> secrets;  // headers for it
};

// Its `lfs.url` in the text of a .lfsconfig; else what git-lfs-authenticate says over SSH; else
// <remote>.git/info/lfs. The password of the request goes to scheme, host and port of `request.url`
// alone, and so does its SSH key. "LfsRefused": an lfs.url that is no URL, or over SSH elsewhere;
// no git-lfs-authenticate. Also what RunOverSsh, ParseLfsAuthentication and ParseConfigText say.
Result<LfsServer> FindLfsServer(const Request& request, std::string_view lfsconfig);

// The password of the request as a header, for a server at `url`; nothing where it may not be told.
std::vector<std::string> PasswordFor(const Request& request, const HttpUrl& url);

// Where the LFS server of a remote is by itself.
std::string LfsUrlOf(std::string_view remote);

}  // namespace ns::git
