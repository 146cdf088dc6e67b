// Build methods that plugins bring: in the form, on the command line, in the calls that follow.
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <boost/json.hpp>

#include "form/plan.h"
#include "testing/form_on_disk.h"
#include "testing/form_text.h"
#include "testing/program_run.h"

namespace ns::cli {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kWasm[] = R"(applications:
  - name: shop
    build:
      method: wasm
      opt: 3
      features: [simd, threads, "3"]
      target: {name: wasi, "1": yes, debug: true, none: }
      rate: 0.5
      quoted: "true"
      run: {command: ./serve, autoShutdown: {enabled: true}}
)";
constexpr char kWasmSettings[] =
    R"({"features":["simd","threads","3"],"opt":3,"quoted":"true","rate":5E-1,)"
    R"("target":{"1":"yes","debug":true,"name":"wasi","none":null}})";

std::string FormWith(const std::string& build) {
  return "applications: [{name: shop, build: {" + build + "}}]\n";
}

TEST(FreeSettings, AreJsonOfWhatStandsThere) {
  ASSERT_THAT(form::MistakesOf(kWasm), ElementsAre());
  const form::Read read = form::Parse(kWasm);
  const form::Build& build = *read.form.applications[0].build;
  EXPECT_EQ(form::MethodOf(build), "wasm");
  EXPECT_EQ(build.other.build().settings(), kWasmSettings);
  EXPECT_EQ(build.other.run().command(), "./serve");
  EXPECT_TRUE(build.other.run().auto_shutdown().enabled());
  EXPECT_EQ(form::UsualScope(build), platform::ENV_SCOPE_RUN);
  EXPECT_EQ(read.PlaceOf("applications[0].build.target.debug").line, 7);
  EXPECT_THAT(form::MistakesOf(form::Write(read.form)), ElementsAre());
  EXPECT_EQ(form::Write(form::Parse(form::Write(read.form)).form), form::Write(read.form));
}

TEST(FreeSettings, SiteIsSaidOrOfTheName) {
  const auto build = [](const std::string& text) {
    EXPECT_THAT(form::MistakesOf(FormWith(text)), ElementsAre()) << text;
    return *form::Parse(FormWith(text)).form.applications[0].build;
  };
  EXPECT_EQ(
      build("method: zola, site: {artifactPath: out, spa: true}").other.site().artifact_path(),
      "out");
  EXPECT_TRUE(form::IsSite(build("method: static-zola")));
  EXPECT_FALSE(form::IsSite(build("method: zola")));
  EXPECT_EQ(build("method: zola").other.build().settings(), "{}");
}

TEST(FreeSettings, MistakesAreToldWithTheirPlace) {
  const auto told = [](const std::string& build) { return form::MistakesOf(FormWith(build)); };
  EXPECT_THAT(told("method: runtime_cmd"),
              ElementsAre("f:1:45: applications[0].build.method: \"runtime_cmd\" is not known; did "
                          "you mean \"runtime-cmd\"?"));
  EXPECT_THAT(told("method: ''"), ElementsAre(HasSubstr("build.method: \"\" is not known")));
  EXPECT_THAT(told("method: wasm, run: {comand: x}"),
              ElementsAre(HasSubstr("build.run.comand: is not known; did you mean \"command\"?")));
  EXPECT_THAT(told("method: wasm, run: x"), ElementsAre(HasSubstr("build.run: must be a map")));
  EXPECT_THAT(told("method: wasm, run: {}, site: {}"),
              ElementsAre(HasSubstr("build.site: must not stand beside run")));
  EXPECT_THAT(told("method: wasm, a: 1, a: 2"), ElementsAre(HasSubstr("build.a: is given twice")));
  EXPECT_THAT(told("method: wasm, a: {b: 1, b: 2}"),
              ElementsAre(HasSubstr("build.a.b: is given twice")));
  EXPECT_THAT(told("method: wasm, a: {[b]: 1}"),
              ElementsAre(HasSubstr("build.a: must have texts as keys")));
  EXPECT_THAT(told("method: runtime-cmd, run: {}"),
              ElementsAre(HasSubstr("build.run: is not known")));
}

TEST(FreeSettings, NoDocumentGrowsBeyondItsBounds) {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  EXPECT_THAT(form::MistakesOf(FormWith("method: wasm, a: " + deep)),
              ElementsAre(HasSubstr("must be at most 30 levels deep")));
  EXPECT_THAT(form::MistakesOf(FormWith("method: wasm, a: &a [*a]")),
              ElementsAre(HasSubstr("must be at most 30 levels deep")));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1), name = "a" + std::to_string(i);
    bomb += ", " + name + ": &" + name + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]";
  }
  EXPECT_THAT(form::MistakesOf(FormWith("method: wasm, " + bomb)),
              ElementsAre(HasSubstr("must be among the first 10000 values")));
}

// -- the property: what the server has is exported, and applied changes nothing
rc::Gen<std::string> Odd() {
  return rc::gen::oneOf(rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)),
                        rc::gen::elementOf(std::vector<std::string>{
                            "", "true", "null", "~", "1", "-0.5", "1e3", "off", "a: b", "a #b",
                            "line\nline\n", "é\n", "[1]", "{\"a\":1}", "*a", "!x", "Infinity"}));
}

json::value AnyValue(int depth) {
  switch (*rc::gen::inRange(0, depth < 3 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<int64_t>();
    case 3:
      return *rc::gen::element(0.5, -1.25, 1e300, 0.1, 1.0);
    case 4:
      return json::string(*Odd());
    case 5: {
      json::array list;
      for (int i = *rc::gen::inRange(0, 3); i > 0; --i) list.push_back(AnyValue(depth + 1));
      return list;
    }
    default: {
      json::object map;
      for (int i = *rc::gen::inRange(0, 3); i > 0; --i) map[*Odd()] = AnyValue(depth + 1);
      return map;
    }
  }
}

TEST(FreeSettings, ExportAppliedChangesNothing) {
  EXPECT_TRUE(rc::check([] {
    json::object settings;
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) settings[*Odd()] = AnyValue(0);
    form::Live live;
    live.me = "u1";
    auto& app = live.applications.emplace_back();
    app.set_id("a1"), app.set_name("shop"), app.set_repository_id("r1");
    app.add_owner_ids("u1");
    live.users.emplace_back().set_id("u1"), live.users[0].set_name("alice");
    live.repositories.emplace_back().set_id("r1"), live.repositories[0].set_name("shop");
    auto& own = *live.own["a1"].mutable_form();
    own.mutable_build()->set_method(*rc::gen::element<std::string>("wasm", "static-x", "a: b"));
    own.mutable_build()->set_settings(json::serialize(settings));
    if (own.build().method() == "static-x" || *rc::gen::arbitrary<bool>())
      own.mutable_site()->set_artifact_path(*Odd());
    else
      own.mutable_run()->set_command(*Odd());
    const std::string text = form::Write({false, {}, {form::FormOf(app, live)}});
    RC_LOG() << text;
    RC_ASSERT(text.find("method: ") != std::string::npos);
    const form::Read read = form::Parse(text);
    for (const form::Mistake& one : read.mistakes) RC_LOG() << one.ToString("form") << "\n";
    RC_ASSERT(read.mistakes.empty());
    const form::Plan plan = form::MakePlan(read, live, {});
    for (const form::Mistake& one : plan.mistakes) RC_LOG() << one.ToString("form") << "\n";
    RC_ASSERT(plan.mistakes.empty());
    RC_ASSERT(plan.empty());
  }));
}

// -- the program
class OtherMethodTest : public ProgramRun {
 protected:
  OtherMethodTest() {
    OfferShop();
    apps_.mutable_applications(0)->clear_config();
    server_.On("GetApplications", apps_);
    Store("wasm", R"({"opt":3,"target":"wasi"})");
    server_.On("GetApplicationStatus", platform::ApplicationStatus());
    server_.On("UpdateApplication", [this](const std::string& body) {
      changed_.ParseFromString(body);
      return Ok(platform::UpdateApplicationResponse());
    });
    server_.On("CreateApplication", [this](const std::string& body) {
      made_.ParseFromString(body);
      platform::CreateApplicationResponse answer;
      answer.mutable_application()->set_id("a2");
      return Ok(answer);
    });
  }
  void Store(const std::string& method, const std::string& settings) {
    own_.mutable_form()->mutable_build()->set_method(method);
    own_.mutable_form()->mutable_build()->set_settings(settings);
    server_.On("GetApplication", own_);
  }
  int Apply(const std::string& text) {
    file_.Write(text);
    changed_.Clear();
    return Run({"apply", "-f", file_.path(), "--yes"});
  }

  const FormOnDisk file_;
  platform::UpdateApplicationRequest changed_;
  platform::CreateApplicationRequest made_;
};

TEST_F(OtherMethodTest, ExportAppliedChangesNothing) {
  ASSERT_EQ(Run({"export", "shop"}), 0) << err_;
  EXPECT_THAT(out_,
              HasSubstr("    build:\n      method: wasm\n      opt: 3\n      target: wasi\n"));
  EXPECT_EQ(Apply(out_), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("nothing was changed"));
  EXPECT_EQ(Run({"app", "show", "shop"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("method: wasm"));
}

TEST_F(OtherMethodTest, ApplyChangesSettingsAndHowItRuns) {
  EXPECT_EQ(Apply(FormWith("target: wasi, opt: 3, method: wasm")), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("nothing was changed")) << "in any order";
  EXPECT_EQ(Apply(FormWith("method: wasm, opt: 2, run: {command: x}")), 0) << err_;
  EXPECT_EQ(changed_.form().build().settings(), R"({"opt":2})");
  EXPECT_EQ(changed_.form().run().command(), "x");
  EXPECT_THAT(changed_.update_mask().paths(), ElementsAre("build", "run"));
  EXPECT_EQ(Apply(FormWith("method: zola, site: {artifactPath: public}")), 0) << err_;
  EXPECT_EQ(changed_.form().build().settings(), "{}");
  EXPECT_EQ(changed_.form().site().artifact_path(), "public");
  EXPECT_THAT(changed_.update_mask().paths(), ElementsAre("build", "site"));
  EXPECT_EQ(Apply(FormWith("method: runtime-cmd, baseImage: a")), 0) << err_;
  EXPECT_EQ(changed_.form().build().settings(), R"({"base_image":"a"})");
}

TEST_F(OtherMethodTest, ApplyMakesOneAndTellsWhatTheServerRefuses) {
  const std::string text =
      "applications: [{name: new, repository: shop, build: {method: wasm, opt: 3}}]\n";
  EXPECT_EQ(Apply(text), 0) << err_;
  EXPECT_EQ(made_.form().build().method(), "wasm");
  EXPECT_EQ(made_.form().build().settings(), R"({"opt":3})");
  EXPECT_TRUE(made_.form().has_run());
  server_.On("CreateApplication",
             Refusal(400, "invalid_argument", "form.build.method: must be one of a builder"));
  EXPECT_EQ(Apply(text), 2);
  EXPECT_THAT(err_, HasSubstr("nothing was changed:\n" + file_.path() +
                              ":1:16: applications[0]: "
                              "form.build.method: must be one of a builder"));
}

TEST_F(OtherMethodTest, SettingThatTheFormHasAnotherMeaningFor_StaysAsItIs) {
  Store("wasm", R"({"run":"fast"})");
  ASSERT_EQ(Run({"export", "shop"}), 0) << err_;
  EXPECT_THAT(out_, Not(HasSubstr("build")));
  EXPECT_THAT(err_, HasSubstr("note: shop: build is left out: its method wasm has a setting "
                              "\"run\""));
  EXPECT_EQ(Apply(out_), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("nothing was changed"));
  EXPECT_EQ(Apply(FormWith("method: wasm")), 2);
  EXPECT_THAT(err_, HasSubstr("applications[0].build: cannot be changed: its method wasm has"));
  EXPECT_EQ(Apply(FormWith("method: zola")), 0) << err_ << "another method's";
  EXPECT_EQ(Run({"app", "update", "shop", "--set", "opt=1"}), 0) << err_;
  EXPECT_EQ(changed_.form().build().settings(), R"({"opt":1,"run":"fast"})");
}

TEST_F(OtherMethodTest, CreateFromFlags) {
  const std::vector<std::string> create = {"app", "create", "shop", "--name", "x", "--method"};
  const auto with = [&](const std::vector<std::string>& more) {
    auto words = create;
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  };
  EXPECT_EQ(with({"wasm", "--set", "opt=3", "--set", "target=a=b", "--set", "list=[1,\"x\"]",
                  "--set", "run.command=./serve"}),
            0)
      << err_;
  EXPECT_EQ(made_.form().build().method(), "wasm");
  EXPECT_EQ(made_.form().build().settings(), R"({"list":[1,"x"],"opt":3,"target":"a=b"})");
  EXPECT_EQ(made_.form().run().command(), "./serve");
  EXPECT_EQ(with({"zola", "--set", "site.artifactPath=out", "--host", "x.test"}), 0) << err_;
  EXPECT_EQ(made_.form().site().artifact_path(), "out");
  EXPECT_EQ(made_.form().websites(0).http_port(), 80) << "of sites";
  EXPECT_EQ(with({"wasm", "--set", "run.comand=x"}), 2);
  EXPECT_THAT(err_, HasSubstr("wasm has no setting \"run.comand\"; did you mean \"run.command\"?"));
  EXPECT_EQ(with({"wasm", "--set", "=x"}), 2);
  EXPECT_EQ(with({"runtime_cmd"}), 2);
  EXPECT_THAT(err_, HasSubstr("\"runtime_cmd\" is not known; did you mean \"runtime-cmd\"?"));
}

TEST_F(OtherMethodTest, UpdateKeepsTheOtherSettings) {
  EXPECT_EQ(Run({"app", "update", "shop", "--set", "opt=\"3\"", "--set", "run.entrypoint=e"}), 0)
      << err_;
  EXPECT_EQ(changed_.form().build().settings(), R"({"opt":"3","target":"wasi"})");
  EXPECT_EQ(changed_.form().run().entrypoint(), "e");
  EXPECT_THAT(changed_.update_mask().paths(), ElementsAre("build", "run"));
}

}  // namespace
}  // namespace ns::cli
