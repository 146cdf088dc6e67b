#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

class FakeUserKeys final : public UserKeyStore {
 public:
  explicit FakeUserKeys(FakeRows& rows) : rows_(rows) {}

  Result<model::UserKey> Add(const model::UserKey& key) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::UserKey> {
      if (!rows.users.contains(key.user)) return NoSuch("user", key.user.str());
      if (std::ranges::count(rows.user_keys, key.user, &model::UserKey::user) >= kMostUserKeys)
        return TooManyKeys();
      for (const model::UserKey& other : rows.user_keys) {
        if (other.public_line == key.public_line)
          return Status(Code::kExists, "somebody has this key already");
      }
      rows.user_keys.push_back(key);
      rows.user_keys.back().created = now;
      return rows.user_keys.back();
    });
  }
  Result<std::vector<model::UserKey>> List(const UserId& user) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::UserKey>> {
      std::vector<model::UserKey> own;
      for (const model::UserKey& key : rows.user_keys) {
        if (key.user == user) own.push_back(key);
      }
      return own;
    });
  }
  Status Remove(const KeyId& id, const UserId& user) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      const auto gone = std::erase_if(rows.user_keys, [&](const model::UserKey& key) {
        return key.id == id && key.user == user;
      });
      return gone > 0 ? Status() : NoSuch("key", id.str());
    });
  }

 private:
  FakeRows& rows_;
};

class FakeTokens final : public TokenStore {
 public:
  explicit FakeTokens(FakeRows& rows) : rows_(rows) {}

  Result<model::Token> Insert(const model::Token& token, const std::string& hash) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<model::Token> {
      if (!rows.users.contains(token.user)) return NoSuch("user", token.user.str());
      const auto counts = [&](const FakeToken& one) {
        return one.token.user == token.user &&
               (one.token.expires == kNever || one.token.expires > now);
      };
      if (std::ranges::count_if(rows.tokens, counts) >= kMostTokens) return TooManyTokens();
      if (!token.parent.empty() && FindById(rows, token.parent) == nullptr)
        return NoSuch("token", token.parent.str());
      Drop(rows, [&](const FakeToken& old) {
        return old.token.user == token.user && old.token.expires != kNever &&
               now - old.token.expires > kExpiredTokenKept;
      });
      rows.tokens.push_back({token, hash});
      rows.tokens.back().token.created = now;
      rows.tokens.back().token.last_used = kNever;
      return rows.tokens.back().token;
    });
  }
  Result<ShownToken> Find(const std::string& hash) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<ShownToken> {
      for (const FakeToken& one : rows.tokens) {
        if (one.hash != hash) continue;
        const model::Token& token = one.token;
        return ShownToken{token, token.expires != kNever && token.expires <= now,
                          NotedLongAgo(token, now)};
      }
      return NotFound("there is no such token");
    });
  }
  Status NoteUse(const TokenId& id) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      model::Token* token = FindById(rows, id);
      if (token != nullptr && NotedLongAgo(*token, now)) token->last_used = now;
      return {};
    });
  }
  Result<std::vector<model::Token>> List(const UserId& user) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Token>> {
      std::vector<model::Token> own;
      for (auto one = rows.tokens.rbegin(); one != rows.tokens.rend(); ++one) {
        if (one->token.user == user) own.push_back(one->token);
      }
      return own;
    });
  }
  Status Revoke(const TokenId& id, const UserId& user) override {
    return rows_.Read([&](FakeState& rows, Time) -> Status {
      const model::Token* token = FindById(rows, id);
      const bool any = user.empty();
      if (token == nullptr || (!any && token->user != user)) return NoSuch("token", id.str());
      Drop(rows, [&](const FakeToken& one) { return one.token.id == id; });
      return {};
    });
  }

 private:
  static bool NotedLongAgo(const model::Token& token, Time now) {
    return token.last_used == kNever || now - token.last_used > kTokenUseNoted;
  }
  static model::Token* FindById(FakeState& rows, const TokenId& id) {
    for (FakeToken& one : rows.tokens) {
      if (one.token.id == id) return &one.token;
    }
    return nullptr;
  }
  // Those that `gone` names, and those that were made with them.
  template <class Gone>
  static void Drop(FakeState& rows, const Gone& gone) {
    std::set<TokenId> ids;
    for (size_t before = SIZE_MAX; before != ids.size();) {
      before = ids.size();
      for (const FakeToken& one : rows.tokens) {
        if (gone(one) || ids.contains(one.token.parent)) ids.insert(one.token.id);
      }
    }
    std::erase_if(rows.tokens, [&](const FakeToken& one) { return ids.contains(one.token.id); });
  }

  FakeRows& rows_;
};

class FakeAdmins final : public AdminStore {
 public:
  explicit FakeAdmins(FakeRows& rows) : rows_(rows) {}

  Result<bool> Grant(const UserId& user, const std::string& granted_by) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<bool> {
      const auto found = rows.users.find(user);
      if (found == rows.users.end()) return NoSuch("user", user.str());
      if (std::exchange(found->second.granted, true)) return false;
      rows.grants.push_back({user, found->second.name, granted_by, now});
      return true;
    });
  }
  Result<bool> Withdraw(const UserId& user) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<bool> {
      if (const auto found = rows.users.find(user); found != rows.users.end())
        found->second.granted = false;
      return std::erase_if(rows.grants,
                           [&](const model::AdminGrant& grant) { return grant.user == user; }) > 0;
    });
  }
  Result<std::vector<model::AdminGrant>> List() override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::AdminGrant>> {
      auto all = rows.grants;
      std::ranges::sort(all, {}, [](const model::AdminGrant& grant) { return Folded(grant); });
      return all;
    });
  }

 private:
  static std::string Folded(const model::AdminGrant& grant) {
    std::string name = grant.user_name;
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return name;
  }

  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<UserKeyStore> NewFakeUserKeys(FakeRows& rows) {
  return std::make_unique<FakeUserKeys>(rows);
}
std::unique_ptr<TokenStore> NewFakeTokens(FakeRows& rows) {
  return std::make_unique<FakeTokens>(rows);
}
std::unique_ptr<AdminStore> NewFakeAdmins(FakeRows& rows) {
  return std::make_unique<FakeAdmins>(rows);
}

}  // namespace ns::ports::testing
