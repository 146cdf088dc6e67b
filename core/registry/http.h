// One HTTP request, blocking, with a deadline and cancellation. Hides libcurl.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "ports/call.h"

namespace ns::registry {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Accept: text/plain"
  std::string username;              // basic authentication, when not empty
  Secret password;
  Secret bearer;  // bearer authentication, when not empty
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last of each name
  std::string body;                            // at most 4 MiB
};

// kUnavailable: no answer; kCancelled. Ends at `call.deadline` or after `timeout`, whichever comes
// first. Redirects are not followed. [any-thread]
Result<HttpAnswer> Send(const ports::Call& call, const HttpRequest& request, Duration timeout,
                        Clock& clock);

}  // namespace ns::registry
