// Every field of an application that can be wrong, by its path in the request: of both APIs, of
// what is made and of what is changed. That a path is one of the request, ApiWorld looks at for
// every call.
#include <gmock/gmock.h>

#include "api/api_world.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::api {
namespace {

using testing::UnorderedElementsAreArray;
using Paths = std::vector<std::string>;

// What is wrong with these stands once, so that only their places differ.
template <class Websites, class Ports>
void BreakAddresses(Websites* websites, Ports* ports) {
  auto* website = websites->Add();
  website->set_fqdn("shop.plain.test");
  website->set_path_prefix("api");
  website->set_http_port(70000);
  website->set_https(true);
  website = websites->Add();
  website->set_fqdn("shop.apps.test");
  website->set_strip_prefix(true);
  website->set_authentication(api_pb::HARD);
  *websites->Add() = *website;
  auto* port = ports->Add();
  port->set_internet_port(1);
}
Paths AddressPaths(const std::string& websites, const std::string& ports) {
  return {websites + "[0].fqdn",         websites + "[0].path_prefix",
          websites + "[0].http_port",    websites + "[0].https",
          websites + "[1].strip_prefix", websites + "[1].authentication",
          websites + "[2].strip_prefix", websites + "[2].authentication",
          websites + "[2].fqdn",         ports + "[0].internet_port",
          ports + "[0].application_port"};
}

template <class Config>
void BreakRun(Config* config) {
  config->mutable_runtime_config()->set_entrypoint("'");
  config->mutable_runtime_config()->set_command("\"");
  config->mutable_runtime_config()->set_use_mariadb(true);
  config->mutable_runtime_config()->set_use_mongodb(true);
}
// What cannot be right comes before what this installation has not (missing_parts_test.cc).
Paths RunPaths(const std::string& config) { return {config + "entrypoint", config + "command"}; }

Paths Together(std::vector<Paths> all) {
  Paths out;
  for (const Paths& some : all) out.insert(out.end(), some.begin(), some.end());
  return out;
}

struct BadConfig {
  std::function<void(api_pb::ApplicationConfig&)> fill;
  Paths paths;
};

std::vector<BadConfig> BadConfigs() {
  const std::string at = "config.";
  return {
      {[](auto& in) {
         BreakRun(in.mutable_runtime_buildpack());
         in.mutable_runtime_buildpack()->set_context("..");
       },
       Together({RunPaths(at + "runtime_buildpack.runtime_config."),
                 {at + "runtime_buildpack.context"}})},
      {[](auto& in) {
         BreakRun(in.mutable_runtime_dockerfile());
         in.mutable_runtime_dockerfile()->set_context("/etc");
       },
       Together({RunPaths(at + "runtime_dockerfile.runtime_config."),
                 {at + "runtime_dockerfile.context", at + "runtime_dockerfile.dockerfile_name"}})},
      {[](auto& in) {
         BreakRun(in.mutable_runtime_cmd());
         in.mutable_runtime_cmd()->set_base_image("a b");
         in.mutable_runtime_cmd()->set_build_cmd(std::string(65537, 'x'));
       },
       Together({RunPaths(at + "runtime_cmd.runtime_config."),
                 {at + "runtime_cmd.base_image", at + "runtime_cmd.build_cmd"}})},
      {[](auto& in) { in.mutable_static_buildpack()->set_context(".."); },
       {at + "static_buildpack.static_config.artifact_path", at + "static_buildpack.context"}},
      {[](auto& in) {
         in.mutable_static_dockerfile()->mutable_static_config()->set_artifact_path("/../x");
         in.mutable_static_dockerfile()->set_context("..");
       },
       {at + "static_dockerfile.static_config.artifact_path",
        at + "static_dockerfile.dockerfile_name", at + "static_dockerfile.context"}},
      {[](auto& in) {
         in.mutable_static_cmd()->set_base_image("-x");
         in.mutable_static_cmd()->set_build_cmd(std::string(65537, 'x'));
       },
       {at + "static_cmd.static_config.artifact_path", at + "static_cmd.base_image",
        at + "static_cmd.build_cmd"}},
      {[](auto& in) { in.Clear(); }, {"config"}},
  };
}

class FieldPathsTest : public ApiWorld {
 protected:
  void SetUp() override { repository = MakeRepository(Named("alice")); }
  Paths Refusal(const Status& status, Code code = Code::kInvalid) {
    EXPECT_EQ(status.code(), code) << status.ToString();
    return FieldsOf(status);
  }
  std::string repository;
};

TEST_F(FieldPathsTest, CreateApplication) {
  for (const BadConfig& config : BadConfigs()) {
    api_pb::CreateApplicationRequest in;
    in.set_repository_id(repository);
    in.set_name("\n");
    in.set_ref_name("..");
    config.fill(*in.mutable_config());
    BreakAddresses(in.mutable_websites(), in.mutable_port_publications());
    EXPECT_THAT(
        Refusal(Call(Named("alice"), "CreateApplication", in).status()),
        UnorderedElementsAreArray(Together(
            {{"name", "ref_name"}, config.paths, AddressPaths("websites", "port_publications")})));
  }
}

TEST_F(FieldPathsTest, UpdateApplication) {
  const auto app = Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                             NewApp(repository, "a.apps.test"))
                       .value();
  for (const BadConfig& config : BadConfigs()) {
    api_pb::UpdateApplicationRequest in;
    in.set_id(app.id());
    in.set_name("\n");
    in.set_ref_name("..");
    config.fill(*in.mutable_config());
    BreakAddresses(in.mutable_websites()->mutable_websites(),
                   in.mutable_port_publications()->mutable_port_publications());
    EXPECT_THAT(Refusal(Call(Named("alice"), "UpdateApplication", in).status()),
                UnorderedElementsAreArray(Together(
                    {{"name", "ref_name"},
                     config.paths,
                     AddressPaths("websites.websites", "port_publications.port_publications")})));
  }
}

TEST_F(FieldPathsTest, UpdateApplication_WhatIsTakenOrUnknown) {
  auto other = NewApp(repository, "a.apps.test");
  auto* port = other.add_port_publications();
  port->set_internet_port(9000);
  port->set_application_port(80);
  ASSERT_TRUE(Call<api_pb::Application>(Named("alice"), "CreateApplication", other).ok());
  const auto app = Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                             NewApp(repository, "b.apps.test"))
                       .value();
  const auto refusal = [&](auto change, Code code) {
    api_pb::UpdateApplicationRequest in;
    in.set_id(app.id());
    change(in);
    return Refusal(Call(Named("alice"), "UpdateApplication", in).status(), code);
  };
  EXPECT_EQ(refusal([&](auto& in) { *in.mutable_websites()->add_websites() = other.websites(0); },
                    Code::kExists),
            Paths{"websites.websites[0].fqdn"});
  EXPECT_EQ(
      refusal([&](auto& in) { *in.mutable_port_publications()->add_port_publications() = *port; },
              Code::kExists),
      Paths{"port_publications.port_publications[0].internet_port"});
  EXPECT_EQ(refusal([](auto& in) { in.set_ref_name("nowhere"); }, Code::kInvalid),
            Paths{"ref_name"});
  EXPECT_EQ(refusal([](auto& in) { in.mutable_owner_ids(); }, Code::kInvalid), Paths{"owner_ids"});
  EXPECT_EQ(refusal([](auto& in) { in.mutable_owner_ids()->add_owner_ids("x"); }, Code::kInvalid),
            Paths{"owner_ids.owner_ids[0]"});
  EXPECT_EQ(refusal(
                [](auto& in) {
                  in.mutable_config()->mutable_static_cmd()->mutable_static_config();
                  in.mutable_websites()->add_websites()->set_authentication(
                      static_cast<api_pb::AuthenticationType>(77));
                },
                Code::kInvalid),
            Paths{"websites.websites[0].authentication"})
      << "of a number that its enum does not know";
}

// Databases cannot come or go: of an application that has them since another installation offered
// some.
TEST_F(FieldPathsTest, UpdateApplication_Databases) {
  const auto app = Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                             NewApp(repository, "a.apps.test"))
                       .value();
  model::Application row = store.store().apps.Get(AppId(app.id())).value();
  row.run.use_mariadb = row.run.use_mongodb = true;
  ASSERT_TRUE(store.store().apps.Update(row, row.updated_at, nullptr).ok());
  api_pb::UpdateApplicationRequest in;
  in.set_id(app.id());
  in.mutable_config()->mutable_runtime_cmd()->set_base_image("debian");
  EXPECT_EQ(Refusal(Call(Named("alice"), "UpdateApplication", in).status()),
            (Paths{"config.runtime_cmd.runtime_config.use_mariadb",
                   "config.runtime_cmd.runtime_config.use_mongodb"}));
  in.mutable_config()->mutable_static_cmd()->mutable_static_config()->set_artifact_path("dist");
  EXPECT_EQ(Refusal(Call(Named("alice"), "UpdateApplication", in).status()),
            Paths(2, "config.static_cmd.static_config"));
  own_pb::UpdateApplicationRequest own;
  own.set_application_id(app.id());
  own.mutable_form()->mutable_run()->set_command("serve");
  EXPECT_EQ(Refusal(Sent<own_pb::UpdateApplicationResponse>(
                        Named("alice"), std::string(kApplicationService) + "UpdateApplication", own)
                        .status()),
            (Paths{"form.run.use_mariadb", "form.run.use_mongodb"}));
}

void BreakForm(own_pb::ApplicationForm& form) {
  form.set_name("\n");
  form.set_ref_name("..");
  form.mutable_build()->set_method("runtime-dockerfile");
  form.mutable_build()->set_settings(R"({"context": ".."})");
  form.mutable_run()->set_entrypoint("'");
  form.mutable_run()->set_command("'");
  form.mutable_run()->set_use_mariadb(true);
  form.mutable_run()->set_use_mongodb(true);
  BreakAddresses(form.mutable_websites(), form.mutable_port_publications());
  form.add_env()->set_key("a b");
  form.set_backend("elsewhere");
}
Paths FormPaths() {
  return Together({{"form.name", "form.ref_name", "form.build.settings.context",
                    "form.build.settings.dockerfile_name", "form.env[0].key", "form.env[0].value",
                    "form.backend"},
                   RunPaths("form.run."),
                   AddressPaths("form.websites", "form.port_publications")});
}

TEST_F(FieldPathsTest, OwnForm) {
  own_pb::CreateApplicationRequest in;
  in.set_repository_id(repository);
  BreakForm(*in.mutable_form());
  EXPECT_THAT(
      Refusal(Sent<own_pb::CreateApplicationResponse>(
                  Named("alice"), std::string(kApplicationService) + "CreateApplication", in)
                  .status()),
      UnorderedElementsAreArray(FormPaths()));
  own_pb::UpdateApplicationRequest change;
  change.set_application_id(Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                                      NewApp(repository, "a.apps.test"))
                                .value()
                                .id());
  BreakForm(*change.mutable_form());
  EXPECT_THAT(
      Refusal(Sent<own_pb::UpdateApplicationResponse>(
                  Named("alice"), std::string(kApplicationService) + "UpdateApplication", change)
                  .status()),
      UnorderedElementsAreArray(FormPaths()));
}

TEST(IsFieldPath, OfARequest_IsToldFromOthers) {
  const auto& update = *api_pb::UpdateApplicationRequest::descriptor();
  EXPECT_TRUE(IsFieldPath(update, "websites.websites[0].fqdn"));
  EXPECT_TRUE(IsFieldPath(update, "websites"));
  EXPECT_TRUE(
      IsFieldPath(*own_pb::CreateApplicationRequest::descriptor(), "form.build.settings.context"));
  for (const char* bad :
       {"", "websites[0].fqdn", "websites.websites.fqdn", "websites.websites[].x",
        "websites.websites[0].host", "name.first", "id[0]", "config.runtime_config.use_mariadb"})
    EXPECT_FALSE(IsFieldPath(update, bad)) << bad;
}

}  // namespace
}  // namespace ns::api
