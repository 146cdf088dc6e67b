#include "build/command_plan.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <sstream>

namespace ns::build {
namespace {

using testing::HasSubstr;
using testing::Not;

sdk::BuildRequest RequestWith(std::vector<sdk::EnvVar> env = {},
                              std::vector<std::string> command = {"./app"}) {
  sdk::BuildRequest request;
  request.app = "app1";
  request.build = "build1";
  request.source = "/nowhere";
  request.command = std::move(command);
  request.env = std::move(env);
  return request;
}

// Reason and message of what planning refuses; empty when it does not.
std::string Refusal(const std::string& settings, const sdk::BuildRequest& request) {
  try {
    PlanCommands(ParseCommandSettings(settings), request);
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.fault(), sdk::Fault::kSource);
    EXPECT_EQ(error.code(), NS_E_INVALID);
    return error.reason() + ": " + error.message();
  }
  return "";
}

TEST(CommandPlan, BaseAndScript_GoldenDockerfile) {
  const auto plan =
      PlanCommands({"nsbase:1", "cp version mode /\necho \"built\" $(cat version)"}, RequestWith());
  EXPECT_EQ(plan.dockerfile_text,
            "FROM nsbase:1\n"
            "WORKDIR /srv\n"
            "COPY . .\n"
            "RUN [\"/bin/sh\",\"-c\",\"set -eux\\ncp version mode /\\necho \\\"built\\\" $(cat "
            "version)\"]\n");
  EXPECT_TRUE(plan.ignore_dockerignore);
  EXPECT_EQ(plan.context, ".");
  EXPECT_TRUE(plan.secrets.empty());
  EXPECT_TRUE(plan.args.empty());
}

TEST(CommandPlan, NoBase_StartsFromScratchWithoutRun) {
  EXPECT_EQ(PlanCommands({"", ""}, RequestWith()).dockerfile_text,
            "FROM scratch\nWORKDIR /srv\nCOPY . .\n");
}

TEST(CommandPlan, Variables_ReachTheScriptAsOneSecretAndNoOtherWay) {
  const auto plan =
      PlanCommands({"debian:12", "make"},
                   RequestWith({{"TOKEN", "it's $ecret\n", true}, {"MODE", "fast", false}}));
  EXPECT_EQ(plan.dockerfile_text,
            "FROM debian:12\nWORKDIR /srv\nCOPY . .\n"
            "RUN --mount=type=secret,id=ns-build-env,required=true "
            "[\"/bin/sh\",\"-c\",\". /run/secrets/ns-build-env\\nset -eux\\nmake\"]\n");
  EXPECT_EQ(plan.secrets,
            (std::vector<sdk::EnvVar>{
                {"ns-build-env", "export MODE='fast'\nexport TOKEN='it'\\''s $ecret\n'\n", true},
                {"MODE", "fast", false},
                {"TOKEN", "it's $ecret\n", true}}));
  EXPECT_TRUE(plan.args.empty());
}

TEST(CommandPlan, OtherValues_SameDockerfile) {
  const auto one = PlanCommands({"debian:12", "make"}, RequestWith({{"TOKEN", "one", true}}));
  const auto two = PlanCommands({"debian:12", "make"}, RequestWith({{"TOKEN", "two", true}}));
  EXPECT_EQ(one.dockerfile_text, two.dockerfile_text);
  EXPECT_NE(one.secrets[0].value, two.secrets[0].value);
}

TEST(CommandPlan, SameRequestTwice_SamePlanWhateverAppAndBuild) {
  auto request = RequestWith({{"B", "2", false}, {"A", "1", false}});
  const auto first = PlanCommands({"debian:12", "make"}, request);
  request.build = "build2";
  std::swap(request.env[0], request.env[1]);
  EXPECT_EQ(first, PlanCommands({"debian:12", "make"}, request));
}

TEST(CommandPlan, WindowsLineEnds_AreUnixOnes) {
  EXPECT_EQ(PlanCommands({"debian:12", "a\r\nb"}, RequestWith()),
            PlanCommands({"debian:12", "a\nb"}, RequestWith()));
}

TEST(CommandPlan, ScriptOfManyKindsOfCharacters_StaysOnOneLine) {
  const auto plan = PlanCommands({"debian:12", "echo \\\n  \"$HOME\" \t'`x`' \xE2\x9C\x93 # end\\"},
                                 RequestWith());
  EXPECT_EQ(std::count(plan.dockerfile_text.begin(), plan.dockerfile_text.end(), '\n'), 4);
  EXPECT_THAT(plan.dockerfile_text, HasSubstr("end\\\\\"]\n"));
}

TEST(CommandPlan, ScriptWithoutShell_IsRefused) {
  EXPECT_THAT(Refusal(R"({"build_cmd":"make"})", RequestWith()),
              HasSubstr("SettingsInvalid: build_cmd needs a base_image"));
}

TEST(CommandPlan, BaseThatIsMoreThanAName_IsRefused) {
  for (const char* base : {R"(a\nRUN x)", "a b", "$X", "-x", "a AS b", "a\\\\"}) {
    EXPECT_THAT(Refusal(std::string(R"({"base_image":")") + base + "\"}", RequestWith()),
                HasSubstr("SettingsInvalid: base_image"))
        << base;
  }
  EXPECT_EQ(Refusal(R"({"base_image":"127.0.0.1:5000/a/b_c:1.2@sha256:00"})", RequestWith()), "");
}

TEST(CommandPlan, BadJson_IsRefused) {
  EXPECT_THAT(Refusal("[]", RequestWith()), HasSubstr("SettingsInvalid"));
  EXPECT_THAT(Refusal("{", RequestWith()), HasSubstr("SettingsInvalid"));
  EXPECT_THAT(Refusal(R"({"base_image":7})", RequestWith()),
              HasSubstr("\"base_image\" is no text"));
}

TEST(CommandPlan, VariableThatNoShellTakes_IsRefusedWithoutItsValue) {
  const std::string refusal =
      Refusal(R"({"base_image":"a","build_cmd":"b"})", RequestWith({{"A-B", "hidden", true}}));
  EXPECT_THAT(refusal, HasSubstr("\"A-B\""));
  EXPECT_THAT(refusal, Not(HasSubstr("hidden")));
}

// Builders take no line of 64 KiB; joined again the lines are what one would be.
TEST(CommandPlan, LongScript_IsFoldedWhereNothingIsLost) {
  std::string script;
  for (int i = 0; script.size() < 99'000; ++i)
    script += "echo \"" + std::to_string(i) + "\" \\\\ # not a comment\n\t#\u00e9\x01\n";
  const std::string text = PlanCommands({"nsbase:1", script}, RequestWith()).dockerfile_text;
  std::istringstream lines(text);
  std::string joined;
  int continued = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LT(line.size(), 65'000u);
    EXPECT_THAT(line, Not(testing::StartsWith("#")));
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.pop_back();
    EXPECT_FALSE(goes_on && line.ends_with('\\')) << "an escape is cut";
    continued += goes_on;
    joined += line + (goes_on ? "" : "\n");
  }
  EXPECT_GE(continued, 2);
  const std::string short_text = PlanCommands({"nsbase:1", "x"}, RequestWith()).dockerfile_text;
  const std::string head = short_text.substr(0, short_text.find("set -eux"));
  ASSERT_TRUE(joined.starts_with(head));
  const size_t begin = joined.find("[\"/bin/sh");
  const auto words = boost::json::parse(joined.substr(begin));
  EXPECT_EQ(std::string(words.at(2).as_string()), "set -eux\n" + script);
}

TEST(CommandPlan, LongScriptThatCannotBeFolded_IsRefused) {
  EXPECT_THAT(Refusal(R"({"base_image":"a:1","build_cmd":")" + std::string(70'000, '#') + "\"}",
                      RequestWith()),
              HasSubstr("SettingsInvalid: build_cmd holds 30000 bytes"));
}

TEST(CommandPlan, ScriptTooLong_IsRefused) {
  EXPECT_THAT(Refusal(R"({"base_image":"a","build_cmd":")" + std::string(100'001, 'x') + "\"}",
                      RequestWith()),
              HasSubstr("100000"));
}

}  // namespace
}  // namespace ns::build
