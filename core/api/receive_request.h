// What a Git client asks for, from the head of its request. Pure.
// Source of rules: gitprotocol-http(5).
#pragma once

#include <string>
#include <string_view>

#include "api/dispatcher.h"
#include "api/identity.h"
#include "ports/git_receive.h"

namespace ns::api {

struct GitAsk {
  std::string name;  // of the repository, good
  ports::GitServing serving;
};

// `path`: "/git/NAME/info/refs", "/git/NAME/git-upload-pack" or "/git/NAME/git-receive-pack", where
// NAME may have ".git" at its end. The failure is for the client: kNotFound, kInvalid,
// kUnsupported.
Result<GitAsk> ReadGitAsk(const Peer& peer, std::string_view http_method, std::string_view path);

// Whether it is a path of Git LFS.
bool IsLfs(std::string_view path);

// "application/x-git-receive-pack-advertisement".
std::string GitContentType(const ports::GitServing& serving);

struct BasicCredentials {
  std::string user, password;
  friend bool operator==(const BasicCredentials&, const BasicCredentials&) = default;
};
// Of "Authorization: Basic ..."; nothing where there is no such header, or it cannot be read.
std::optional<BasicCredentials> BasicOf(const Peer& peer);

// The same peer with the password of Basic as the token of Bearer, which is what it is.
Peer WithBearer(Peer peer, const BasicCredentials& basic);

}  // namespace ns::api
