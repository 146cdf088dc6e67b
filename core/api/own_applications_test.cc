#include <gmock/gmock.h>

#include "api/api_world.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::api {
namespace {

using own_pb::ApplicationForm;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Names = std::vector<std::string>;

class OwnApplicationsTest : public ApiWorld {
 protected:
  void SetUp() override { repository = MakeRepository(Named("alice")); }

  template <class Out, class In>
  Result<Out> Ask(const Peer& peer, const std::string& method, const In& in) {
    return Sent<Out>(peer, kApplicationService + method, in);
  }
  own_pb::CreateApplicationRequest New(const std::string& host = "shop.apps.test") {
    own_pb::CreateApplicationRequest in;
    in.set_repository_id(repository);
    ApplicationForm& form = *in.mutable_form();
    form.set_name("shop");
    form.set_ref_name("main");
    form.mutable_build()->set_method("runtime-dockerfile");
    form.mutable_build()->set_settings(R"({"dockerfile_name": "Dockerfile"})");
    form.mutable_run()->set_command("serve");
    auto* website = form.add_websites();
    website->set_fqdn(host);
    website->set_http_port(8080);
    AddVariable(form, "PLAIN", "1");
    AddVariable(form, "TOKEN", "hunter2")->set_secret(true);
    return in;
  }
  static ApplicationForm::Variable* AddVariable(ApplicationForm& form, const std::string& key,
                                                const std::string& value) {
    auto* variable = form.add_env();
    variable->set_key(key);
    variable->set_value(value);
    return variable;
  }
  own_pb::Application Create(const own_pb::CreateApplicationRequest& in) {
    const auto made =
        Ask<own_pb::CreateApplicationResponse>(Named("alice"), "CreateApplication", in);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return made.ok() ? made->application() : own_pb::Application();
  }
  own_pb::Application Make() { return Create(New()); }
  own_pb::Application Get(const Peer& peer, const std::string& id) {
    own_pb::GetApplicationRequest in;
    in.set_application_id(id);
    return Ask<own_pb::Application>(peer, "GetApplication", in).value();
  }
  static own_pb::UpdateApplicationRequest Change(const own_pb::Application& app,
                                                 const Names& mask = {"*"}) {
    own_pb::UpdateApplicationRequest in;
    in.set_application_id(app.id());
    *in.mutable_form() = app.form();
    for (const std::string& path : mask) in.mutable_update_mask()->add_paths(path);
    return in;
  }
  Result<own_pb::UpdateApplicationResponse> Update(const own_pb::UpdateApplicationRequest& in) {
    return Ask<own_pb::UpdateApplicationResponse>(Named("alice"), "UpdateApplication", in);
  }
  static Names Changed(const own_pb::UpdateApplicationResponse& answer) {
    return {answer.changed().begin(), answer.changed().end()};
  }
  template <class Edit>
  Names Refusal(Edit edit) {
    auto in = New();
    edit(in);
    const Status status =
        Ask<own_pb::CreateApplicationResponse>(Named("alice"), "CreateApplication", in).status();
    EXPECT_EQ(status.code(), Code::kInvalid) << status.ToString();
    return FieldsOf(status);
  }
  // A builder that has a method of its own, with a schema.
  void AddBuilder() {
    model::Host host;
    host.id = HostId(std::string(22, 'b'));
    host.roles = {"builder"};
    host.build_methods = {"static-hugo", "wasm"};
    model::PluginState plugin;
    plugin.plugin = "build-static-hugo";
    plugin.kind = "ns.build/1";
    plugin.app_schema =
        R"({"type": "object", "additionalProperties": false, "properties": {"theme": {"type": "string"}}})";
    model::PluginState backend;
    backend.instance = "podman";
    backend.kind = "ns.backend/1";
    host.plugins = {plugin, backend};
    ASSERT_TRUE(store.store().hosts.Beat(host, std::chrono::minutes(1)).ok());
  }
  model::Application Row(const std::string& id) {
    return store.store().apps.Get(AppId(id)).value();
  }
  size_t Count() { return store.store().apps.List().value().size(); }

  std::string repository;
};

TEST_F(OwnApplicationsTest, Create_IsWholeWithVariables) {
  auto in = New();
  in.set_start(true);
  in.mutable_form()->set_strategy(ApplicationForm::RECREATE);
  const auto app = Create(in);
  EXPECT_TRUE(app.running());
  EXPECT_EQ(app.commit(), kCommitA);
  EXPECT_EQ(app.form().backend(), "docker");
  ASSERT_EQ(app.urls_size(), 1);
  EXPECT_EQ(app.urls(0), "http://shop.apps.test:8080/");
  const model::Application row = Row(app.id());
  EXPECT_EQ(row.run.command, "serve");
  EXPECT_EQ(row.strategy, model::Strategy::kRecreate);
  ASSERT_EQ(row.env.size(), 2u);
  EXPECT_EQ(row.env[1].value.Reveal(), "hunter2");
  EXPECT_TRUE(row.env[1].secret);
  EXPECT_EQ(row.env[0].scope, model::EnvScope::kRun);
}

TEST_F(OwnApplicationsTest, Create_ThePublicApiShowsTheSame) {
  const auto own = Make();
  const auto shown =
      Call<api_pb::Application>(Named("alice"), "GetApplication", OfApp(own.id())).value();
  EXPECT_EQ(shown.config().runtime_dockerfile().dockerfile_name(), "Dockerfile");
  EXPECT_EQ(shown.config().runtime_dockerfile().runtime_config().command(), "serve");
  const auto made = Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                              NewApp(repository, "other.apps.test"));
  EXPECT_EQ(Row(made.value().id()).build, Row(own.id()).build);
}

TEST_F(OwnApplicationsTest, Secrets_AreReadByNobody_VariablesByOwnersAlone) {
  const auto app = Make();
  ASSERT_EQ(app.form().env_size(), 2);
  EXPECT_EQ(app.form().env(0).value(), "1");
  EXPECT_FALSE(app.form().env(1).has_value());
  EXPECT_EQ(Get(Named("bob"), app.id()).form().env_size(), 0);
  EXPECT_EQ(Get(Root(), app.id()).form().env_size(), 2);
  EXPECT_EQ(Get(Root(), app.id()).SerializeAsString().find("hunter2"), std::string::npos);
}

TEST_F(OwnApplicationsTest, ValidateOnly_MakesNothing_RefusesTheSame) {
  auto in = New();
  in.set_validate_only(true);
  const auto shown = Create(in);
  EXPECT_EQ(shown.id(), "");
  EXPECT_EQ(shown.commit(), kCommitA);
  EXPECT_EQ(Count(), 0u);
  Make();
  const Status taken =
      Ask<own_pb::CreateApplicationResponse>(Named("alice"), "CreateApplication", in).status();
  EXPECT_EQ(taken.code(), Code::kExists);
  EXPECT_EQ(FieldsOf(taken), Names{"form.websites[0].fqdn"});
}

TEST_F(OwnApplicationsTest, Refusals_NameTheFieldOfTheForm) {
  using In = own_pb::CreateApplicationRequest;
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->clear_name(); }), Names{"form.name"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->set_ref_name("nowhere"); }),
            Names{"form.ref_name"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->mutable_build()->set_method("make"); }),
            Names{"form.build.method"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->mutable_build()->set_settings("[1]"); }),
            Names{"form.build.settings"});
  EXPECT_EQ(Refusal([](In& in) {
              in.mutable_form()->mutable_build()->set_settings(R"({"dockerfile": "x"})");
            }),
            Names{"form.build.settings"});
  EXPECT_EQ(Refusal([](In& in) {
              in.mutable_form()->mutable_build()->set_settings(R"({"dockerfile_name": "../x"})");
            }),
            Names{"form.build.settings.dockerfile_name"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->mutable_run()->set_command("'"); }),
            Names{"form.run.command"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->mutable_site(); }), Names{"form.site"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->set_backend("k8s"); }), Names{"form.backend"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->add_owner_ids("bob"); }),
            Names{"form.owner_ids[0]"});
  EXPECT_EQ(Refusal([](In& in) { AddVariable(*in.mutable_form(), "PLAIN", "2"); }),
            Names{"form.env[2].key"});
  EXPECT_EQ(Refusal([](In& in) { AddVariable(*in.mutable_form(), "a b", "2"); }),
            Names{"form.env[2].key"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->mutable_env(0)->clear_value(); }),
            Names{"form.env[0].value"});
  EXPECT_EQ(Refusal([](In& in) { in.mutable_form()->mutable_websites(0)->set_fqdn("x.test"); }),
            Names{"form.websites[0].fqdn"});
  EXPECT_EQ(Count(), 0u);
}

TEST_F(OwnApplicationsTest, MethodThatNobodyHas_IsRefusedWithTheNearest) {
  AddBuilder();
  const auto says = [&](const std::string& method) {
    auto in = New();
    in.mutable_form()->mutable_build()->set_method(method);
    return Ask<own_pb::CreateApplicationResponse>(Named("alice"), "CreateApplication", in)
        .status()
        .message();
  };
  const std::string rule =
      "must be a build method that a builder has which is up (static-hugo, wasm)";
  EXPECT_THAT(says("static-hgo"),
              HasSubstr(rule + ", got \"static-hgo\"; did you mean \"static-hugo\"?"));
  EXPECT_THAT(says("runtime-dokerfile"), HasSubstr("did you mean \"runtime-dockerfile\"?"));
  EXPECT_THAT(says("nix"), AllOf(HasSubstr(rule + ", got \"nix\""), Not(HasSubstr("did you"))));
}

TEST_F(OwnApplicationsTest, AnyMethod_OfABuilder_IsHeldAgainstItsSchema) {
  AddBuilder();
  const auto hugo = [&](const std::string& settings) {
    auto in = New();
    in.mutable_form()->mutable_build()->set_method("static-hugo");
    in.mutable_form()->mutable_build()->set_settings(settings);
    in.mutable_form()->mutable_site()->set_artifact_path("public");
    in.mutable_form()->set_backend("podman");
    return in;
  };
  EXPECT_EQ(Refusal([&](auto& in) { in = hugo(R"({"theme": 7})"); }), Names{"form.build.settings"});
  EXPECT_EQ(Refusal([&](auto& in) {
              in = hugo("");
              in.mutable_form()->mutable_site()->clear_artifact_path();
            }),
            Names{"form.site.artifact_path"});
  const auto app = Create(hugo(R"({ "theme": "x" })"));
  EXPECT_EQ(app.form().build().settings(), R"({"theme":"x"})");
  EXPECT_EQ(app.form().backend(), "podman");
  const model::Application row = Row(app.id());
  EXPECT_EQ(row.deploy_type, model::DeployType::kStatic);
  EXPECT_EQ(row.artifact_path, "public");
  EXPECT_EQ(row.env[0].scope, model::EnvScope::kBuild);

  auto in = New("wasm.apps.test");
  in.mutable_form()->mutable_build()->set_method("wasm");
  in.mutable_form()->mutable_build()->set_settings(R"({"b": 1, "a": [2]})");
  EXPECT_EQ(Create(in).form().build().settings(), R"({"a":[2],"b":1})");
}

TEST_F(OwnApplicationsTest, Update_GivenBackAsRead_ChangesAndTellsNothing) {
  const auto app = Make();
  const auto before = store.store()
                          .events.After(ports::EventScope::Of(AppId(app.id())), "", 100)
                          .value()
                          .events.size();
  auto in = Change(app);
  in.set_etag(app.etag());
  const auto answer = Update(in).value();
  EXPECT_EQ(Changed(answer), Names{});
  EXPECT_EQ(answer.application().etag(), app.etag());
  EXPECT_EQ(store.store()
                .events.After(ports::EventScope::Of(AppId(app.id())), "", 100)
                .value()
                .events.size(),
            before);
}

TEST_F(OwnApplicationsTest, Update_WithVariables_IsOneAct) {
  const auto app = Make();
  auto in = Change(app);
  in.mutable_form()->set_name("store");
  in.mutable_form()->mutable_env(0)->set_key("OTHER");
  in.mutable_form()->mutable_env(1)->set_scope(own_pb::ENV_SCOPE_BOTH);
  in.mutable_form()->set_strategy(ApplicationForm::RECREATE);
  const auto answer = Update(in).value();
  EXPECT_EQ(Changed(answer), (Names{"name", "strategy", "env.OTHER", "env.TOKEN", "env.PLAIN"}));
  EXPECT_NE(answer.application().etag(), app.etag());
  const model::Application row = Row(app.id());
  EXPECT_EQ(row.name, "store");
  ASSERT_EQ(row.env.size(), 2u);
  EXPECT_EQ(row.env[0].key, "OTHER");
  EXPECT_EQ(row.env[1].value.Reveal(), "hunter2");  // as it was
  EXPECT_EQ(row.env[1].scope, model::EnvScope::kBoth);
}

TEST_F(OwnApplicationsTest, Update_BadPart_ChangesNothing) {
  const auto app = Make();
  auto in = Change(app);
  in.mutable_form()->set_name("store");
  in.mutable_form()->mutable_env(1)->set_secret(false);  // would show what it is
  const Status refused = Update(in).status();
  EXPECT_EQ(FieldsOf(refused), Names{"form.env[1].value"});
  EXPECT_EQ(Row(app.id()).name, "shop");
  in.mutable_form()->mutable_env(1)->set_value("open");
  EXPECT_TRUE(Update(in).ok());
}

TEST_F(OwnApplicationsTest, Update_Mask_LeavesTheRestAlone) {
  const auto app = Make();
  auto in = Change(app, {"run"});
  in.mutable_form()->mutable_run()->set_command("other");
  in.mutable_form()->set_name("ignored");
  in.mutable_form()->clear_env();
  EXPECT_EQ(Changed(Update(in).value()), Names{"run"});
  EXPECT_EQ(Row(app.id()).name, "shop");
  EXPECT_EQ(Row(app.id()).env.size(), 2u);

  own_pb::UpdateApplicationRequest bare;  // no mask: what is set
  bare.set_application_id(app.id());
  bare.mutable_form()->set_ref_name("v2");
  EXPECT_EQ(Changed(Update(bare).value()), Names{"ref_name"});
  EXPECT_EQ(Row(app.id()).commit, kCommitB);

  const Status refused = Update(Change(app, {"name", "id"})).status();
  EXPECT_EQ(FieldsOf(refused), Names{"update_mask.paths[1]"});
}

TEST_F(OwnApplicationsTest, Update_Etag_OfAnOlderState_IsStale) {
  const auto app = Make();
  own_pb::UpdateApplicationRequest in;
  in.set_application_id(app.id());
  in.set_etag(app.etag());
  in.mutable_form()->set_name("store");
  ASSERT_TRUE(Update(in).ok());
  in.mutable_form()->set_name("third");
  const Status refused = Update(in).status();
  EXPECT_EQ(refused.code(), Code::kStale);
  EXPECT_EQ(refused.reason(), "EtagMismatch");
  EXPECT_EQ(Row(app.id()).name, "store");
}

TEST_F(OwnApplicationsTest, Update_ValidateOnly_SaysWhatWouldChange) {
  const auto app = Make();
  auto in = Change(app);
  in.mutable_form()->mutable_build()->set_settings(R"({"dockerfile_name": "Other"})");
  in.mutable_form()->mutable_env(1)->set_value("new");
  in.set_validate_only(true);
  const auto answer = Update(in).value();
  EXPECT_EQ(Changed(answer), (Names{"build.settings", "env.TOKEN"}));
  EXPECT_EQ(Row(app.id()).env[1].value.Reveal(), "hunter2");
  EXPECT_EQ(answer.SerializeAsString().find("hunter2"), std::string::npos);
}

TEST_F(OwnApplicationsTest, Update_OtherKindOfMethod_TakesItsOwnSettings) {
  const auto app = Make();
  auto in = Change(app, {"build", "site"});
  in.mutable_form()->mutable_build()->set_method("static-cmd");
  in.mutable_form()->mutable_build()->set_settings(
      R"({"base_image": "node:22", "build_cmd": "npm run build"})");
  in.mutable_form()->mutable_site()->set_artifact_path("dist");
  const auto answer = Update(in).value();
  EXPECT_TRUE(answer.application().form().has_site());
  EXPECT_EQ(Row(app.id()).deploy_type, model::DeployType::kStatic);
}

TEST_F(OwnApplicationsTest, Update_OtherMethodOfTheSameKind_KeepsHowItRuns) {
  auto fresh = New();
  fresh.mutable_form()->mutable_run()->set_command("serve --all");
  const auto app = Create(fresh);
  auto in = Change(app, {"build"});
  in.mutable_form()->mutable_build()->set_method("runtime_buildpack");
  in.mutable_form()->mutable_build()->set_settings("{}");
  const auto answer = Update(in);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(Row(app.id()).build.method, "runtime-buildpack");
  EXPECT_EQ(Row(app.id()).run.command, "serve --all");
}

TEST_F(OwnApplicationsTest, List_FiltersAndPages) {
  const auto make = [&](const std::string& name, const Peer& owner) {
    auto in = New(name + ".apps.test");
    in.mutable_form()->set_name(name);
    ASSERT_TRUE(Ask<own_pb::CreateApplicationResponse>(owner, "CreateApplication", in).ok());
  };
  for (const char* name : {"cherry", "apple", "banana"}) make(name, Named("alice"));
  make("date", Named("bob"));
  own_pb::ListApplicationsRequest in;
  const auto names = [&](const Peer& peer, std::string* token = nullptr) {
    const auto page = Ask<own_pb::ListApplicationsResponse>(peer, "ListApplications", in).value();
    Names out;
    for (const auto& entry : page.applications()) {
      out.push_back(entry.application().form().name());
      EXPECT_EQ(entry.status().name(), out.back());
      EXPECT_EQ(entry.application().form().env_size(), 0);
    }
    if (token != nullptr) *token = page.next_page_token();
    return out;
  };
  EXPECT_EQ(names(Named("carol")), (Names{"apple", "banana", "cherry", "date"}));
  in.set_mine(true);
  EXPECT_EQ(names(Named("bob")), (Names{"date"}));
  in.set_mine(false);
  in.set_name_contains("AN");
  EXPECT_EQ(names(Named("bob")), (Names{"banana"}));
  in.clear_name_contains();
  in.add_states(own_pb::ApplicationStatus::LIVE);
  EXPECT_EQ(names(Named("bob")), Names{});
  in.set_states(0, own_pb::ApplicationStatus::STOPPED);
  in.set_page_size(3);
  std::string token;
  EXPECT_EQ(names(Named("bob"), &token), (Names{"apple", "banana", "cherry"}));
  in.set_page_token(token);
  EXPECT_EQ(names(Named("bob"), &token), (Names{"date"}));
  EXPECT_EQ(token, "");
  in.set_page_token("x");
  EXPECT_EQ(
      FieldsOf(Ask<own_pb::ListApplicationsResponse>(Root(), "ListApplications", in).status()),
      Names{"page_token"});
}

TEST_F(OwnApplicationsTest, Strangers_ChangeNothing) {
  const auto app = Make();
  own_pb::UpdateApplicationRequest in;
  in.set_application_id(app.id());
  in.mutable_form()->set_name("mine");
  EXPECT_EQ(
      Ask<own_pb::UpdateApplicationResponse>(Named("bob"), "UpdateApplication", in).status().code(),
      Code::kDenied);
}

}  // namespace
}  // namespace ns::api
