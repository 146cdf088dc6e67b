#include <gmock/gmock.h>

#include "api/applications_world.h"

namespace ns::api {
namespace {

using api_pb::CreateApplicationRequest;

class ApplicationsTest : public ApplicationsWorld {
 protected:
  // What a request with this change is refused for.
  template <class Change>
  Fields Refusal(Change change) {
    CreateApplicationRequest in = NewApp(repository);
    change(in);
    const Status status = Call(Named("alice"), "CreateApplication", in).status();
    EXPECT_EQ(status.code(), Code::kInvalid) << status.ToString();
    const Fields fields = FieldsOf(status);
    for (const std::string& field : fields)
      EXPECT_NE(status.message().find(field), std::string::npos);
    return fields;
  }
  model::Application Row(const std::string& id) {
    return store.store().apps.Get(AppId(id)).value();
  }
  int Count() { return static_cast<int>(store.store().apps.List().value().size()); }
};

TEST_F(ApplicationsTest, Create_GivesTheApplicationAsAsked) {
  CreateApplicationRequest in = NewApp(repository, "Shop.Apps.Test");
  in.mutable_websites(0)->clear_http_port();
  in.mutable_websites(0)->clear_path_prefix();
  in.mutable_config()->mutable_runtime_dockerfile()->mutable_runtime_config()->set_command(
      "serve --port 80");
  in.set_start_on_create(true);
  auto* port = in.add_port_publications();
  port->set_internet_port(9000);
  port->set_application_port(22);
  const auto app = Call<api_pb::Application>(Named("bob"), "CreateApplication", in).value();
  EXPECT_TRUE(IsId(app.id()));
  EXPECT_EQ(app.commit(), kCommitA);
  EXPECT_TRUE(app.running());
  EXPECT_EQ(app.owner_ids_size(), 2);  // of the repository, and the caller
  ASSERT_EQ(app.websites_size(), 1);
  EXPECT_TRUE(IsId(app.websites(0).id()));
  EXPECT_EQ(app.websites(0).fqdn(), "shop.apps.test");
  EXPECT_EQ(app.websites(0).path_prefix(), "/");
  EXPECT_EQ(app.websites(0).http_port(), 80);
  EXPECT_EQ(app.port_publications(0).internet_port(), 9000);
  EXPECT_EQ(app.config().runtime_dockerfile().dockerfile_name(), "Dockerfile");
  EXPECT_EQ(app.config().runtime_dockerfile().runtime_config().command(), "serve --port 80");
  EXPECT_FALSE(app.has_latest_build_status());
  EXPECT_GT(app.created_at().seconds(), 0);
  EXPECT_EQ(Row(app.id()).backend, "docker");
  EXPECT_EQ(Row(app.id()).build.method, "runtime-dockerfile");
  EXPECT_EQ(Row(app.id()).build.settings, R"({"dockerfile_name":"Dockerfile","context":"."})");
  EXPECT_EQ(Get(app.id()).SerializeAsString(), app.SerializeAsString());
}

TEST_F(ApplicationsTest, RuntimeCmd_KeepsItsSettings) {
  CreateApplicationRequest in = NewApp(repository);
  auto* cmd = in.mutable_config()->mutable_runtime_cmd();
  cmd->set_base_image("debian:12");
  cmd->set_build_cmd("make \"all\"\nmake install");
  cmd->mutable_runtime_config()->set_entrypoint("./serve");
  const auto app = Call<api_pb::Application>(Named("alice"), "CreateApplication", in).value();
  EXPECT_EQ(app.config().SerializeAsString(), in.config().SerializeAsString());
  EXPECT_EQ(Row(app.id()).build.method, "runtime-cmd");
  EXPECT_EQ(Row(app.id()).build.settings,
            R"({"base_image":"debian:12","build_cmd":"make \"all\"\nmake install"})");
}

TEST_F(ApplicationsTest, Create_NamesTheFieldThatIsWrong) {
  const auto website = [](auto change) {
    return [change](CreateApplicationRequest& in) { change(*in.mutable_websites(0)); };
  };
  EXPECT_EQ(Refusal([](auto& in) { in.set_name(""); }), Fields{"name"});
  EXPECT_EQ(Refusal([](auto& in) { in.set_name("a\ab"); }), Fields{"name"});
  EXPECT_EQ(Refusal([](auto& in) { in.set_ref_name("a..b"); }), Fields{"ref_name"});
  EXPECT_EQ(Refusal([](auto& in) { in.set_ref_name("nowhere"); }), Fields{"ref_name"});
  EXPECT_EQ(Refusal([](auto& in) { in.clear_config(); }), Fields{"config"});
  EXPECT_EQ(Refusal(website([](auto& w) { w.set_fqdn("a.example.com"); })),
            Fields{"websites[0].fqdn"});
  EXPECT_EQ(Refusal(website([](auto& w) { w.set_fqdn("a.apps.test."); })),
            Fields{"websites[0].fqdn"});
  EXPECT_EQ(Refusal(website([](auto& w) { w.set_path_prefix("/a/../b"); })),
            Fields{"websites[0].path_prefix"});
  EXPECT_EQ(Refusal(website([](auto& w) { w.set_strip_prefix(true); })),
            Fields{"websites[0].strip_prefix"});
  EXPECT_EQ(Refusal(website([](auto& w) { w.set_http_port(70000); })),
            Fields{"websites[0].http_port"});
  EXPECT_EQ(Refusal(website([](auto& w) { w.set_authentication(api_pb::HARD); })),
            Fields{"websites[0].authentication"});
  EXPECT_EQ(
      Refusal([](auto& in) {
        in.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("../Dockerfile");
      }),
      Fields{"config.runtime_dockerfile.dockerfile_name"});
  EXPECT_EQ(Refusal([](auto& in) {
              in.mutable_config()->mutable_runtime_dockerfile()->set_context("/etc");
            }),
            Fields{"config.runtime_dockerfile.context"});
  EXPECT_EQ(Refusal([](auto& in) { in.mutable_config()->mutable_runtime_cmd(); }),
            Fields{"config.runtime_cmd.base_image"});
  EXPECT_EQ(Refusal([](auto& in) {
              in.mutable_config()->mutable_runtime_cmd()->mutable_runtime_config()->set_command(
                  "echo 'x");
            }),
            Fields{"config.runtime_cmd.runtime_config.command"});
  EXPECT_EQ(
      Refusal([](auto& in) { in.add_port_publications()->set_internet_port(1); }),
      (Fields{"port_publications[0].internet_port", "port_publications[0].application_port"}));
  EXPECT_EQ(Refusal([](auto& in) { in.set_repository_id("x"); }), Fields{"repository_id"});
  EXPECT_EQ(Count(), 0);
}

TEST_F(ApplicationsTest, StaticSite_IsCheckedAndMade) {
  CreateApplicationRequest in = NewApp(repository);
  in.mutable_config()->mutable_static_cmd();
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "CreateApplication", in).status()),
            Fields{"config.static_cmd.static_config.artifact_path"});
  auto* site = in.mutable_config()->mutable_static_cmd()->mutable_static_config();
  site->set_artifact_path("/dist");
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "CreateApplication", in).status()),
            Fields{"config.static_cmd.static_config.artifact_path"});
  site->set_artifact_path("dist");
  site->set_spa(true);
  const auto made = Call<api_pb::Application>(Named("alice"), "CreateApplication", in).value();
  EXPECT_EQ(made.deploy_type(), api_pb::STATIC);
  EXPECT_EQ(made.config().static_cmd().static_config().artifact_path(), "dist");
  EXPECT_TRUE(made.config().static_cmd().static_config().spa());
}

TEST_F(ApplicationsTest, StaticSiteWithoutASiteServer_IsRefused) {
  Settings settings = TestSettings();
  settings.platform.static_sites = false;
  RemakeDispatcher(std::move(settings));
  CreateApplicationRequest in = NewApp(repository);
  in.mutable_config()->mutable_static_cmd()->mutable_static_config()->set_artifact_path("dist");
  const Status refused = Call(Named("alice"), "CreateApplication", in).status();
  EXPECT_EQ(refused.code(), Code::kPrecondition);
  EXPECT_EQ(refused.reason(), "NoSiteServer");
  EXPECT_EQ(Count(), 0);
}

TEST_F(ApplicationsTest, StaticSiteByDockerfile_MayNameAnAbsolutePathOfTheImage) {
  CreateApplicationRequest in = NewApp(repository);
  in.clear_websites();
  auto& site = *in.mutable_config()->mutable_static_dockerfile();
  site.set_dockerfile_name("Dockerfile");
  const auto made = [&](const std::string& path) {
    site.mutable_static_config()->set_artifact_path(path);
    return Call(Named("alice"), "CreateApplication", in).status();
  };
  for (const char* path : {"/usr/share/nginx/html", "usr/share/nginx/html"})
    EXPECT_TRUE(made(path).ok()) << path;
  for (const char* path : {"", "/", "//", "/a/../b", ".."})
    EXPECT_EQ(FieldsOf(made(path)), Fields{"config.static_dockerfile.static_config.artifact_path"})
        << path;
  EXPECT_EQ(Count(), 2);
}

TEST_F(ApplicationsTest, Create_OfARepositoryThatIsGivenAwayMeanwhile_IsForItsOwnersOfThen) {
  const RepositoryId id(MakePrivateRepository(Named("alice")));
  std::string heir;
  git.on_ask = [&] {  // which may take half a minute
    model::Repository row = store.store().repositories.Get(id).value();
    row.owners = {store.store().users.Ensure(heir, false)->id};
    ASSERT_EQ(store.store().repositories.Update(row), Status());
  };
  heir = "bob";
  EXPECT_EQ(Call(Named("alice"), "CreateApplication", NewApp(id.str())).status().code(),
            Code::kNotFound);
  EXPECT_TRUE(store.store().apps.List()->empty());
  heir = "carol";
  const auto made = Call<api_pb::Application>(Root(), "CreateApplication", NewApp(id.str()));
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  EXPECT_THAT(store.store().apps.Get(AppId(made->id()))->owners,
              testing::UnorderedElementsAre(store.store().users.Ensure("carol", false)->id,
                                            store.store().users.Ensure("root@local", false)->id));
}

TEST_F(ApplicationsTest, Create_WithTheRemoteAway_IsUnavailable) {
  git.failure = Status(Code::kUnavailable, "RemoteUnreachable", "no route");
  EXPECT_EQ(Call(Named("alice"), "CreateApplication", NewApp(repository)).status().code(),
            Code::kUnavailable);
}

TEST_F(ApplicationsTest, AddressOfAnother_Exists) {
  ASSERT_TRUE(Call(Named("alice"), "CreateApplication", NewApp(repository)).ok());
  const Status taken = Call(Root(), "CreateApplication", NewApp(repository)).status();
  EXPECT_EQ(taken.code(), Code::kExists);
  EXPECT_NE(taken.message().find("shop.apps.test"), std::string::npos);
  EXPECT_EQ(FieldsOf(taken), Fields{"websites[0].fqdn"});
  CreateApplicationRequest below = NewApp(repository);
  below.mutable_websites(0)->set_path_prefix("/api");
  EXPECT_TRUE(Call(Named("alice"), "CreateApplication", below).ok());
  EXPECT_EQ(Count(), 2);
}

TEST_F(ApplicationsTest, PathBelowAnothers_IsForWhoOwnsBoth) {
  ASSERT_TRUE(
      Call(Named("alice"), "CreateApplication", NewApp(MakePrivateRepository(Named("alice"))))
          .ok());
  CreateApplicationRequest below = NewApp(MakeRepository(Named("bob"), "https://git.test/b.git"));
  below.mutable_websites(0)->set_path_prefix("/api");
  EXPECT_EQ(Call(Named("bob"), "CreateApplication", below).status().code(), Code::kExists);
}

TEST_F(ApplicationsTest, Lists_FollowTheirScope) {
  const auto app =
      Call<api_pb::Application>(Root(), "CreateApplication", NewApp(repository)).value();
  const auto listed = [&](const Peer& peer, auto scope, const std::string& of = "") {
    api_pb::GetApplicationsRequest in;
    in.set_scope(scope);
    if (!of.empty()) in.set_repository_id(of);
    return Call<api_pb::GetApplicationsResponse>(peer, "GetApplications", in)
        .value()
        .applications_size();
  };
  using Scope = api_pb::GetApplicationsRequest;
  EXPECT_EQ(listed(Root(), Scope::MINE), 1);
  EXPECT_EQ(listed(Named("alice"), Scope::MINE), 1);  // owns the repository
  EXPECT_EQ(listed(Named("bob"), Scope::MINE), 0);
  EXPECT_EQ(listed(Named("bob"), Scope::ALL), 1);
  EXPECT_EQ(listed(Named("bob"), Scope::REPOSITORY, app.repository_id()), 1);
  EXPECT_EQ(listed(Named("bob"), Scope::REPOSITORY, std::string(22, '0')), 0);
  Scope none;
  none.set_scope(Scope::REPOSITORY);
  EXPECT_EQ(FieldsOf(Call(Named("bob"), "GetApplications", none).status()),
            Fields{"repository_id"});
}

TEST_F(ApplicationsTest, Get_ShowsWhatWasObservedAndTheNewestBuild) {
  const auto app = Create();
  model::ObservedApp seen;
  seen.id = AppId(app.id());
  seen.container = model::ContainerState::kExited;
  seen.message = "exit code 3";
  ASSERT_TRUE(store.store().deploys.SaveObserved(seen, {}).ok());
  AddBuild(app.id());
  EXPECT_EQ(Get(app.id()).container(), api_pb::Application::EXITED);
  EXPECT_EQ(Get(app.id()).container_message(), "exit code 3");
  EXPECT_EQ(Get(app.id()).latest_build_status(), api_pb::QUEUED);
  EXPECT_EQ(Get(app.id()).current_build(), "");
}

TEST_F(ApplicationsTest, CurrentBuild_IsThatOfTheRelease) {
  const auto app = Create();
  model::Release release;
  release.id = ReleaseId(std::string(22, '5'));
  release.app = AppId(app.id());
  release.build = AddBuild(app.id());
  model::Target next;
  next.release = release.id;
  ASSERT_TRUE(store.store().deploys.SetTarget(release.app, 0, next, release).ok());
  EXPECT_EQ(Get(app.id()).current_build(), release.build.str());
}

TEST_F(ApplicationsTest, Start_RunsAndASecondStartRestarts) {
  const auto app = Create();
  EXPECT_EQ(Row(app.id()).desired, model::DesiredState::kStopped);
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  EXPECT_EQ(Row(app.id()).desired, model::DesiredState::kRunning);
  EXPECT_EQ(Row(app.id()).restart_nonce, 0);
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  EXPECT_GT(Row(app.id()).restart_nonce, 0);
  ASSERT_TRUE(Call(Named("alice"), "StopApplication", OfApp(app.id())).ok());
  EXPECT_EQ(Row(app.id()).desired, model::DesiredState::kStopped);
}

TEST_F(ApplicationsTest, Stranger_MayNotAct) {
  const auto app = Create();
  for (const char* method :
       {"StartApplication", "StopApplication", "DeleteApplication", "GetEnvVars"}) {
    EXPECT_EQ(Call(Named("bob"), method, OfApp(app.id())).status().code(), Code::kDenied) << method;
  }
  EXPECT_EQ(Call(Named("bob"), "UpdateApplication", Update(app.id())).status().code(),
            Code::kDenied);
  EXPECT_TRUE(Call(Root(), "StopApplication", OfApp(app.id())).ok());
}

TEST_F(ApplicationsTest, Delete_NeedsAStoppedOneAndLeavesATombstone) {
  const auto app = Create();
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  EXPECT_EQ(Call(Named("alice"), "DeleteApplication", OfApp(app.id())).status().code(),
            Code::kPrecondition);
  ASSERT_TRUE(Call(Named("alice"), "StopApplication", OfApp(app.id())).ok());
  ASSERT_TRUE(Call(Named("alice"), "DeleteApplication", OfApp(app.id())).ok());
  EXPECT_TRUE(Call(Named("alice"), "DeleteApplication", OfApp(app.id())).ok());
  EXPECT_EQ(Get(app.id()).container_message(), "the application is being deleted");
  EXPECT_EQ(Call(Named("alice"), "StartApplication", OfApp(app.id())).status().code(),
            Code::kPrecondition);
  EXPECT_EQ(Call(Named("alice"), "UpdateApplication", Update(app.id())).status().code(),
            Code::kPrecondition);
  EXPECT_TRUE(
      Call(Named("alice"), "CreateApplication", NewApp(repository)).ok());  // its address is free
}

}  // namespace
}  // namespace ns::api
