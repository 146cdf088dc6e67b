// What is said to a Git LFS server and what it answers: the batch API, "download" by "basic".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/http_url.h"
#include "git/lfs_pointer.h"

namespace ns::git {

constexpr size_t kLfsBatch = 100;           // objects asked for at once, as git-lfs does
constexpr size_t kMaxLfsAnswer = 4 << 20;   // bytes of an answer to them
constexpr size_t kMaxLfsHeaders = 50;       // that one request can be told to send
constexpr size_t kMaxLfsHeader = 16 << 10;  // bytes of one of them

// Where something is, and what to send along.
struct LfsAction {
  HttpUrl href;
  std::vector<std::string> headers;  // "Name: value"
  bool authorized = false;           // they hold an Authorization
};

struct LfsDownload {
  LfsAction action;
  bool authenticated = false;  // the server says that it needs no further credentials
};

// The body of the request.
std::string LfsBatchRequest(const std::vector<LfsPointer>& objects);

// Object id -> how to get it, for exactly the objects asked for. "LfsObjectNotFound", with the
// server's own words: it has one of them not. "LfsRefused": all else that is no answer to the
// request: no JSON, another transfer or digest, objects nobody asked for, missing or twice, another
// size, no download, and what ParseLfsAction refuses. Whose fault is left open.
Result<std::map<std::string, LfsDownload>> ParseLfsBatch(std::string_view answer,
                                                         const std::vector<LfsPointer>& objects);

// The answer of git-lfs-authenticate; `otherwise` is the href where it names none. "LfsRefused":
// no JSON, an href that is no http(s) URL, more than 50 headers, one of more than 16 KiB, with a
// name that is none, or with control characters in it.
Result<LfsAction> ParseLfsAuthentication(std::string_view answer, const std::string& otherwise);

// The sentence in an answer other than 2xx; "" without one.
std::string LfsComplaint(std::string_view answer);

// The source's fault.
Status LfsRefused(const std::string& message);

}  // namespace ns::git
