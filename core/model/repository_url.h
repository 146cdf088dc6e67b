// What counts as the URL of a repository, and which spellings mean the same one. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "model/repository.h"

namespace ns::model {

enum class UrlScheme { kHttp, kHttps, kSsh };

struct RepositoryUrl {
  UrlScheme scheme = UrlScheme::kHttps;
  std::string user;  // SSH only
  std::string host;  // lower case; an IPv6 address without brackets
  int port = 0;      // 0: the scheme's own
  std::string path;  // without leading slash, as given
  bool scp = false;  // was written as user@host:path
  friend bool operator==(const RepositoryUrl&, const RepositoryUrl&) = default;
};

// http(s)://, ssh:// or user@host:path. kInvalid says rule and value: another scheme or transport,
// a leading "-", "::", control characters and blanks, credentials in the URL, query or fragment, no
// host, no path, "..", a bad port, more than 2,000 bytes.
Result<RepositoryUrl> ParseRepositoryUrl(std::string_view url);

// Its port, or the one its scheme has by itself.
int PortOf(const RepositoryUrl& url);

// "git.example.com:22", "[2001:db8::1]:2222".
std::string PlaceOf(const RepositoryUrl& url);

// Whether the URL may be used with this way to authenticate: SSH needs an SSH URL; none and basic
// need http(s), basic https unless `basic_over_http`. The message names `url` or `auth`.
Status ValidateUrl(std::string_view url, GitAuth auth, bool basic_over_http);

// "host/path" in lower-case host without user, port of the scheme, ".git" and slashes at the end:
// equal for every spelling of one repository. Empty for what is no repository URL.
std::string NormaliseUrl(std::string_view url);

// Where a person may look at it: an http(s) URL as it is, else https://host/path without user and
// port; empty for what is no repository URL.
std::string HtmlUrl(std::string_view url);

}  // namespace ns::model
