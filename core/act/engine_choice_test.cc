#include "act/engine_choice.h"

#include <gmock/gmock.h>

namespace ns::act {
namespace {

using ::testing::HasSubstr;

ports::EngineAbilities Dockerfiles() {
  ports::EngineAbilities can;
  can.dockerfile = true;
  return can;
}
ports::EngineAbilities All() {
  ports::EngineAbilities can = Dockerfiles();
  can.secrets = can.exports = can.heredoc = can.buildpack = true;
  return can;
}
ports::EngineAbilities Without(bool ports::EngineAbilities::*ability) {
  ports::EngineAbilities can = All();
  can.*ability = false;
  return can;
}

TEST(EngineChoice, Needs_AreReadOffThePlan) {
  ports::BuildPlan plan;
  plan.dockerfile_text = "FROM scratch\n";
  EXPECT_EQ(NeedsOf(plan, plan.dockerfile_text), EngineNeeds());
  plan.export_path = "/srv";
  plan.secrets.push_back({"TOKEN", Secret("x"), model::EnvScope::kBuild, true});
  EXPECT_EQ(NeedsOf(plan, "FROM a\nRUN <<EOF\nmake\nEOF\n"),
            (EngineNeeds{false, true, true, true}));
  plan.builder = "builder:1";
  EXPECT_EQ(NeedsOf(plan, "RUN <<EOF\n"), (EngineNeeds{true, true, true, false}));
}

TEST(EngineChoice, Heredoc_IsAWordOfAnInstructionThatTakesOne) {
  const auto has = [](std::string_view text) { return NeedsOf({}, text).heredoc; };
  for (const char* text :
       {"RUN <<EOF", "  run <<EOF\n", "RUN --mount=type=cache,target=/x <<-'end' sh\n",
        "COPY <<\"a\" <<b /x/\n", "ADD --chown=1 <<_x /y", "FROM a\r\nRUN\t<<EOF\r\n"})
    EXPECT_TRUE(has(text)) << text;
  for (const char* text : {"", "FROM a\n", "RUN echo $((1 << 2))\n", "RUN echo $((1<<2))\n",
                           "CMD <<EOF\n", "# RUN <<EOF\n", "RUN cat << \n", "RUN <<", "RUN <<1\n"})
    EXPECT_FALSE(has(text)) << text;
}

TEST(EngineChoice, FirstThatFits_IsTaken) {
  EXPECT_EQ(ChooseEngine({}, {Dockerfiles(), All()}).value(), 0u);
  EXPECT_EQ(ChooseEngine({true, false, false, false}, {Dockerfiles(), All(), All()}).value(), 1u);
  EXPECT_EQ(ChooseEngine({false, true, false, false}, {Dockerfiles(), All()}).value(), 1u);
  EXPECT_EQ(ChooseEngine({false, false, true, false}, {Dockerfiles(), All()}).value(), 1u);
}

TEST(EngineChoice, Buildpacks_NeedNoDockerfiles) {
  EXPECT_EQ(ChooseEngine({true, true, true, false}, {Without(&ports::EngineAbilities::dockerfile)})
                .value(),
            0u);
}

TEST(EngineChoice, Heredoc_IsAWishAndNoCondition) {
  const EngineNeeds needs{false, false, false, true};
  EXPECT_EQ(ChooseEngine(needs, {Dockerfiles(), All()}).value(), 1u);
  EXPECT_EQ(ChooseEngine(needs, {Dockerfiles(), Dockerfiles()}).value(), 0u);
}

TEST(EngineChoice, NoneThatFits_IsTheOperatorsFaultAndSaysWhatIsMissing) {
  const auto refused = [](const EngineNeeds& needs,
                          const std::vector<ports::EngineAbilities>& engines) {
    const auto choice = ChooseEngine(needs, engines);
    EXPECT_FALSE(choice.ok());
    EXPECT_EQ(choice.status().reason(), "EngineNotLoaded");
    EXPECT_EQ(choice.status().fault(), Fault::kOperator);
    return choice.status().message();
  };
  EXPECT_THAT(refused({}, {}), HasSubstr("no engine that builds Dockerfiles is loaded"));
  EXPECT_THAT(refused({true, false, false, false}, {Dockerfiles()}),
              HasSubstr("no engine that runs buildpacks is"));
  EXPECT_THAT(refused({true, true, false, false}, {Without(&ports::EngineAbilities::exports)}),
              HasSubstr("runs buildpacks and exports a folder is"));
  EXPECT_THAT(refused({false, true, true, false}, {Without(&ports::EngineAbilities::secrets)}),
              HasSubstr("exports a folder and takes build variables as secrets"));
}

}  // namespace
}  // namespace ns::act
