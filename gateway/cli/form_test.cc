// The YAML form: read and written.
#include "form/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fstream>

#include "form/plan.h"
#include "testing/form_text.h"

namespace ns::cli::form {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Form, IsReadWithAllThatItHolds) {
  const Read read = Parse(kShopForm);
  ASSERT_THAT(MistakesOf(kShopForm), ElementsAre());
  ASSERT_EQ(read.form.applications.size(), 1U);
  const Application& app = read.form.applications[0];
  EXPECT_EQ(app.build->known.runtime_dockerfile().dockerfile_name(), "Dockerfile");
  EXPECT_EQ(app.build->known.runtime_dockerfile().context(), ".");
  EXPECT_EQ(app.build->known.runtime_dockerfile().runtime_config().auto_shutdown().startup(),
            api::AutoShutdownConfig::LOADING_PAGE);
  EXPECT_EQ(app.websites->at(0).fqdn(), "shop.test");
  EXPECT_EQ(app.websites->at(0).path_prefix(), "/");
  EXPECT_EQ(app.websites->at(0).authentication(), api::SOFT);
  EXPECT_EQ(app.ports->at(0).protocol(), api::UDP);
  EXPECT_EQ(app.env->at("GREETING").value, "yes");
  EXPECT_EQ(app.env->at("BUILD").scope, platform::ENV_SCOPE_BUILD);
  EXPECT_EQ(app.env->at("TOKEN").from->name, "token");
  EXPECT_EQ(read.form.repositories[0].auth->user, "bot");
  EXPECT_EQ(read.PlaceOf("applications[0].ref").line, 8);
  EXPECT_EQ(read.PlaceOf("applications[0].env.TOKEN.valueFrom.file").line, 27);
}

// As core/model keeps them, see CanonicalHost there.
TEST(Form, HostsHaveOneSpelling) {
  const std::pair<std::string, std::string> kRows[] = {
      {"Shop.Test", "shop.test"},
      {"BÜCHER.apps.test", "xn--bcher-kva.apps.test"},
      {"bu\xcc\x88"
       "cher.apps.test",
       "xn--bcher-kva.apps.test"},
      {"XN--BCHER-KVA.apps.test", "xn--bcher-kva.apps.test"},
      {"straße.test", "xn--strae-oqa.test"},
      {"💩.B", "💩.b"},  // not allowed: the server refuses it
  };
  for (const auto& [given, kept] : kRows) {
    api::CreateWebsiteRequest website;
    website.set_fqdn(given);
    Normalise(website);
    EXPECT_EQ(website.fqdn(), kept) << given;
  }
}

// The same rows as core/model, which keeps them so.
TEST(Form, PathsHaveOneSpelling) {
  std::ifstream rows(NS_CANONICAL_PATHS);
  int count = 0;
  for (std::string line; std::getline(rows, line);) {
    if (line.starts_with('#')) continue;
    const std::string given = line.substr(0, line.find(' ')), kept = line.substr(given.size() + 1);
    api::CreateWebsiteRequest website;
    website.set_path_prefix(given);
    Normalise(website);
    EXPECT_EQ(website.path_prefix(), kept) << given;
    ++count;
  }
  EXPECT_GE(count, 15) << NS_CANONICAL_PATHS;
}

TEST(Form, EveryMistakeIsToldWithItsPlace) {
  EXPECT_THAT(MistakesOf("aplications: []\n"),
              ElementsAre("f:1:1: aplications: is not known; did you mean \"applications\"?"));
  EXPECT_THAT(
      MistakesOf("applications:\n"
                 "  - name: [a]\n"
                 "    running: yes\n"
                 "    build: {method: runtime_dockerfile}\n"
                 "    websites:\n"
                 "      - {fqdn: a, httpPort: 70000, port: 1}\n"
                 "    env: {A: {secret: true, value: x}, B: {}, A: 1, C: }\n"
                 "    owners: alice\n"
                 "  - ref: main\n"),
      ElementsAre("f:2:11: applications[0].name: must be a text, not a list",
                  "f:3:14: applications[0].running: must be true or false, not \"yes\"",
                  HasSubstr("f:4:21: applications[0].build.method: \"runtime_dockerfile\" is not"),
                  "f:6:29: applications[0].websites[0].httpPort: must be a whole number from 1 to "
                  "65535, not \"70000\"",
                  HasSubstr("f:6:36: applications[0].websites[0].port: is not known"),
                  HasSubstr("f:7:14: applications[0].env.A: is secret, so its value"),
                  HasSubstr("f:7:43: applications[0].env.B: must have value or valueFrom"),
                  "f:7:47: applications[0].env.A: is given twice",
                  "f:7:56: applications[0].env.C: must have a value; \"\" is an empty text",
                  "f:8:13: applications[0].owners: must be a list, not a text",
                  "f:9:5: applications[1].name: must be given"));
  EXPECT_THAT(MistakesOf("a: [\n"), ElementsAre(HasSubstr("is no YAML: ")));
  EXPECT_THAT(MistakesOf("- a\n"), ElementsAre(HasSubstr("must be a map of keys and values")));
  EXPECT_THAT(MistakesOf("whole: true\n---\na: b\n"), ElementsAre(HasSubstr("a second begins")));
  EXPECT_THAT(MistakesOf("repositories: [{name: a}, {name: a}]\n"),
              ElementsAre("f:1:34: repositories[1].name: \"a\" stands here twice"));
}

TEST(Form, LoginIsWholeOrStored) {
  const auto auth = [](const std::string& text) {
    return MistakesOf("repositories: [{name: a, auth: " + text + "}]\n");
  };
  EXPECT_THAT(auth("{method: basic, secret: true}"), ElementsAre());
  EXPECT_THAT(auth("{method: ssh, key: k}"), ElementsAre());
  EXPECT_THAT(auth("{method: basic, user: u}"), ElementsAre(HasSubstr("user and valueFrom, or")));
  EXPECT_THAT(auth("{user: u, valueFrom: {env: X}}"), ElementsAre(HasSubstr("only method: basic")));
  EXPECT_THAT(auth("{method: none, key: k}"), ElementsAre(HasSubstr("only method: ssh")));
  EXPECT_THAT(auth("{method: basic, user: u, valueFrom: {env: X, file: y}}"),
              testing::Contains(HasSubstr("one of the two")));
}

// -- the property: what is written is read as it was
// --------------------------------------------------
rc::Gen<std::string> AnyText() {
  return rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::inRange<char>(1, 127),
                     rc::gen::elementOf(std::string(" \n:#-'\"\\{}[]&*!|>%@`,?~"))));
}
rc::Gen<std::string> Odd() {
  return rc::gen::oneOf(AnyText(), rc::gen::elementOf(std::vector<std::string>{
                                       "",         "true",   "null", "~",    "1",    "0x1f",
                                       "1e3",      "off",    "- a",  "a: b", "a #b", "line\nline\n",
                                       "line\n\n", "  x\ny", "é\n",  "|",    "---",  "a\n---\nb",
                                       "x \ny",    "\tx\ny", "\n",   "äöü"}));
}

api::ApplicationConfig AnyConfig() {
  Build build;
  auto& config = build.known;
  if (*rc::gen::arbitrary<bool>()) {
    auto& method = *config.mutable_runtime_cmd();
    method.set_base_image(*Odd());
    method.set_build_cmd(*Odd());
    method.mutable_runtime_config()->set_command(*Odd());
  } else {
    auto& method = *config.mutable_static_dockerfile();
    method.set_dockerfile_name(*Odd());
    method.set_context(*Odd());
    method.mutable_static_config()->set_artifact_path(*Odd());
    method.mutable_static_config()->set_spa(*rc::gen::arbitrary<bool>());
  }
  Normalise(build);
  return config;
}

Variable AnyVariable() {
  Variable variable;
  variable.secret = *rc::gen::arbitrary<bool>();
  variable.scope = static_cast<platform::EnvScope>(*rc::gen::inRange(1, 4));
  if (!variable.secret) variable.value = *Odd();
  return variable;
}

Live AnyLive() {
  Live live;
  live.me = "u1";
  auto& me = live.users.emplace_back();
  me.set_id("u1"), me.set_name(*rc::gen::nonEmpty(Odd()));
  auto& repo = live.repositories.emplace_back();
  repo.set_id("r1"), repo.set_name(*rc::gen::nonEmpty(Odd()));
  repo.set_url("https://git.test/a.git"), repo.add_owner_ids("u1");
  repo.set_auth_method(static_cast<api::Repository::AuthMethod>(*rc::gen::inRange(0, 3)));
  if (repo.auth_method() == api::Repository::SSH && *rc::gen::arbitrary<bool>())
    live.host_keys["r1"] = {
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"};
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    auto& app = live.applications.emplace_back();
    app.set_id("a" + std::to_string(i));
    app.set_name(*rc::gen::elementOf(std::vector<std::string>{"shop", "b\nc", "1"}));
    app.set_repository_id("r1"), app.add_owner_ids("u1");
    app.set_ref_name(*Odd());
    app.set_running(*rc::gen::arbitrary<bool>());
    *app.mutable_config() = AnyConfig();
    auto& website = *app.add_websites();
    website.set_fqdn("a.test"), website.set_path_prefix(*rc::gen::nonEmpty(Odd()));
    website.set_http_port(*rc::gen::inRange(1, 65536));
    auto& port = *app.add_port_publications();
    port.set_internet_port(1), port.set_application_port(2);
    auto& own = *live.own[app.id()].mutable_form();
    own.set_strategy(static_cast<Strategy>(*rc::gen::inRange(0, 2)));
    own.set_backend(*Odd());
    for (const char* key : {"A", "YES", "N"}) {
      const Variable variable = AnyVariable();
      auto& one = *own.add_env();
      one.set_key(key), one.set_secret(variable.secret), one.set_scope(variable.scope);
      if (variable.value) one.set_value(*variable.value);
    }
  }
  return live;
}

TEST(Form, ExportAppliedChangesNothing) {
  EXPECT_TRUE(rc::check([] {
    const Live live = AnyLive();
    Form form;
    form.whole = true;
    for (const auto& repo : live.repositories) form.repositories.push_back(FormOf(repo, live));
    for (const auto& app : live.applications) form.applications.push_back(FormOf(app, live));
    const std::string text = Write(form);
    const Read read = Parse(text);
    for (const Mistake& one : read.mistakes) RC_LOG() << one.ToString("form") << "\n";
    RC_LOG() << text;
    RC_ASSERT(read.mistakes.empty());
    RC_ASSERT(Write(read.form) == text);
    Options options;
    options.prune = true;
    const Plan plan = MakePlan(read, live, options);
    for (const auto& step : plan.applications) RC_LOG() << step.name << ": " << step.parts.size();
    RC_ASSERT(plan.mistakes.empty());
    RC_ASSERT(plan.empty());
  }));
}

}  // namespace
}  // namespace ns::cli::form
