// A Git repository that applications come from.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"

namespace ns::model {

enum class GitAuth { kNone = 0, kBasic = 1, kSsh = 2 };

struct GitCredentials {
  GitAuth method = GitAuth::kNone;
  std::string username;    // basic
  Secret password;         // basic
  Secret ssh_private_key;  // SSH; empty: the installation's own key
  // SSH: the lines of the keys that the host may show (ParseHostKey). Empty: none is pinned yet.
  std::vector<std::string> host_keys = {};
  // No key opens the password or the private key any more: it is empty here, and nothing is read
  // with these until others are set.
  bool seal_broken = false;
  friend bool operator==(const GitCredentials&, const GitCredentials&) = default;
};

struct Repository {
  RepositoryId id;
  std::string name;
  std::string url;  // as given, validated
  GitCredentials credentials;
  std::vector<UserId> owners;
  friend bool operator==(const Repository&, const Repository&) = default;
};

// One name of a remote. Short and full names are both listed, and "HEAD".
struct GitRef {
  std::string name;
  std::string commit;  // 40 hex characters; a tag is peeled to its commit
  friend bool operator==(const GitRef&, const GitRef&) = default;
};

struct Commit {
  std::string hash;
  std::string author;
  Time date = kNever;
  std::string message;
  friend bool operator==(const Commit&, const Commit&) = default;
};

// `Application::commit` while the ref is unknown or absent on the remote.
inline constexpr char kNoCommit[] = "0000000000000000000000000000000000000000";

}  // namespace ns::model
