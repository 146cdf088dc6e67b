#include "api/api_world.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::api {
namespace {

using Fields = std::vector<std::string>;

class EnvTest : public ApiWorld {
 protected:
  void SetUp() override { app = MakeApp(Named("alice")).id(); }

  Status Set(const std::string& key, const std::string& value, const Peer& peer = Named("alice")) {
    api_pb::SetApplicationEnvVarRequest in;
    in.set_application_id(app);
    in.set_key(key);
    in.set_value(value);
    return Call(peer, "SetEnvVar", in).status();
  }
  Status SetOwn(const std::string& key, const std::string& value, own_pb::EnvScope scope,
                std::optional<bool> secret = std::nullopt) {
    own_pb::SetEnvRequest in;
    in.set_application_id(app);
    in.set_key(key);
    in.set_value(value);
    in.set_scope(scope);
    if (secret) in.set_secret(*secret);
    return Own(Named("alice"), "SetEnv", in).status();
  }
  Status Delete(const std::string& key) {
    api_pb::DeleteApplicationEnvVarRequest in;
    in.set_application_id(app);
    in.set_key(key);
    return Call(Named("alice"), "DeleteEnvVar", in).status();
  }
  std::vector<model::EnvVar> Rows() { return store.store().apps.Get(AppId(app)).value().env; }

  std::string app;
};

TEST_F(EnvTest, Set_IsReadBackByItsOwners) {
  ASSERT_TRUE(Set("B", "2").ok());
  ASSERT_TRUE(Set("A", "1\n=").ok());
  const auto env =
      Call<api_pb::ApplicationEnvVars>(Named("alice"), "GetEnvVars", OfApp(app)).value();
  ASSERT_EQ(env.variables_size(), 2);
  EXPECT_EQ(env.variables(0).key(), "A");
  EXPECT_EQ(env.variables(0).value(), "1\n=");
  EXPECT_EQ(env.variables(1).application_id(), app);
  EXPECT_EQ(Rows()[0].scope, model::EnvScope::kRun);
  EXPECT_EQ(Set("A", "x", Named("bob")).code(), Code::kDenied);
}

TEST_F(EnvTest, BadKeyOrValue_IsInvalidWithTheField) {
  for (const std::string& key : {std::string(), std::string("lower"), std::string("1A"),
                                 std::string("A=B"), std::string(101, 'A')}) {
    EXPECT_EQ(FieldsOf(Set(key, "x")), Fields{"key"});
  }
  EXPECT_EQ(FieldsOf(Set("BIG", std::string(65537, 'x'))), Fields{"value"});
  EXPECT_TRUE(Rows().empty());
}

TEST_F(EnvTest, Delete_OfWhatIsNotThere_IsNotFound) {
  ASSERT_TRUE(Set("A", "1").ok());
  ASSERT_TRUE(Delete("A").ok());
  EXPECT_EQ(Delete("A").code(), Code::kNotFound);
  EXPECT_TRUE(Rows().empty());
}

TEST_F(EnvTest, OfAnApplicationThatIsBeingDeleted_CannotBeChanged) {
  ASSERT_TRUE(Set("A", "1").ok());
  ASSERT_TRUE(Call(Named("alice"), "DeleteApplication", OfApp(app)).ok());
  for (const Status& refused :
       {Set("A", "2"), SetOwn("A", "2", own_pb::ENV_SCOPE_RUN), Delete("A")}) {
    EXPECT_EQ(refused.code(), Code::kPrecondition) << refused.ToString();
    EXPECT_EQ(refused.reason(), "Deleting");
  }
  ASSERT_EQ(Rows().size(), 1u);
  EXPECT_EQ(Rows()[0].value.Reveal(), "1");
}

TEST_F(EnvTest, SystemVariable_CannotBeChanged) {
  ASSERT_TRUE(
      store.store()
          .apps.SetEnv(AppId(app), {"NS_X", Secret("1"), model::EnvScope::kRun, false, true})
          .ok());
  EXPECT_EQ(Set("NS_X", "2").code(), Code::kPrecondition);
  EXPECT_EQ(Delete("NS_X").code(), Code::kPrecondition);
  EXPECT_EQ(SetOwn("NS_X", "2", own_pb::ENV_SCOPE_RUN).code(), Code::kPrecondition);
  EXPECT_EQ(Rows()[0].value.Reveal(), "1");
}

TEST_F(EnvTest, ValueThatNoKeyOpens_IsMarkedUntilItIsSetAgain) {
  model::EnvVar lost;
  lost.key = "LOST";
  lost.seal_broken = true;
  ASSERT_TRUE(store.store().apps.SetEnv(AppId(app), lost).ok());
  ASSERT_TRUE(SetOwn("OPENS", "1", own_pb::ENV_SCOPE_RUN).ok());
  own_pb::ListEnvRequest in;
  in.set_application_id(app);
  const auto list = [&] {
    return Own<own_pb::ListEnvResponse>(Named("alice"), "ListEnv", in).value();
  };
  ASSERT_EQ(list().variables_size(), 2);
  EXPECT_TRUE(list().variables(0).seal_broken());
  EXPECT_FALSE(list().variables(1).seal_broken());
  ASSERT_TRUE(SetOwn("LOST", "anew", own_pb::ENV_SCOPE_RUN).ok());
  EXPECT_FALSE(list().variables(0).seal_broken());
}

// Whatever else is changed of it would be sealed with no value, over the one that may open again.
TEST_F(EnvTest, ValueThatNoKeyOpens_IsNotChangedWithoutANewOne) {
  model::EnvVar lost;
  lost.key = "LOST";
  lost.secret = lost.seal_broken = true;
  ASSERT_TRUE(store.store().apps.SetEnv(AppId(app), lost).ok());
  own_pb::UpdateApplicationRequest in;
  in.set_application_id(app);
  in.mutable_update_mask()->add_paths("env");
  own_pb::ApplicationForm::Variable& variable = *in.mutable_form()->add_env();
  variable.set_key("LOST");
  const auto update = [&] {
    return Sent<own_pb::UpdateApplicationResponse>(
               Named("alice"), "neoshowcase.platform.v1.ApplicationService/UpdateApplication", in)
        .status();
  };
  EXPECT_TRUE(update().ok());
  variable.set_scope(own_pb::ENV_SCOPE_BUILD);
  EXPECT_EQ(FieldsOf(update()), Fields{"form.env[0].value"});
  EXPECT_TRUE(Rows()[0].seal_broken);
  variable.set_value("anew");
  EXPECT_TRUE(update().ok());
  EXPECT_FALSE(Rows()[0].seal_broken);
}

TEST_F(EnvTest, ScopeAndSecret_StayUntilTheyAreSaidAnew) {
  ASSERT_TRUE(SetOwn("TOKEN", "one", own_pb::ENV_SCOPE_BOTH, true).ok());
  ASSERT_TRUE(Set("TOKEN", "two").ok());
  ASSERT_TRUE(SetOwn("TOKEN", "three", own_pb::ENV_SCOPE_UNSPECIFIED).ok());
  ASSERT_EQ(Rows().size(), 1u);
  EXPECT_EQ(Rows()[0].scope, model::EnvScope::kBoth);
  EXPECT_TRUE(Rows()[0].secret);
  EXPECT_EQ(Rows()[0].value.Reveal(), "three");
  ASSERT_TRUE(SetOwn("TOKEN", "four", own_pb::ENV_SCOPE_BUILD, false).ok());
  EXPECT_EQ(Rows()[0].scope, model::EnvScope::kBuild);
  EXPECT_FALSE(Rows()[0].secret);
}

TEST_F(EnvTest, SecretVariable_IsNeverReadBack) {
  ASSERT_TRUE(SetOwn("TOKEN", "hunter2", own_pb::ENV_SCOPE_RUN, true).ok());
  own_pb::ListEnvRequest in;
  in.set_application_id(app);
  const auto listed = Own<own_pb::ListEnvResponse>(Named("alice"), "ListEnv", in).value();
  ASSERT_EQ(listed.variables_size(), 1);
  EXPECT_EQ(listed.variables(0).value(), "");
  EXPECT_TRUE(listed.variables(0).secret());
  EXPECT_EQ(listed.variables(0).scope(), own_pb::ENV_SCOPE_RUN);
  EXPECT_EQ(Call<api_pb::ApplicationEnvVars>(Root(), "GetEnvVars", OfApp(app))
                .value()
                .SerializeAsString()
                .find("hunter2"),
            std::string::npos);
  EXPECT_EQ(Own(Named("bob"), "ListEnv", in).status().code(), Code::kDenied);
}

}  // namespace
}  // namespace ns::api
