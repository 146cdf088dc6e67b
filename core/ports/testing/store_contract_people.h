// Included by store_contract.h: events, conditions, users, hosts.
#pragma once

#include <set>
#include <thread>

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

TEST_P(StoreContract, Events_OfOneSubject_OldestFirstAfterTheCursor) {
  model::Event event;
  event.subject = model::Subject::kRepository;
  event.actor = "platform";
  event.reason = "Reason";
  event.message = "a \"message\"";
  event.data = R"({"n":1})";
  for (int n = 1; n <= 4; ++n) {
    event.kind = "kind" + std::to_string(n);
    event.subject_id = n == 2 ? "other" : "one";
    ASSERT_EQ(s.events.Append(event), Status());
  }
  const auto all = s.events.List(model::Subject::kRepository, "one", 0, 10).value();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_LT(all[0].cursor, all[1].cursor);
  EXPECT_LT(all[1].cursor, all[2].cursor);
  EXPECT_NE(all[0].at, kNever);
  event.kind = "kind1";
  event.cursor = all[0].cursor;
  event.at = all[0].at;
  event.subject_id = "one";
  EXPECT_EQ(all[0], event);
  const auto later = s.events.List(model::Subject::kRepository, "one", all[0].cursor, 1).value();
  ASSERT_THAT(later, SizeIs(1));
  EXPECT_EQ(later[0].kind, "kind3");
  EXPECT_THAT(s.events.List(model::Subject::kApplication, "one", 0, 10).value(), IsEmpty());
}

TEST_P(StoreContract, Events_AppendedAtOnce_AreSeenByAReaderThatFollowsTheCursor) {
  std::set<std::string> seen;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        model::Event event;
        event.subject_id = "one";
        event.actor = "platform";
        for (int n = 0; n < 25; ++n) {
          event.kind = std::to_string(t) + "." + std::to_string(n);
          EXPECT_EQ(s.events.Append(event), Status());
        }
      });
    }
    int64_t cursor = 0;
    for (int reads = 0; seen.size() < 100 && reads < 2000; ++reads) {
      const auto page = s.events.List(model::Subject::kApplication, "one", cursor, 10).value();
      for (const auto& event : page) {
        seen.insert(event.kind);
        cursor = event.cursor;
      }
    }
    for (auto& thread : threads) thread.join();
    const auto rest = s.events.List(model::Subject::kApplication, "one", cursor, 1000).value();
    for (const auto& event : rest) seen.insert(event.kind);
  }
  EXPECT_THAT(seen, SizeIs(100)) << "none is passed over";
}

TEST_P(StoreContract, Conditions_KeepSinceWhileOkAndReasonStay) {
  const model::Application app = NewApp(1);
  const auto set = [&](bool ok, const std::string& reason, const std::string& message) {
    under_test_->Advance(2ms);
    EXPECT_EQ(s.events.SetConditions(model::Subject::kApplication, app.id.str(),
                                     {{"Build", ok, reason, message, kNever, kNever, kNever}}),
              Status());
    return s.events.Conditions(model::Subject::kApplication, app.id.str())->front();
  };
  const model::Condition first = set(false, "Waiting", "one");
  EXPECT_NE(first.since, kNever);
  EXPECT_EQ(first.since, first.last_looked);
  const model::Condition second = set(false, "Waiting", "two");
  EXPECT_EQ(second.since, first.since);
  EXPECT_GT(second.last_looked, first.last_looked);
  EXPECT_EQ(second.message, "two");
  EXPECT_GT(set(false, "Failed", "two").since, first.since);
  const model::Condition ok = set(true, "Failed", "two");
  EXPECT_EQ(ok.since, ok.last_looked);
}

TEST_P(StoreContract, Conditions_UpsertByType) {
  const model::Application app = NewApp(1);
  ASSERT_EQ(s.events.SetConditions(model::Subject::kApplication, app.id.str(),
                                   {{"Source", true, "A", "a", kNever, kNever, kNever},
                                    {"Build", true, "B", "", kNever, kNever, kNever}}),
            Status());
  ASSERT_EQ(s.events.SetConditions(model::Subject::kApplication, app.id.str(),
                                   {{"Build", false, "C", "", kNever, kNever, kNever}}),
            Status());
  ASSERT_EQ(s.events.SetConditions(model::Subject::kApplication, app.id.str(), {}), Status());
  const auto all = s.events.Conditions(model::Subject::kApplication, app.id.str()).value();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].type, "Build");
  EXPECT_EQ(all[0].reason, "C");
  EXPECT_EQ(all[1].type, "Source");
  EXPECT_EQ(all[1].next_look, kNever);
}

TEST_P(StoreContract, Conditions_OfWhatIsNotThere_NotFound) {
  NewApp(1);
  for (const auto subject :
       {model::Subject::kApplication, model::Subject::kRepository, model::Subject::kBuild}) {
    EXPECT_EQ(s.events.SetConditions(subject, IdOf<AppId>(99).str(), {}).code(), Code::kNotFound);
  }
  EXPECT_EQ(s.events.SetConditions(model::Subject::kRepository, IdOf<RepositoryId>(1).str(), {}),
            Status());
}

TEST_P(StoreContract, User_EnsuredTwice_IsOneWhateverTheCase) {
  const model::User made = s.users.Ensure("Alice", false).value();
  EXPECT_EQ(made.name, "Alice");
  EXPECT_FALSE(made.admin);
  EXPECT_TRUE(IsId(made.id.str()));
  EXPECT_EQ(s.users.Ensure("aLICE", false).value(), made);
  EXPECT_TRUE(s.users.Ensure("alice", true)->admin);
  EXPECT_TRUE(s.users.Ensure("alice", false)->admin) << "false takes nothing away";
  EXPECT_EQ(s.users.Get(made.id)->name, "Alice");
  EXPECT_EQ(s.users.Get(UserId("x")).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, Users_EnsuredAtOnce_AreOne) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] { EXPECT_TRUE(s.users.Ensure("bob", false).ok()); });
  }
  EXPECT_THAT(s.users.List().value(), SizeIs(1));
}

TEST_P(StoreContract, Users_Listed_ByName) {
  for (const char* name : {"carol", "Bob", "alice"}) NewUser(name);
  const auto all = s.users.List().value();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].name, "alice");
  EXPECT_EQ(all[1].name, "Bob");
  EXPECT_EQ(all[2].name, "carol");
}

TEST_P(StoreContract, Key_OfItsUserUntilItExpires) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  model::SshKey key{IdOf<KeyId>(1), alice, "ssh-ed25519 AAAA", Secret("-----BEGIN\nKEY"),
                    Time(std::chrono::hours(24 * 365 * 200))};
  ASSERT_EQ(s.users.SaveKey(key), Status());
  EXPECT_EQ(s.users.Key(key.id, alice).value(), key);
  EXPECT_EQ(s.users.Key(key.id, bob).status().code(), Code::kNotFound);
  key.id = IdOf<KeyId>(2);
  key.expires = Time(std::chrono::hours(1));
  ASSERT_EQ(s.users.SaveKey(key), Status());
  EXPECT_EQ(s.users.Key(key.id, alice).status().code(), Code::kNotFound);
  key.user = UserId("nobody");
  EXPECT_EQ(s.users.SaveKey(key).code(), Code::kNotFound);
}

TEST_P(StoreContract, Keys_OfOneUser_TheNewestAreKept) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  const auto save = [&](int n, const UserId& user) {
    return s.users.SaveKey({IdOf<KeyId>(n), user, "ssh-ed25519 AAAA", Secret("KEY"),
                            Time(std::chrono::hours(24 * 365 * 200) + n * 1h)});
  };
  constexpr int kMore = 3;
  ASSERT_EQ(save(100, bob), Status());
  for (int n = 1; n <= kGeneratedKeysKept + kMore; ++n) ASSERT_EQ(save(n, alice), Status());
  ASSERT_EQ(save(kMore + 1, alice), Status()) << "again";
  for (int n = 1; n <= kGeneratedKeysKept + kMore; ++n)
    EXPECT_EQ(s.users.Key(IdOf<KeyId>(n), alice).ok(), n > kMore) << n;
  EXPECT_TRUE(s.users.Key(IdOf<KeyId>(100), bob).ok());
  EXPECT_EQ(save(200, UserId("nobody")).code(), Code::kNotFound);
}

TEST_P(StoreContract, Host_BeatThenListed_IsTheSameWithItsPlugins) {
  model::Host host{IdOf<HostId>(1),    "machine/1", {"controller", "builder"},
                   "unix:/run/x.sock", {},          3,
                   {"runtime-cmd"},    kNever};
  host.plugins = {{"docker", "backend-docker", "ns.backend/1", "0.1.0", true, true, "", "",
                   R"({"type":"object"})", R"({"type":"array"})"},
                  {"engine", "engine-docker", "", "", false, false, "Missing",
                   "there is no such file: install it", ""}};
  host.figures = {"loop_passes/starter=1", "loop_failures/starter=0"};
  ASSERT_THAT(s.hosts.Beat(host, 1min).value(), ElementsAre(host.id));
  auto all = s.hosts.List(1min).value();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_NE(all[0].last_seen, kNever);
  host.last_seen = all[0].last_seen;
  EXPECT_EQ(all[0], host);

  under_test_->Advance(2ms);
  host.plugins.erase(host.plugins.begin());
  host.plugins[0].healthy = true;
  host.roles.clear();
  host.figures = {"loop_passes/starter=2"};
  ASSERT_THAT(s.hosts.Beat(host, 1min).value(), ElementsAre(host.id));
  all = s.hosts.List(1min).value();
  EXPECT_GT(all[0].last_seen, host.last_seen);
  host.last_seen = all[0].last_seen;
  EXPECT_EQ(all[0], host);
}

TEST_P(StoreContract, Hosts_Listed_WhileSeenOrUntilTheyLeave) {
  Beat(1);
  under_test_->Advance(60ms);
  Beat(2);
  EXPECT_THAT(s.hosts.List(1h).value(), SizeIs(2));
  const auto fresh = s.hosts.List(50ms).value();
  for (const auto& host : fresh) EXPECT_NE(host.id, IdOf<HostId>(1));
  ASSERT_EQ(s.hosts.Leave(IdOf<HostId>(1)), Status());
  ASSERT_EQ(s.hosts.Leave(IdOf<HostId>(1)), Status());
  EXPECT_THAT(s.hosts.List(1h).value(), SizeIs(1));
}

TEST_P(StoreContract, Hint_Sent_ReachesSubscribers) {
  const Hint hint{Hint::Kind::kRepository, "one"};
  EXPECT_THAT(HintsOf([&] { EXPECT_EQ(s.hints.Send(hint), Status()); }), ElementsAre(hint));
}

}  // namespace ns::ports::testing
