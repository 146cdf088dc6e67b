// Included by store_contract.h: keys, tokens and admins.
#pragma once

#include <algorithm>
#include <thread>

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class IdentityContract : public StoreContract {
 protected:
  model::UserKey NewKey(int n, const UserId& user, const std::string& line) {
    return {IdOf<KeyId>(n), user, "laptop", line, kNever};
  }
  model::Token TokenOf(int n, const UserId& user) {
    model::Token token;
    token.id = IdOf<TokenId>(n);
    token.user = user;
    token.name = "ci";
    token.scope = model::TokenScope::kDeploy;
    return token;
  }
  // Does it several times at once, with 0, 1, ...: one succeeds. What refuses the others.
  static Status OneOfManyAtOnce(const std::function<Status(int)>& act) {
    std::vector<Status> answers(6);
    {
      std::vector<std::jthread> threads;
      for (int n = 0; n < 6; ++n)
        threads.emplace_back([&, n] { answers[static_cast<size_t>(n)] = act(n); });
    }
    const auto won = std::ranges::find(answers, Status());
    EXPECT_NE(won, answers.end());
    if (won != answers.end()) answers.erase(won);
    for (const Status& answer : answers) EXPECT_EQ(answer, answers[0]);
    return answers[0];
  }
};

TEST_P(IdentityContract, UserKeys_AreTheirUsersAlone) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  model::UserKey key = s.user_keys.Add(NewKey(1, alice, "ssh-ed25519 AAAA")).value();
  EXPECT_NE(key.created, kNever);
  under_test_->Advance(2ms);
  ASSERT_TRUE(s.user_keys.Add(NewKey(2, alice, "ssh-ed25519 BBBB")).ok());
  const auto all = s.user_keys.List(alice).value();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0], key);
  EXPECT_EQ(all[1].id, IdOf<KeyId>(2));
  EXPECT_THAT(s.user_keys.List(bob).value(), IsEmpty());
  EXPECT_EQ(s.user_keys.Remove(key.id, bob).code(), Code::kNotFound);
  EXPECT_EQ(s.user_keys.Remove(key.id, alice), Status());
  EXPECT_EQ(s.user_keys.Remove(key.id, alice).code(), Code::kNotFound);
  EXPECT_THAT(s.user_keys.List(alice).value(), SizeIs(1));
}

TEST_P(IdentityContract, UserKey_OfAnybodyTwice_Exists) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  ASSERT_TRUE(s.user_keys.Add(NewKey(1, alice, "ssh-ed25519 AAAA")).ok());
  EXPECT_EQ(s.user_keys.Add(NewKey(2, alice, "ssh-ed25519 AAAA")).status().code(), Code::kExists);
  EXPECT_EQ(s.user_keys.Add(NewKey(3, bob, "ssh-ed25519 AAAA")).status().code(), Code::kExists);
  EXPECT_EQ(s.user_keys.Add(NewKey(4, UserId("nobody"), "ssh-ed25519 CCCC")).status().code(),
            Code::kNotFound);
}

TEST_P(IdentityContract, UserKeys_OneMoreThanThereMayBe_IsRefused_AtOnceToo) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  const auto add = [&](int n, const UserId& user) {
    return s.user_keys.Add(NewKey(n, user, "ssh-ed25519 K" + std::to_string(n))).status();
  };
  for (int n = 1; n < kMostUserKeys; ++n) ASSERT_EQ(add(n, alice), Status());
  EXPECT_EQ(OneOfManyAtOnce([&](int n) { return add(1000 + n, alice); }), TooManyKeys());
  EXPECT_THAT(s.user_keys.List(alice).value(), SizeIs(kMostUserKeys));
  EXPECT_EQ(add(2000, bob), Status());
  ASSERT_EQ(s.user_keys.Remove(IdOf<KeyId>(1), alice), Status());
  EXPECT_EQ(add(1, alice), Status());
  EXPECT_EQ(add(2, alice), TooManyKeys()) << "whether there is such a key or not";
}

TEST_P(IdentityContract, Tokens_OneMoreThanThereMayBe_IsRefused_AtOnceToo) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  const auto insert = [&](int n, const UserId& user, Time expires = kNever) {
    model::Token token = TokenOf(n, user);
    token.expires = expires;
    return s.tokens.Insert(token, "hash" + std::to_string(n)).status();
  };
  const Time future(std::chrono::hours(24 * 365 * 200));
  for (int n = 1; n < kMostTokens; ++n)
    ASSERT_EQ(insert(n, alice, n % 2 == 0 ? future : kNever), Status());
  ASSERT_EQ(insert(500, alice, Time(1h)), Status()) << "one that has expired does not count";
  EXPECT_EQ(OneOfManyAtOnce([&](int n) { return insert(1000 + n, alice); }), TooManyTokens());
  EXPECT_EQ(insert(2000, bob), Status());
  ASSERT_EQ(s.tokens.Revoke(IdOf<TokenId>(1), alice), Status());
  EXPECT_EQ(insert(1, alice), Status());
  EXPECT_EQ(insert(3000, alice), TooManyTokens());
}

TEST_P(IdentityContract, Token_IsFoundByItsHashUntilRevoked) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  model::Token given = TokenOf(1, alice);
  given.limited = true;
  given.apps = {IdOf<AppId>(8), IdOf<AppId>(9)};
  const model::Token made = s.tokens.Insert(given, kHashA).value();
  EXPECT_NE(made.created, kNever);
  given.created = made.created;
  EXPECT_EQ(made, given);
  const ShownToken shown = s.tokens.Find(kHashA).value();
  EXPECT_EQ(shown.token, made);
  EXPECT_FALSE(shown.expired);
  EXPECT_EQ(s.tokens.Find(kHashB).status().code(), Code::kNotFound);
  EXPECT_THAT(s.tokens.List(alice).value(), ElementsAre(made));
  EXPECT_THAT(s.tokens.List(bob).value(), IsEmpty());
  EXPECT_EQ(s.tokens.Revoke(made.id, bob).code(), Code::kNotFound);
  EXPECT_EQ(s.tokens.Revoke(made.id, alice), Status());
  EXPECT_EQ(s.tokens.Revoke(made.id, alice).code(), Code::kNotFound);
  EXPECT_EQ(s.tokens.Revoke(made.id, UserId()).code(), Code::kNotFound);
  EXPECT_EQ(s.tokens.Find(kHashA).status().code(), Code::kNotFound);
}

TEST_P(IdentityContract, Token_ExpiresByTheStoresClock) {
  const UserId alice = NewUser("alice").id;
  model::Token past = TokenOf(1, alice), future = TokenOf(2, alice);
  past.expires = Time(std::chrono::hours(1));
  future.expires = Time(std::chrono::hours(24 * 365 * 200));
  future.parent = past.id;
  EXPECT_EQ(s.tokens.Insert(future, "early").status().code(), Code::kNotFound);
  ASSERT_TRUE(s.tokens.Insert(past, kHashA).ok());
  EXPECT_TRUE(s.tokens.Find(kHashA)->expired);
  future.parent = TokenId();
  ASSERT_TRUE(s.tokens.Insert(future, kHashB).ok());
  EXPECT_FALSE(s.tokens.Find(kHashB)->expired);
  EXPECT_EQ(s.tokens.Find(kHashA).status().code(), Code::kNotFound)
      << "one expired for so long is forgotten by the next";
}

TEST_P(IdentityContract, Token_UseIsNotedOnceAWhile) {
  const UserId alice = NewUser("alice").id;
  ASSERT_TRUE(s.tokens.Insert(TokenOf(1, alice), kHashA).ok());
  EXPECT_TRUE(s.tokens.Find(kHashA)->note_use);
  ASSERT_EQ(s.tokens.NoteUse(IdOf<TokenId>(1)), Status());
  const ShownToken used = s.tokens.Find(kHashA).value();
  EXPECT_NE(used.token.last_used, kNever);
  EXPECT_FALSE(used.note_use);
  under_test_->Advance(2ms);
  ASSERT_EQ(s.tokens.NoteUse(IdOf<TokenId>(1)), Status());
  EXPECT_EQ(s.tokens.Find(kHashA)->token.last_used, used.token.last_used);
  EXPECT_EQ(s.tokens.NoteUse(IdOf<TokenId>(9)), Status());
}

TEST_P(IdentityContract, RevokedToken_TakesThoseMadeWithItAlong) {
  const UserId alice = NewUser("alice").id;
  for (int n = 1; n <= 3; ++n) {
    model::Token token = TokenOf(n, alice);
    if (n > 1) token.parent = IdOf<TokenId>(n - 1);
    ASSERT_TRUE(s.tokens.Insert(token, "hash" + std::to_string(n)).ok());
    under_test_->Advance(2ms);
  }
  ASSERT_TRUE(s.tokens.Insert(TokenOf(4, alice), "hash4").ok());
  EXPECT_EQ(s.tokens.List(alice)->front().id, IdOf<TokenId>(4));
  ASSERT_EQ(s.tokens.Revoke(IdOf<TokenId>(1), alice), Status());
  const auto left = s.tokens.List(alice).value();
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].id, IdOf<TokenId>(4));
  EXPECT_EQ(s.tokens.Revoke(IdOf<TokenId>(4), UserId()), Status()) << "whosever it is";
  EXPECT_THAT(s.tokens.List(alice).value(), IsEmpty());
}

TEST_P(IdentityContract, Admins_AreGrantedAndWithdrawn) {
  const model::User alice = NewUser("alice"), bob = NewUser("Bob");
  EXPECT_FALSE(alice.granted);
  EXPECT_TRUE(s.admins.Grant(bob.id, "root@local").value());
  EXPECT_TRUE(s.admins.Grant(alice.id, "root@local").value());
  EXPECT_FALSE(s.admins.Grant(alice.id, "bob").value());
  EXPECT_TRUE(s.users.Ensure("ALICE", false)->granted);
  EXPECT_TRUE(s.users.Get(bob.id)->granted);
  EXPECT_FALSE(s.users.Get(bob.id)->admin) << "a claim is something else";
  const auto all = s.admins.List().value();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].user, alice.id);
  EXPECT_EQ(all[0].user_name, "alice");
  EXPECT_EQ(all[0].granted_by, "root@local");
  EXPECT_NE(all[0].granted_at, kNever);
  EXPECT_TRUE(s.admins.Withdraw(alice.id).value());
  EXPECT_FALSE(s.admins.Withdraw(alice.id).value());
  EXPECT_FALSE(s.users.Get(alice.id)->granted);
  EXPECT_FALSE(s.users.Ensure("new", true)->granted);
  EXPECT_EQ(s.admins.Grant(UserId("nobody"), "bob").status().code(), Code::kNotFound);
}

TEST_P(IdentityContract, Users_SeenFirstByManyAtOnce_AreOneEach) {
  std::vector<std::vector<UserId>> seen(8);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < 20; ++n) {
          const std::string name = (t % 2 == 0 ? "User" : "uSER") + std::to_string(n);
          seen[t].push_back(s.users.Ensure(name, t == 3)->id);
        }
      });
    }
  }
  for (const auto& ids : seen) EXPECT_EQ(ids, seen[0]);
  EXPECT_THAT(s.users.List().value(), SizeIs(20));
}

}  // namespace ns::ports::testing
