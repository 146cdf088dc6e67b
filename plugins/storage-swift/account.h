// Signed in at an account, and again when the server has had enough of the token.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "answers.h"
#include "config.h"
#include "http/http.h"
#include "ns/sdk/call.h"

namespace ns::storage_swift {

// [any-thread]
class Account {
 public:
  // `key`: of the user. Both references must outlive it.
  Account(const Config& config, std::string key, http::Client& client)
      : config_(config), key_(std::move(key)), client_(client) {}

  // What was given last, else by a sign-in. Throws "StorageDenied" where that is refused, and
  // "StorageUnavailable".
  Access Get(const sdk::Call& call);
  // The server does not take this token any more: the next Get signs in, if nobody else has.
  void Forget(const std::string& token);

 private:
  Access SignIn(const sdk::Call& call);

  const Config& config_;
  const std::string key_;
  http::Client& client_;
  std::mutex mutex_;
  std::optional<Access> access_;  // guarded by mutex_
};

}  // namespace ns::storage_swift
