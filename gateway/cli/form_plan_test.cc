// What has to happen so that an installation is as a form says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.h"
#include "form/plan.h"
#include "testing/form_text.h"

namespace ns::cli::form {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
  std::vector<std::string> Faults(const std::string& text) { return TextsOf(Make(text).mistakes); }

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

TEST_F(PlanTest, StrategyChangesAndBackendDoesNot) {
  auto& stored = *live_.own.begin()->second.mutable_form();
  stored.set_backend("docker");
  EXPECT_TRUE(Make("applications: [{name: shop, strategy: rolling, backend: docker}]\n").empty());
  const Plan plan = Make("applications: [{name: shop, strategy: recreate}]\n");
  ASSERT_EQ(plan.applications.size(), 1U);
  EXPECT_THAT(plan.applications[0].change.update_mask().paths(), ElementsAre("strategy"));
  EXPECT_EQ(plan.applications[0].change.form().strategy(), platform::ApplicationForm::RECREATE);
  EXPECT_THAT(plan.differences[0].after, HasSubstr("strategy: recreate"));
  EXPECT_THAT(Faults("applications: [{name: shop, backend: other}]\n"),
              ElementsAre(HasSubstr("backend: cannot change: the application runs on \"docker\"")));
  stored.set_strategy(platform::ApplicationForm::RECREATE);
  EXPECT_TRUE(Make("applications: [{name: shop}]\n").empty()) << "what is absent stays";
  const Application shown = FormOf(live_.applications[0], live_);
  EXPECT_EQ(shown.strategy, platform::ApplicationForm::RECREATE);
  EXPECT_EQ(shown.backend, "docker");
  EXPECT_TRUE(Make(Write({false, {}, {shown}})).empty());
  const Plan made = Make(
      "applications: [{name: new, repository: shop, build: {method: static-cmd}, strategy: "
      "recreate, backend: other}]\n");
  EXPECT_EQ(made.applications[0].create.form().strategy(), platform::ApplicationForm::RECREATE);
  EXPECT_EQ(made.applications[0].create.form().backend(), "other");
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
  const Plan plan = Make(kShopForm +
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
