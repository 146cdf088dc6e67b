// The YAML form: read, written, and turned into a plan.
#include "form/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fstream>

#include "failure.h"
#include "form/plan.h"

namespace ns::cli::form {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> MistakesOf(const std::string& text) {
  std::vector<std::string> out;
  for (const Mistake& one : Parse(text).mistakes) out.push_back(one.ToString("f"));
  return out;
}

constexpr char kShop[] = R"(repositories:
  - name: shop
    url: https://git.test/shop.git
    auth: {method: basic, user: bot, valueFrom: {env: PASSWORD}}
applications:
  - name: shop
    repository: shop
    ref: main
    running: true
    build:
      method: runtime-dockerfile
      dockerfileName: Dockerfile
      autoShutdown:
        enabled: true
        startup: loading_page
    websites:
      - fqdn: Shop.Test
        httpPort: 8080
        authentication: soft
    portPublications:
      - internetPort: 9000
        applicationPort: 90
        protocol: udp
    env:
      GREETING: "yes"
      BUILD: {value: x, scope: build}
      TOKEN: {secret: true, valueFrom: {file: token}}
    owners: [alice]
)";

TEST(Form, IsReadWithAllThatItHolds) {
  const Read read = Parse(kShop);
  ASSERT_THAT(MistakesOf(kShop), ElementsAre());
  ASSERT_EQ(read.form.applications.size(), 1U);
  const Application& app = read.form.applications[0];
  EXPECT_EQ(app.build->runtime_dockerfile().dockerfile_name(), "Dockerfile");
  EXPECT_EQ(app.build->runtime_dockerfile().context(), ".");
  EXPECT_EQ(app.build->runtime_dockerfile().runtime_config().auto_shutdown().startup(),
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
                 "    build: {method: dockerfile}\n"
                 "    websites:\n"
                 "      - {fqdn: a, httpPort: 70000, port: 1}\n"
                 "    env: {A: {secret: true, value: x}, B: {}, A: 1, C: }\n"
                 "    owners: alice\n"
                 "  - ref: main\n"),
      ElementsAre("f:2:11: applications[0].name: must be a text, not a list",
                  "f:3:14: applications[0].running: must be true or false, not \"yes\"",
                  HasSubstr("f:4:21: applications[0].build.method: \"dockerfile\" is not known"),
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
  api::ApplicationConfig config;
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
  Normalise(config);
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
    for (const char* key : {"A", "YES", "N"}) {
      const Variable variable = AnyVariable();
      auto& one = *live.own[app.id()].mutable_form()->add_env();
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

// -- plans
// -----------------------------------------------------------------------------------------
class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    live_.me = "u1";
    auto& me = live_.users.emplace_back();
    me.set_id("u1"), me.set_name("alice");
    auto& bob = live_.users.emplace_back();
    bob.set_id("u2"), bob.set_name("bob");
    auto& repo = live_.repositories.emplace_back();
    repo.set_id("r1"), repo.set_name("shop"), repo.set_url("https://git.test/shop.git");
    repo.add_owner_ids("u1");
    auto& app = live_.applications.emplace_back();
    app.set_id("a1"), app.set_name("shop"), app.set_repository_id("r1"), app.set_ref_name("main");
    app.add_owner_ids("u1");
    app.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("Dockerfile");
    live_.own["a1"].set_etag("7");
    auto& secret = *live_.own["a1"].mutable_form()->add_env();
    secret.set_key("TOKEN"), secret.set_secret(true), secret.set_scope(platform::ENV_SCOPE_RUN);
    auto& plain = *live_.own["a1"].mutable_form()->add_env();
    plain.set_key("PLAIN"), plain.set_value("v"), plain.set_scope(platform::ENV_SCOPE_BOTH);
    options_.values = [](const ValueFrom& from) {
      if (from.name == "NONE") throw Failure(Exit::kUsage, "there is no NONE");
      return "of " + from.name;
    };
  }
  Plan Make(const std::string& text) {
    read_ = Parse(text);
    EXPECT_THAT(MistakesOf(text), ElementsAre());
    return MakePlan(read_, live_, options_);
  }
  // "KEY=VALUE", or "KEY" of one that stays as it is.
  static std::vector<std::string> EnvOf(const platform::ApplicationForm& form) {
    std::vector<std::string> out;
    for (const auto& one : form.env())
      out.push_back(one.key() + (one.has_value() ? "=" + one.value() : ""));
    return out;
  }
  std::vector<std::string> Faults(const std::string& text) {
    std::vector<std::string> out;
    for (const Mistake& one : Make(text).mistakes) out.push_back(one.ToString("f"));
    return out;
  }

  Live live_;
  Options options_;
  Read read_;
};

TEST_F(PlanTest, WhatIsAbsentIsLeftAsItIs) {
  EXPECT_TRUE(Make("applications: [{name: shop}]\n").empty());
  EXPECT_TRUE(
      Make("applications: [{name: shop, env: {PLAIN: v, TOKEN: {secret: true}}}]\n").empty());
}

TEST_F(PlanTest, OnlyWhatDiffersIsChanged) {
  const Plan plan = Make(
      "applications: [{name: shop, ref: next, running: true, env: {PLAIN: w, NEW: x}, owners: "
      "[bob]}]\n");
  ASSERT_EQ(plan.applications.size(), 1U);
  const auto& step = plan.applications[0];
  EXPECT_THAT(step.parts, ElementsAre("ref", "owners", "env.NEW", "env.PLAIN", "running"));
  EXPECT_THAT(step.change.update_mask().paths(), ElementsAre("ref_name", "owner_ids", "env"));
  EXPECT_EQ(step.change.etag(), "7");
  EXPECT_EQ(step.change.form().ref_name(), "next");
  EXPECT_THAT(step.change.form().owner_ids(), ElementsAre("u2"));
  EXPECT_THAT(EnvOf(step.change.form()), ElementsAre("NEW=x", "PLAIN=w", "TOKEN"));
  EXPECT_TRUE(step.start);
  ASSERT_EQ(plan.differences.size(), 1U);
  EXPECT_THAT(plan.differences[0].before, HasSubstr("ref: main"));
  EXPECT_THAT(plan.differences[0].after, HasSubstr("PLAIN: {value: \"w\", scope: both}"));
}

TEST_F(PlanTest, OwnersAreTheSameByNameByIdAndTwice) {
  for (const char* owners : {"[alice]", "[Alice]", "[u1]", "[alice, u1, ALICE]"})
    EXPECT_TRUE(Make("applications: [{name: shop, owners: " + std::string(owners) + "}]\n").empty())
        << owners;
  EXPECT_FALSE(Make("applications: [{name: shop, owners: [u1, bob]}]\n").empty());
}

TEST_F(PlanTest, AnotherUrlWantsTheLoginAnew) {
  live_.repositories[0].set_auth_method(api::Repository::BASIC);
  const std::string moved = "repositories: [{name: shop, url: 'https://git.test/new.git'";
  EXPECT_THAT(Faults(moved + "}]\n"), ElementsAre(HasSubstr("auth: must give the login anew")));
  const Plan plan = Make(moved + ", auth: {method: basic, user: bot, valueFrom: {env: P}}}]\n");
  ASSERT_EQ(plan.repositories.size(), 1U);
  EXPECT_EQ(plan.repositories[0].change.auth().basic().password(), "of P");
  EXPECT_THAT(Faults(moved + ", auth: {method: none}}]\n"), ElementsAre());
}

TEST_F(PlanTest, SecretsAreKeptUnlessReplaced) {
  const char* text =
      "applications: [{name: shop, env: {TOKEN: {secret: true, valueFrom: {env: T}}}}]\n";
  const Plan kept = Make(text);
  EXPECT_TRUE(kept.empty());
  EXPECT_THAT(kept.notes, ElementsAre(HasSubstr("TOKEN is kept as it is stored")));
  options_.replace_secrets = true;
  const Plan replaced = Make(text);
  ASSERT_EQ(replaced.applications.size(), 1U);
  EXPECT_THAT(EnvOf(replaced.applications[0].change.form()), ElementsAre("TOKEN=of T", "PLAIN"));
  EXPECT_THAT(replaced.differences[0].after, testing::Not(HasSubstr("of T")));
}

TEST_F(PlanTest, MistakesOfMeaningHaveTheirPlaceToo) {
  EXPECT_THAT(Faults("applications:\n"
                     "  - {name: shop, owners: [alice, carol]}\n"
                     "  - {name: other, repository: nope, ref: main}\n"
                     "  - name: third\n"
                     "    repository: shop\n"
                     "    build: {method: static-cmd, artifactPath: .}\n"
                     "    env: {A: {secret: true}, B: {valueFrom: {env: NONE}}}\n"),
              ElementsAre("f:2:34: applications[0].owners[1]: there is no user \"carol\"",
                          HasSubstr("f:3:5: applications[1].build: must be given"),
                          HasSubstr("f:3:31: applications[1].repository: there is no repository"),
                          HasSubstr("f:7:11: applications[2].env.A: must have valueFrom"),
                          "f:7:45: applications[2].env.B.valueFrom: there is no NONE"));
}

TEST_F(PlanTest, NewRepositoryAndItsApplication) {
  const Plan plan = Make(kShop +
                         std::string("  - name: second\n    repository: fresh\n    build: "
                                     "{method: static-cmd, artifactPath: .}\n") +
                         "");
  EXPECT_FALSE(plan.mistakes.empty());  // no repository "fresh"
  const Plan good = Make(
      "repositories: [{name: fresh, url: 'https://git.test/f.git'}]\n"
      "applications: [{name: second, repository: fresh, build: {method: static-cmd, artifactPath: "
      "dist}}]\n");
  ASSERT_EQ(good.repositories.size(), 1U);
  ASSERT_EQ(good.applications.size(), 1U);
  EXPECT_EQ(good.applications[0].repository_path, "repositories[0]");
  const auto& create = good.applications[0].create;
  EXPECT_EQ(create.form().ref_name(), "HEAD");
  EXPECT_EQ(create.form().build().method(), "static-cmd");
  EXPECT_EQ(create.form().build().settings(), "{}");
  EXPECT_EQ(create.form().site().artifact_path(), "dist");
  EXPECT_TRUE(create.start());
  EXPECT_FALSE(good.applications[0].changes());
}

TEST_F(PlanTest, PruneTakesAwayWhatAWholeFormDoesNotName) {
  options_.prune = true;
  const Plan part = Make("applications: [{name: shop, env: {TOKEN: {secret: true}}}]\n");
  ASSERT_EQ(part.applications.size(), 1U);
  EXPECT_THAT(part.applications[0].parts, ElementsAre("env.PLAIN (unset)"));
  EXPECT_THAT(EnvOf(part.applications[0].change.form()), ElementsAre("TOKEN"));
  EXPECT_TRUE(Make("applications: []\n").empty());
  const Plan whole = Make("whole: true\n");
  ASSERT_EQ(whole.applications.size(), 1U);
  EXPECT_EQ(whole.applications[0].kind, Kind::kDelete);
  ASSERT_EQ(whole.repositories.size(), 1U);
  live_.applications[0].set_owner_ids(0, "u2");
  const Plan others = Make("whole: true\n");
  EXPECT_TRUE(others.empty());  // it is bob's, and so the repository is used
}

TEST_F(PlanTest, WhoMakesItForOthersGivesItUpAfterwards) {
  const char* text =
      "applications: [{name: new, repository: shop, build: {method: runtime-cmd, command: x}, "
      "owners: [bob]}]\n";
  const auto step = Make(text).applications.at(0);
  EXPECT_THAT(step.create.form().owner_ids(), ElementsAre("u2"));
  EXPECT_THAT(step.change.update_mask().paths(), ElementsAre("owner_ids"));
  EXPECT_EQ(step.create.form().run().command(), "x");
}

TEST_F(PlanTest, VariableThatNoKeyOpensIsSetAnewOrLeftAlone) {
  auto& broken = *live_.own["a1"].mutable_form()->mutable_env(1);
  broken.clear_value(), broken.set_seal_broken(true);
  EXPECT_EQ(FormOf(live_.applications[0], live_).env->count("PLAIN"), 0U);
  const auto step = Make("applications: [{name: shop, env: {PLAIN: v}}]\n").applications.at(0);
  EXPECT_THAT(EnvOf(step.change.form()), ElementsAre("PLAIN=v", "TOKEN"));
  EXPECT_TRUE(Make("applications: [{name: shop, env: {}}]\n").empty());
}

TEST_F(PlanTest, TwinsNeedAnId) {
  auto twin = live_.applications[0];
  twin.set_id("a2");
  live_.applications.push_back(twin);
  EXPECT_THAT(Faults("applications: [{name: shop, ref: x}]\n"),
              ElementsAre(HasSubstr("give id, one of a1, a2")));
  EXPECT_EQ(Make("applications: [{name: shop, id: a2, ref: x}]\n").applications[0].id, "a2");
  EXPECT_THAT(Faults("applications: [{name: shop, id: a3}]\n"),
              ElementsAre(HasSubstr("no application here has it")));
}

}  // namespace
}  // namespace ns::cli::form
