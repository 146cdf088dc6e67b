// How long the lists of a request may be: as long as that are taken whole, longer ones are refused
// before their entries cost anything.
#include "model/list_limits.h"
#include "api/applications_world.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "ports/testing/store_with.h"

namespace ns::api {
namespace {

constexpr int kFlood = 20'000;

// Counts who is looked for.
class CountingUsers final : public ports::UserStore {
 public:
  explicit CountingUsers(ports::UserStore& inner) : inner_(inner) {}
  Result<model::User> Ensure(const std::string& name, bool admin) override {
    return inner_.Ensure(name, admin);
  }
  Result<model::User> Get(const UserId& id) override {
    ++gets;
    return inner_.Get(id);
  }
  Result<std::vector<model::User>> List() override { return inner_.List(); }
  Status SaveKey(const model::SshKey& key) override { return inner_.SaveKey(key); }
  Result<model::SshKey> Key(const KeyId& id, const UserId& user) override {
    return inner_.Key(id, user);
  }
  int gets = 0;

 private:
  ports::UserStore& inner_;
};

// Lists of which no two entries are alike; whether they are right is the same for each.
template <class Websites>
void FillWebsites(int count, const std::string& domain, Websites* out) {
  for (int i = 0; i < count; ++i) out->Add()->set_fqdn("w" + std::to_string(i) + domain);
}
template <class Ports>
void FillPorts(int count, int first, Ports* out) {
  for (int i = 0; i < count; ++i) {
    auto* port = out->Add();
    port->set_internet_port(first + i);
    port->set_application_port(80);
  }
}
void FillEnv(int count, const std::string& prefix, own_pb::ApplicationForm& form) {
  for (int i = 0; i < count; ++i) {
    auto* variable = form.add_env();
    variable->set_key(prefix + std::to_string(i));
    variable->set_value("v");
  }
}

// How many bytes were drawn of `to` since it was `from`: at most `most` are counted.
int BytesDrawn(SeededRandom from, const SeededRandom& to, int most) {
  for (int drawn = 0; drawn < most; ++drawn) {
    SeededRandom here = from, there = to;
    if (here.Next() == there.Next()) return drawn;
    uint8_t byte = 0;
    from.Fill({&byte, 1});
  }
  return most;
}

class ListLimitsTest : public ApplicationsWorld {
 protected:
  void SetUp() override {
    Settings settings = TestSettings();
    settings.platform.ports = {{model::Protocol::kTcp, 9000, 9999}};
    RemakeDispatcher(std::move(settings), ports::testing::With(store.store(), {.users = &users}));
    ApplicationsWorld::SetUp();
    app = Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository))
              .value()
              .id();
  }
  std::vector<std::string> MakeUsers(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i)
      ids.push_back(store.store().users.Ensure("u" + std::to_string(i), false)->id.str());
    return ids;
  }
  Status Change(const own_pb::ApplicationForm& form) {
    own_pb::UpdateApplicationRequest in;
    in.set_application_id(app);
    *in.mutable_form() = form;
    return Sent<own_pb::UpdateApplicationResponse>(
               Named("alice"), std::string(kApplicationService) + "UpdateApplication", in)
        .status();
  }
  Status Set(const std::string& key) {
    api_pb::SetApplicationEnvVarRequest in;
    in.set_application_id(app);
    in.set_key(key);
    return Call(Named("alice"), "SetEnvVar", in).status();
  }
  model::Application Row() { return store.store().apps.Get(AppId(app)).value(); }

  // Refused for the list alone, with rule and value: no entry was looked at, no id was made but
  // that of the call, nobody was looked for.
  void ExpectTooLong(const std::string& field, size_t most, int has,
                     const std::function<Status()>& call) {
    const int gets = users.gets;
    const SeededRandom before = random;
    const Status refused = call();
    EXPECT_EQ(refused.code(), Code::kInvalid) << refused.ToString();
    EXPECT_EQ(refused.message(), field + ": must have at most " + std::to_string(most) +
                                     " entries, has " + std::to_string(has));
    EXPECT_EQ(FieldsOf(refused), Fields{field});
    EXPECT_EQ(users.gets, gets);
    EXPECT_LT(BytesDrawn(before, random, 100), 100) << "ids were made for entries";
  }

  CountingUsers users{store.store().users};
  std::string app;
};

TEST_F(ListLimitsTest, FullLists_AreTakenWhole) {
  own_pb::ApplicationForm form;
  FillWebsites(model::kMostWebsites, ".apps.test", form.mutable_websites());
  FillPorts(model::kMostPorts, 9000, form.mutable_port_publications());
  FillEnv(model::kMostVariables, "V", form);
  form.add_owner_ids(store.store().users.Ensure("alice", false)->id.str());
  for (const std::string& id : MakeUsers(model::kMostOwners - 1)) form.add_owner_ids(id);
  ASSERT_TRUE(Change(form).ok());
  EXPECT_EQ(Row().websites.size(), model::kMostWebsites);
  EXPECT_EQ(Row().ports.size(), model::kMostPorts);
  EXPECT_EQ(Row().env.size(), model::kMostVariables);
  EXPECT_EQ(Row().owners.size(), model::kMostOwners);

  *form.add_websites() = form.websites(0);
  *form.add_port_publications() = form.port_publications(0);
  *form.add_env() = form.env(0);
  const Status refused = Change(form);
  EXPECT_EQ(refused.code(), Code::kInvalid);
  EXPECT_EQ(FieldsOf(refused), (Fields{"form.websites", "form.port_publications", "form.env"}));
}

TEST_F(ListLimitsTest, OfTheOwnForm_AreCheckedBeforeTheirEntries) {
  own_pb::ApplicationForm form;
  FillWebsites(kFlood, ".elsewhere.test", form.mutable_websites());
  ExpectTooLong("form.websites", model::kMostWebsites, kFlood, [&] { return Change(form); });
  form.Clear();
  FillPorts(kFlood, 10'000, form.mutable_port_publications());
  ExpectTooLong("form.port_publications", model::kMostPorts, kFlood, [&] { return Change(form); });
  form.Clear();
  FillEnv(kFlood, "not a key ", form);
  ExpectTooLong("form.env", model::kMostVariables, kFlood, [&] { return Change(form); });
  form.Clear();
  for (int i = 0; i < kFlood; ++i) form.add_owner_ids("nobody");
  ExpectTooLong("form.owner_ids", model::kMostOwners, kFlood, [&] { return Change(form); });
  EXPECT_EQ(Row().websites.size(), 1U);
}

TEST_F(ListLimitsTest, OfThePublicApi_AreCheckedBeforeTheirEntries) {
  api_pb::CreateApplicationRequest made = NewApp(repository);
  made.clear_websites();
  FillWebsites(kFlood, ".elsewhere.test", made.mutable_websites());
  ExpectTooLong("websites", model::kMostWebsites, kFlood,
                [&] { return Call(Named("alice"), "CreateApplication", made).status(); });
  made.clear_websites();
  FillPorts(kFlood, 10'000, made.mutable_port_publications());
  ExpectTooLong("port_publications", model::kMostPorts, kFlood,
                [&] { return Call(Named("alice"), "CreateApplication", made).status(); });

  api_pb::UpdateApplicationRequest in = Update(app);
  const auto change = [&] { return Call(Named("alice"), "UpdateApplication", in).status(); };
  FillWebsites(kFlood, ".elsewhere.test", in.mutable_websites()->mutable_websites());
  ExpectTooLong("websites.websites", model::kMostWebsites, kFlood, change);
  in = Update(app);
  FillPorts(kFlood, 10'000, in.mutable_port_publications()->mutable_port_publications());
  ExpectTooLong("port_publications.port_publications", model::kMostPorts, kFlood, change);
  in = Update(app);
  for (int i = 0; i < kFlood; ++i) in.mutable_owner_ids()->add_owner_ids("nobody");
  ExpectTooLong("owner_ids.owner_ids", model::kMostOwners, kFlood, change);

  api_pb::UpdateRepositoryRequest of_repository;
  of_repository.set_id(repository);
  *of_repository.mutable_owner_ids()->mutable_owner_ids() = in.owner_ids().owner_ids();
  ExpectTooLong("owner_ids.owner_ids", model::kMostOwners, kFlood,
                [&] { return Call(Named("alice"), "UpdateRepository", of_repository).status(); });
}

TEST_F(ListLimitsTest, OwnerNamedAgainAndAgain_IsLookedForOnce) {
  const std::string alice = store.store().users.Ensure("alice", false)->id.str();
  api_pb::UpdateApplicationRequest in = Update(app);
  for (size_t i = 0; i < model::kMostOwners; ++i) in.mutable_owner_ids()->add_owner_ids(alice);
  const int before = users.gets;
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  EXPECT_EQ(users.gets, before + 1);
  EXPECT_EQ(Row().owners.size(), 1U);
}

TEST_F(ListLimitsTest, OneVariableMore_IsRefusedOneByOneToo) {
  own_pb::ApplicationForm form;
  FillEnv(model::kMostVariables, "V", form);
  ASSERT_TRUE(Change(form).ok());
  const Status refused = Set("MORE");
  EXPECT_EQ(refused.code(), Code::kExhausted);
  EXPECT_EQ(refused.reason(), "TooManyVariables");
  EXPECT_EQ(FieldsOf(refused), Fields{"key"});
  EXPECT_EQ(refused.message(),
            "key: must be one of the variables that there are, since an application has at most "
            "200 variables, got \"MORE\"");
  EXPECT_TRUE(Set("V0").ok()) << "one that is there";
  EXPECT_EQ(Row().env.size(), model::kMostVariables);
}

// As an installation from before there were limits may have.
TEST_F(ListLimitsTest, WhatHasMoreAlready_MayKeepAsMany) {
  const int more = static_cast<int>(model::kMostVariables) + 5;
  ports::EnvEdit many;
  for (int i = 0; i < more; ++i) many.set.emplace_back().key = "V" + std::to_string(i);
  ASSERT_TRUE(
      store.store().apps.Update(Row(), Row().updated_at, nullptr, ports::kPlatform, many).ok());
  own_pb::ApplicationForm form;
  FillEnv(more, "V", form);
  EXPECT_TRUE(Change(form).ok());
  FillEnv(1, "W", form);
  ExpectTooLong("form.env", static_cast<size_t>(more), more + 1, [&] { return Change(form); });
}

}  // namespace
}  // namespace ns::api
