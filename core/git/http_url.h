// URLs of HTTP requests, as libcurl takes them.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

struct HttpUrl {
  std::string text;    // whole
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; an IPv6 address without brackets
  std::string port;    // the scheme's own where the URL gives none
  // "host", "host:port", "[::1]:port": fit for a message.
  std::string Place() const;
  bool SameOrigin(const HttpUrl& other) const;
};

// kInvalid says why: another scheme, no host, credentials in it, blanks and control characters,
// more than 8,000 bytes.
Result<HttpUrl> ParseHttpUrl(std::string_view text);

// Where a Location leads that was given by `base`.
Result<HttpUrl> ResolveLocation(const HttpUrl& base, const std::string& location);

}  // namespace ns::git
