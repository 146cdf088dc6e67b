// What an application can ask for and no part of this installation can do.
#include "api/applications_world.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::api {
namespace {

struct Part {
  std::string field, name;
  std::function<void(api_pb::RuntimeConfig&)> ask;
};

std::vector<Part> Parts() {
  return {{"use_mariadb", "MariaDB", [](auto& run) { run.set_use_mariadb(true); }},
          {"use_mongodb", "MongoDB", [](auto& run) { run.set_use_mongodb(true); }},
          {"auto_shutdown.enabled", "sleep",
           [](auto& run) { run.mutable_auto_shutdown()->set_enabled(true); }}};
}

class MissingPartsTest : public ApplicationsWorld {
 protected:
  static constexpr char kRun[] = "config.runtime_dockerfile.runtime_config.";

  api_pb::CreateApplicationRequest Asking(const Part& part) {
    auto in = NewApp(repository);
    part.ask(*in.mutable_config()->mutable_runtime_dockerfile()->mutable_runtime_config());
    return in;
  }
  void ExpectMissing(const Status& refused, const std::string& field, const Part& part) {
    EXPECT_EQ(refused.code(), Code::kPrecondition) << refused.ToString();
    EXPECT_EQ(refused.reason(), "PartNotConfigured");
    EXPECT_EQ(FieldsOf(refused), Fields{field});
    EXPECT_NE(refused.message().find(part.name), std::string::npos) << refused.message();
  }
  std::string MakeOne() {
    return Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository))
        .value()
        .id();
  }
  model::Application Row(const std::string& id) {
    return store.store().apps.Get(AppId(id)).value();
  }
  // As one that was made before that was refused.
  template <class Have>
  void MakeHave(const std::string& id, Have have) {
    model::Application row = Row(id);
    have(row.run);
    ASSERT_TRUE(store.store().apps.Update(row, row.updated_at, nullptr).ok());
  }
  Status ChangeForm(const std::string& id, const own_pb::ApplicationForm& form) {
    own_pb::UpdateApplicationRequest in;
    in.set_application_id(id);
    *in.mutable_form() = form;
    return Sent<own_pb::UpdateApplicationResponse>(
               Named("alice"), std::string(kApplicationService) + "UpdateApplication", in)
        .status();
  }
};

TEST_F(MissingPartsTest, Create_NamesThePart) {
  for (const Part& part : Parts()) {
    ExpectMissing(Call(Named("alice"), "CreateApplication", Asking(part)).status(),
                  kRun + part.field, part);
    own_pb::CreateApplicationRequest own;
    own.set_repository_id(repository);
    own.mutable_form()->set_name("shop");
    own.mutable_form()->mutable_build()->set_method("runtime-dockerfile");
    own.mutable_form()->mutable_build()->set_settings(R"({"dockerfile_name": "Dockerfile"})");
    part.ask(*own.mutable_form()->mutable_run());
    ExpectMissing(Sent<own_pb::CreateApplicationResponse>(
                      Named("alice"), std::string(kApplicationService) + "CreateApplication", own)
                      .status(),
                  "form.run." + part.field, part);
  }
  EXPECT_TRUE(store.store().apps.List().value().empty());
}

TEST_F(MissingPartsTest, FieldThatBreaksARule_IsToldBefore) {
  for (const Part& part : Parts()) {
    auto in = Asking(part);
    in.set_name("");
    const Status refused = Call(Named("alice"), "CreateApplication", in).status();
    EXPECT_EQ(refused.code(), Code::kInvalid);
    EXPECT_EQ(FieldsOf(refused), Fields{"name"});
  }
}

TEST_F(MissingPartsTest, Update_ToSleep_IsRefused) {
  const Part sleep = Parts()[2];
  const std::string id = MakeOne();
  auto in = Update(id);
  *in.mutable_config() = Asking(sleep).config();
  ExpectMissing(Call(Named("alice"), "UpdateApplication", in).status(), kRun + sleep.field, sleep);
  own_pb::ApplicationForm form;
  sleep.ask(*form.mutable_run());
  ExpectMissing(ChangeForm(id, form), "form.run." + sleep.field, sleep);
  EXPECT_FALSE(Row(id).run.auto_shutdown);
}

// Databases come with an application or not at all, whatever there is.
TEST_F(MissingPartsTest, Update_ToADatabase_IsNoChangeThatThereIs) {
  const std::string id = MakeOne();
  for (const char* field : {"use_mariadb", "use_mongodb"}) {
    const Part part = Parts()[field == std::string("use_mariadb") ? 0 : 1];
    auto in = Update(id);
    *in.mutable_config() = Asking(part).config();
    const Status refused = Call(Named("alice"), "UpdateApplication", in).status();
    EXPECT_EQ(refused.code(), Code::kInvalid);
    EXPECT_EQ(FieldsOf(refused), Fields{std::string(kRun) + field});
  }
}

TEST_F(MissingPartsTest, WhatAnApplicationHasAlready_DoesNotStandInTheWayOfAnEdit) {
  for (const Part& part : Parts()) {
    const std::string id = MakeOne();
    MakeHave(id, [&](model::RunSettings& run) {
      run.use_mariadb = part.name == "MariaDB";
      run.use_mongodb = part.name == "MongoDB";
      run.auto_shutdown = part.name == "sleep";
    });
    auto in = Update(id);
    *in.mutable_config() = Get(id).config();
    in.mutable_config()->mutable_runtime_dockerfile()->mutable_runtime_config()->set_command("run");
    EXPECT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok()) << part.field;
    EXPECT_EQ(Row(id).run.command, "run");
    own_pb::ApplicationForm form;
    part.ask(*form.mutable_run());
    form.mutable_run()->set_command("serve");
    EXPECT_TRUE(ChangeForm(id, form).ok()) << part.field;
    EXPECT_EQ(Row(id).run.command, "serve");
    auto none = Update(id);  // its address is needed by the next
    none.mutable_websites();
    EXPECT_TRUE(Call(Named("alice"), "UpdateApplication", none).ok());
  }
}

TEST_F(MissingPartsTest, SleepOfBefore_CanBeTurnedOffAndNotOnAgain) {
  const Part sleep = Parts()[2];
  const std::string id = MakeOne();
  MakeHave(id, [](model::RunSettings& run) { run.auto_shutdown = true; });
  auto in = Update(id);
  *in.mutable_config() = NewApp(repository).config();
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  EXPECT_FALSE(Row(id).run.auto_shutdown);
  *in.mutable_config() = Asking(sleep).config();
  ExpectMissing(Call(Named("alice"), "UpdateApplication", in).status(), kRun + sleep.field, sleep);
}

}  // namespace
}  // namespace ns::api
