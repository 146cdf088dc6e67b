// What users prove themselves with, and who was made an admin. [any-thread]
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/token.h"

namespace ns::ports {

// How often the use of a token is written down at most.
inline constexpr Duration kTokenUseNoted = std::chrono::minutes(1);
// For how long an expired token is still listed.
inline constexpr Duration kExpiredTokenKept = std::chrono::hours(24 * 30);

// How many keys one user has at most, and how many tokens that have not expired.
inline constexpr int64_t kMostUserKeys = 100, kMostTokens = 100;

inline Status TooManyKeys() {
  return {Code::kExhausted, "TooManyKeys",
          "a user has at most " + std::to_string(kMostUserKeys) + " keys: delete one"};
}
inline Status TooManyTokens() {
  return {Code::kExhausted, "TooManyTokens",
          "a user has at most " + std::to_string(kMostTokens) + " tokens: revoke one"};
}

class UserKeyStore {
 public:
  virtual ~UserKeyStore() = default;
  // `created` becomes now. TooManyKeys(). kExists: somebody has a key with this public line.
  // kNotFound: no such user.
  virtual Result<model::UserKey> Add(const model::UserKey& key) = 0;
  // Oldest first.
  virtual Result<std::vector<model::UserKey>> List(const UserId& user) = 0;
  // kNotFound: that user has no such key.
  virtual Status Remove(const KeyId& id, const UserId& user) = 0;
};

// A token that was shown.
struct ShownToken {
  model::Token token;
  bool expired = false;   // by the store's clock
  bool note_use = false;  // its last use was noted longer ago than kTokenUseNoted
};

class TokenStore {
 public:
  virtual ~TokenStore() = default;
  // `created` becomes now, `last_used` never. Forgets tokens of this user that have been expired
  // for kExpiredTokenKept. TooManyTokens(). kNotFound: no such user or parent.
  virtual Result<model::Token> Insert(const model::Token& token, const std::string& hash) = 0;
  // kNotFound: there is none, or no more.
  virtual Result<ShownToken> Find(const std::string& hash) = 0;
  // Last used now, unless that was noted within kTokenUseNoted.
  virtual Status NoteUse(const TokenId& id) = 0;
  // Of one user, newest first, expired ones among them.
  virtual Result<std::vector<model::Token>> List(const UserId& user) = 0;
  // It is gone, and those that were made with it. `user` empty: whosever it is. kNotFound: none.
  virtual Status Revoke(const TokenId& id, const UserId& user) = 0;
};

class AdminStore {
 public:
  virtual ~AdminStore() = default;
  // False: they were one. kNotFound: no such user.
  virtual Result<bool> Grant(const UserId& user, const std::string& granted_by) = 0;
  // False: they were none.
  virtual Result<bool> Withdraw(const UserId& user) = 0;
  // By name.
  virtual Result<std::vector<model::AdminGrant>> List() = 0;
};

}  // namespace ns::ports
