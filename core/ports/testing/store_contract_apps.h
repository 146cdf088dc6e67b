// Included by store_contract.h: applications.
#pragma once

#include <atomic>
#include <thread>

#include "model/list_limits.h"
#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

TEST_P(StoreContract, App_InsertedThenRead_IsTheSame) {
  NewRepository();
  model::Application app = AppOf(1, IdOf<RepositoryId>(1));
  app.deploy_type = model::DeployType::kStatic;
  app.run = {"entry", "command", true, true, true, 1};
  app.artifact_path = "dist";
  app.spa = true;
  app.desired = model::DesiredState::kRunning;
  app.restart_nonce = 4;
  app.env = {{"B", Secret("x\ny"), model::EnvScope::kBoth, true, false},
             {"A", Secret(""), model::EnvScope::kBuild, false, true}};
  ASSERT_EQ(s.apps.Insert(app, nullptr), Status());
  const model::Application stored = s.apps.Get(app.id).value();
  EXPECT_NE(stored.created_at, kNever);
  EXPECT_EQ(stored.created_at, stored.updated_at);
  app.created_at = stored.created_at;
  app.updated_at = stored.updated_at;
  std::swap(app.env[0], app.env[1]);  // by key
  EXPECT_EQ(stored, app);
}

TEST_P(StoreContract, App_InsertedTwice_Exists) {
  const model::Application app = NewApp(1);
  EXPECT_EQ(s.apps.Insert(app, nullptr).code(), Code::kExists);
}

TEST_P(StoreContract, App_UnknownRepositoryOrOwner_IsRefusedWhole) {
  NewRepository();
  model::Application app = AppOf(1, IdOf<RepositoryId>(9));
  EXPECT_EQ(s.apps.Insert(app, nullptr).code(), Code::kNotFound);
  app.repository = IdOf<RepositoryId>(1);
  app.owners = {UserId("nobody")};
  EXPECT_EQ(s.apps.Insert(app, nullptr).code(), Code::kNotFound);
  EXPECT_THAT(s.apps.Index(kNobody, {}).value(), IsEmpty());
}

TEST_P(StoreContract, Apps_Listed_InOrderOfCreationWithoutEnvAndTombstones) {
  const model::Application three = NewApp(3), one = NewApp(1), two = NewApp(2);
  ASSERT_EQ(s.apps.SetEnv(one.id, {"A", Secret("1")}), Status());
  ASSERT_EQ(s.apps.MarkDeleted(two.id), Status());
  const auto all = s.apps.List().value();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0], three);
  EXPECT_EQ(all[1].id, one.id);
  EXPECT_THAT(all[1].env, IsEmpty());
  EXPECT_EQ(all[1].websites, one.websites);
  EXPECT_THAT(s.apps.Index(kNobody, {}).value(), SizeIs(3));
}

TEST_P(StoreContract, AppUpdate_ReplacesWhatAPersonMayEditAndNothingElse) {
  model::Application app = NewApp(1);
  ASSERT_EQ(s.apps.SetEnv(app.id, {"A", Secret("1")}), Status());
  ASSERT_EQ(s.repositories.SetCommits(IdOf<RepositoryId>(1), {{app.id, "main", kHashA}}, {}),
            Status());
  app = s.apps.Get(app.id).value();
  model::Application edit = app;
  edit.name = "renamed";
  edit.ref = "v2";
  edit.build = {"static-dockerfile", "{}"};
  edit.deploy_type = model::DeployType::kStatic;
  edit.artifact_path = "dist";
  edit.spa = true;
  edit.run.entrypoint = "/bin/x";
  edit.websites = {app.websites[1]};
  edit.ports = {{31000, 81, model::Protocol::kTcp}};
  edit.owners = {NewUser("carol").id};
  edit.commit = kHashB;
  edit.desired = model::DesiredState::kRunning;
  edit.strategy = model::Strategy::kRecreate;
  edit.env.clear();
  edit.target.generation = 99;
  ASSERT_EQ(s.apps.Update(edit, app.updated_at, nullptr), Status());
  const model::Application stored = s.apps.Get(app.id).value();
  EXPECT_GT(stored.updated_at, app.updated_at);
  edit.commit = kHashA;
  edit.desired = model::DesiredState::kStopped;
  edit.env = app.env;
  edit.target = app.target;
  edit.updated_at = stored.updated_at;
  EXPECT_EQ(stored, edit);
}

TEST_P(StoreContract, AppUpdate_WithVariables_IsWholeOrNothing) {
  const UserId alice = NewUser("alice").id;
  model::Application app = NewApp(1);
  ASSERT_EQ(s.apps.SetEnv(app.id, {"GOES", Secret("1")}), Status());
  ASSERT_EQ(s.apps.SetEnv(app.id, {"STAYS", Secret("2")}), Status());
  app = s.apps.Get(app.id).value();
  const EnvEdit edit = {{{"NEW", Secret("3"), model::EnvScope::kBoth, true}}, {"GOES", "NEVER"}};
  const auto refuse = [](const auto&) { return Invalid("no"); };
  EXPECT_EQ(s.apps.Update(app, app.updated_at, refuse, alice, edit).code(), Code::kInvalid);
  EXPECT_EQ(s.apps.Get(app.id).value(), app);
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr, alice, edit), Status());
  const model::Application stored = s.apps.Get(app.id).value();
  std::vector<std::string> keys;
  for (const model::EnvVar& variable : stored.env) keys.push_back(variable.key);
  EXPECT_THAT(keys, ::testing::IsSupersetOf({"NEW", "STAYS"}));
  EXPECT_THAT(keys, ::testing::Not(::testing::Contains("GOES")));
  for (const model::EnvVar& variable : stored.env) {
    if (variable.key == "NEW") {
      EXPECT_EQ(variable, edit.set[0]);
    }
  }
  std::vector<std::string> told;
  const EventPage page = s.events.After(EventScope::Of(app.id), "", 100).value();
  for (const model::Event& event : page.events) {
    if (event.actor == alice.str()) told.push_back(event.kind + " " + event.message);
  }
  EXPECT_THAT(told, ElementsAre("app.updated ", "app.env_set NEW", "app.env_deleted GOES"));
}

TEST_P(StoreContract, AppUpdate_OfAnOlderReading_IsStale) {
  const model::Application app = NewApp(1);
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status());
  EXPECT_EQ(s.apps.Update(app, app.updated_at, nullptr).code(), Code::kStale);
  EXPECT_EQ(s.apps.Update(app, kNever, nullptr).code(), Code::kStale);
}

TEST_P(StoreContract, App_Missing_NotFound) {
  NewApp(2);
  model::Application app = AppOf(1, IdOf<RepositoryId>(1));
  EXPECT_EQ(s.apps.Get(app.id).status().code(), Code::kNotFound);
  EXPECT_EQ(s.apps.Update(app, kNever, nullptr).code(), Code::kNotFound);
  EXPECT_EQ(s.apps.SetEnv(app.id, {"A", Secret("1")}).code(), Code::kNotFound);
  EXPECT_EQ(s.apps.DeleteEnv(app.id, "A").code(), Code::kNotFound);
  EXPECT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, false).code(),
            Code::kNotFound);
  EXPECT_EQ(s.apps.MarkDeleted(app.id).code(), Code::kNotFound);
}

TEST_P(StoreContract, HoldingCheck_SeesEveryOtherLiveApplication) {
  const model::Application one = NewApp(1), two = NewApp(2), gone = NewApp(3);
  ASSERT_EQ(s.apps.MarkDeleted(gone.id), Status());
  std::vector<Holding> seen;
  const auto check = [&](const std::vector<Holding>& others) {
    seen = others;
    return Status(Code::kExists, "taken");
  };
  EXPECT_EQ(s.apps.Update(one, one.updated_at, check), Status(Code::kExists, "taken"));
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].app, two.id);
  EXPECT_EQ(seen[0].owners, two.owners);
  EXPECT_EQ(seen[0].websites, two.websites);
  EXPECT_EQ(seen[0].ports, two.ports);
  EXPECT_EQ(s.apps.Get(one.id).value(), one);
  EXPECT_EQ(s.apps.Insert(AppOf(4, one.repository), check).code(), Code::kExists);
  EXPECT_THAT(seen, SizeIs(2));
  EXPECT_EQ(s.apps.Get(IdOf<AppId>(4)).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, AddressOrPort_OfAnotherApplication_IsRefusedWithoutACheckToo) {
  const model::Application one = NewApp(1);
  model::Application two = AppOf(2, one.repository);
  two.websites[0].fqdn = one.websites[0].fqdn;
  EXPECT_EQ(s.apps.Insert(two, nullptr).code(), Code::kExists);
  two.websites[0].https = true;  // the other scheme
  EXPECT_EQ(s.apps.Insert(two, nullptr), Status());
  model::Application three = AppOf(3, one.repository);
  three.ports = {{30001, 9, model::Protocol::kUdp}};
  EXPECT_EQ(s.apps.Insert(three, nullptr).code(), Code::kExists);
}

TEST_P(StoreContract, Tombstone_FreesItsAddressesAtOnce) {
  const model::Application one = NewApp(1);
  ASSERT_EQ(s.apps.MarkDeleted(one.id), Status());
  model::Application two = AppOf(2, one.repository);
  two.websites[0].fqdn = one.websites[0].fqdn;
  two.ports = one.ports;
  EXPECT_EQ(s.apps.Insert(two, nullptr), Status());
  EXPECT_TRUE(s.apps.Get(one.id)->deleted);
}

TEST_P(StoreContract, Tombstone_CannotBeEdited) {
  const model::Application app = NewApp(1);
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  EXPECT_EQ(s.apps.Update(app, s.apps.Get(app.id)->updated_at, nullptr).code(), Code::kNotFound);
  EXPECT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, true).code(), Code::kNotFound);
  EXPECT_EQ(s.apps.MarkDeleted(app.id).code(), Code::kNotFound);
}

TEST_P(StoreContract, MarkDeleted_WhileItShallRun_IsRefused) {
  const model::Application app = NewApp(1);
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, false), Status());
  EXPECT_EQ(s.apps.MarkDeleted(app.id).code(), Code::kPrecondition);
  EXPECT_FALSE(s.apps.Get(app.id)->deleted);
}

TEST_P(StoreContract, SetDesired_WithRestart_RaisesTheNonce) {
  const model::Application app = NewApp(1);
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, true), Status());
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, false), Status());
  const model::Application stored = s.apps.Get(app.id).value();
  EXPECT_EQ(stored.desired, model::DesiredState::kRunning);
  EXPECT_GT(stored.restart_nonce, 1'000'000'000'000)
      << "a moment, no count: a restored database counts again";
  EXPECT_GT(stored.updated_at, app.updated_at);
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, true), Status());
  EXPECT_GT(s.apps.Get(app.id)->restart_nonce, stored.restart_nonce);
}

TEST_P(StoreContract, Env_SetTwiceAndDeleted) {
  const model::Application app = NewApp(1);
  const std::string odd = std::string("a\0b", 3) + "\xff";
  ASSERT_EQ(s.apps.SetEnv(app.id, {"B", Secret("1")}), Status());
  ASSERT_EQ(s.apps.SetEnv(app.id, {"A", Secret("2")}), Status());
  ASSERT_EQ(s.apps.SetEnv(app.id, {"B", Secret(odd), model::EnvScope::kBuild, true, true}),
            Status());
  EXPECT_THAT(s.apps.Get(app.id)->env,
              ElementsAre(model::EnvVar{"A", Secret("2")},
                          model::EnvVar{"B", Secret(odd), model::EnvScope::kBuild, true, true}));
  ASSERT_EQ(s.apps.DeleteEnv(app.id, "A"), Status());
  EXPECT_EQ(s.apps.DeleteEnv(app.id, "A").code(), Code::kNotFound);
  EXPECT_THAT(s.apps.Get(app.id)->env, SizeIs(1));
}

TEST_P(StoreContract, Updates_OfOneReadingAtOnce_OneWins) {
  const model::Application app = NewApp(1);
  std::atomic<int> won{0}, stale{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        const Status status =
            s.apps.Update(app, app.updated_at, [](const auto&) { return Status(); });
        (status.ok() ? won : stale) += status.ok() || status.code() == Code::kStale ? 1 : 100;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(stale, 5);
}

TEST_P(StoreContract, Inserts_OfOneAddressAtOnce_OneWins) {
  NewRepository();
  std::atomic<int> won{0};
  std::vector<model::Application> apps;
  for (int i = 1; i <= 6; ++i) {
    apps.push_back(AppOf(i, IdOf<RepositoryId>(1)));
    apps.back().websites[0].fqdn = "same.example.com";
  }
  const auto check = [](const std::vector<Holding>& others) {
    for (const Holding& other : others) {
      if (other.websites[0].fqdn == "same.example.com") return Status(Code::kExists, "taken");
    }
    return Status();
  };
  {
    std::vector<std::jthread> threads;
    for (const model::Application& app : apps) {
      threads.emplace_back([&] { won += s.apps.Insert(app, check).ok() ? 1 : 0; });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_THAT(s.apps.Index(kNobody, {}).value(), SizeIs(1));
}

// K0, K1, ...
inline EnvEdit Variables(size_t count) {
  EnvEdit edit;
  for (size_t i = 0; i < count; ++i) edit.set.push_back({"K" + std::to_string(i), Secret("1")});
  return edit;
}

TEST_P(StoreContract, Env_OneMoreThanThereMayBe_IsRefusedWhole) {
  const AppId id = NewApp(1).id;
  model::Application app = s.apps.Get(id).value();
  ASSERT_EQ(
      s.apps.Update(app, app.updated_at, nullptr, kPlatform, Variables(model::kMostVariables)),
      Status());
  ASSERT_EQ(s.apps.SetEnv(id, {"NS", Secret("1"), model::EnvScope::kRun, false, true}), Status());
  app = s.apps.Get(id).value();
  const Status refused = s.apps.SetEnv(id, {"MORE", Secret("1")});
  EXPECT_EQ(refused.code(), Code::kExhausted);
  EXPECT_EQ(refused.reason(), "TooManyVariables");
  EXPECT_EQ(s.apps.Get(id).value(), app);
  EXPECT_EQ(s.apps.SetEnv(id, {"K0", Secret("2")}), Status()) << "one that is there";
  ASSERT_EQ(s.apps.DeleteEnv(id, "K1"), Status());
  EXPECT_EQ(s.apps.SetEnv(id, {"MORE", Secret("1")}), Status());

  // As an installation from before there was a limit may have.
  app = s.apps.Get(id).value();
  ASSERT_EQ(
      s.apps.Update(app, app.updated_at, nullptr, kPlatform, Variables(model::kMostVariables + 5)),
      Status());
  EXPECT_EQ(s.apps.SetEnv(id, {"K2", Secret("2")}), Status());
  EXPECT_EQ(s.apps.SetEnv(id, {"OTHER", Secret("1")}).code(), Code::kExhausted);
}

TEST_P(StoreContract, Env_LastThatThereMayBe_SetAtOnce_OneWins) {
  const AppId id = NewApp(1).id;
  model::Application app = s.apps.Get(id).value();
  ASSERT_EQ(
      s.apps.Update(app, app.updated_at, nullptr, kPlatform, Variables(model::kMostVariables - 1)),
      Status());
  app = s.apps.Get(id).value();
  std::atomic<int> won{0}, refused{0};
  std::vector<std::jthread> threads;
  // They all wait for the row, which an update holds: what one looked at before it had the row
  // would be old.
  const auto start = [&](const std::vector<Holding>&) {
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        const Status status = s.apps.SetEnv(id, {"LAST" + std::to_string(i), Secret("1")});
        (status.ok() ? won : refused) += status.ok() || status.code() == Code::kExhausted ? 1 : 100;
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return Status();
  };
  ASSERT_EQ(s.apps.Update(app, app.updated_at, start), Status());
  threads.clear();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 5);
  EXPECT_THAT(s.apps.Get(id)->env, SizeIs(model::kMostVariables));
}

TEST_P(StoreContract, Hints_OfWhatPeopleChange) {
  NewRepository();
  const model::Application app = AppOf(1, IdOf<RepositoryId>(1));
  EXPECT_THAT(HintsOf([&] { (void)s.apps.Insert(app, nullptr); }),
              UnorderedElementsAre(AppHint(1), RepositoryHint(1)));
  EXPECT_THAT(HintsOf([&] {
                (void)s.apps.SetEnv(app.id, {"A", Secret("1")});
              }),
              ElementsAre(AppHint(1)));
  EXPECT_THAT(
      HintsOf([&] { (void)s.apps.SetDesired(app.id, model::DesiredState::kRunning, false); }),
      ElementsAre(AppHint(1)));
  EXPECT_THAT(
      HintsOf([&] {
        (void)s.repositories.SetCommits(IdOf<RepositoryId>(1), {{app.id, "main", kHashA}}, {});
      }),
      ElementsAre(AppHint(1)));
  EXPECT_THAT(
      HintsOf([&] {
        (void)s.repositories.SetCommits(IdOf<RepositoryId>(1), {{app.id, "main", kHashA}}, {});
      }),
      IsEmpty());
  model::Application edit = s.apps.Get(app.id).value();
  EXPECT_THAT(HintsOf([&] { (void)s.apps.Update(edit, edit.updated_at, nullptr); }),
              ElementsAre(AppHint(1)));
  edit = s.apps.Get(app.id).value();
  edit.ref = "v2";
  EXPECT_THAT(HintsOf([&] { (void)s.apps.Update(edit, edit.updated_at, nullptr); }),
              UnorderedElementsAre(AppHint(1), RepositoryHint(1)));
  EXPECT_THAT(HintsOf([&] { (void)s.apps.DeleteEnv(app.id, "MISSING"); }), IsEmpty());
}

}  // namespace ns::ports::testing
