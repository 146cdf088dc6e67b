// Configuration, command line, progress, fingerprints and cgroups: the parts that need no daemon.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "command_line.h"
#include "config.h"
#include "guard.h"
#include "progress.h"
#include "secret_print.h"

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr Machine kMachine{int64_t{8} << 30, 4};

TEST(Config, Nothing_IsHalfTheMachine) {
  const Config config = ParseConfig("", kMachine);
  EXPECT_EQ(config.memory, int64_t{4} << 30);
  EXPECT_EQ(config.cpu_millis, 2000);
  EXPECT_EQ(config.timeout, 30min);
  EXPECT_EQ(config.concurrency, 1);
}

TEST(Config, Units_AreUnderstood) {
  const Config config = ParseConfig(
      R"({"memory":"256M","timeout":"20s","cpus":1.5,"cache":1024,"concurrency":3})", kMachine);
  EXPECT_EQ(config.memory, 256 << 20);
  EXPECT_EQ(config.timeout, 20s);
  EXPECT_EQ(config.cpu_millis, 1500);
  EXPECT_EQ(config.cache, 1024);
  EXPECT_EQ(config.concurrency, 3);
  EXPECT_EQ(ParseConfig(R"({"timeout":"2h","memory":0})", kMachine).timeout, 2h);
  EXPECT_EQ(ParseConfig(R"({"memory":"25%"})", {1000, 4}).memory, 250);
  EXPECT_EQ(ParseConfig(R"({"cpus":"75%"})", kMachine).cpu_millis, 3000);
}

TEST(Config, WhatCannotBe_IsRefusedWithItsName) {
  for (const auto& [json, says] : std::vector<std::pair<std::string, std::string>>{
           {R"({"memory":"256X"})", "memory is \"256X\""},
           {R"({"timeout":"soon"})", "timeout is \"soon\""},
           {R"({"timeout":0})", "timeout is 0"},
           {R"({"memory":"99999999999T"})", "memory"},
           {R"({"memory":-1})", "memory"},
           {R"({"memory":"0%"})", "memory is \"0%\""},
           {R"({"cpus":"101%"})", "cpus is \"101%\""},
           {R"({"cpus":"two"})", "cpus"},
           {"[]", "JSON object"}}) {
    try {
      ParseConfig(json, kMachine);
      ADD_FAILURE() << json;
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.reason(), NS_REASON_CONFIG_INVALID);
      EXPECT_THAT(error.message(), HasSubstr(says));
    }
  }
}

TEST(CommandLine, OfAJob_IsThis) {
  sdk::EngineJob job;
  job.app = "app1";
  job.build = "build1";
  job.reference = "127.0.0.1:5000/app1:build1-2";
  job.plan.secrets = {{"TOKEN", "hush", true}};
  job.plan.args = {{"MODE", "fast"}};
  job.plan.target = "web";
  const CommandLine line =
      BuildCommand("/usr/bin/docker", "/run/d.sock", "/root", job, {"inst", "build1"},
                   {"/s/Dockerfile", "/s", "/w/image", {7}}, {"10.0.0.0/8", true});
  EXPECT_THAT(
      line.argv,
      ElementsAre("/usr/bin/docker", "build", "--progress", "plain", "--file", "/s/Dockerfile",
                  "--tag", "127.0.0.1:5000/app1:build1-2", "--iidfile", "/w/image", "--label",
                  "neoshowcase.installation=inst", "--label", "neoshowcase.app=app1", "--label",
                  "neoshowcase.build=build1", "--build-arg",
                  "NO_PROXY=nsbuild.build1.inst.invalid,10.0.0.0/8", "--build-arg", "MODE",
                  "--secret", "id=TOKEN,src=/proc/self/fd/7", "--target", "web", "/s"));
  EXPECT_THAT(line.env, Contains("MODE=fast"));
  EXPECT_THAT(line.env, Contains("DOCKER_HOST=unix:///run/d.sock"));
  EXPECT_THAT(line.env, Contains("NEOSHOWCASE_BUILD=nsbuild.build1.inst.invalid"));
  EXPECT_THAT(line.env, Not(Contains(HasSubstr("hush"))));
}

TEST(CommandLine, WithoutCache_SaysSo) {
  EXPECT_THAT(BuildCommand("d", "s", "h", {}, {"i", "b"}, {}, {"", false}).argv,
              Contains("--no-cache"));
}

std::string Through(std::vector<std::string> hidden, const std::vector<std::string>& pieces) {
  std::string out;
  Progress progress(std::move(hidden), [&out](std::string_view text) { out += text; });
  for (const std::string& piece : pieces) progress.Take(piece);
  progress.Finish();
  return out;
}

TEST(Progress, Pieces_BecomeLinesWithoutDigests) {
  const std::string digest =
      "#5 sha256:357c69b9de3f630311d103ca70d204e7628296d13686ba0f0a62b153a83134a0\n";
  EXPECT_EQ(Through({}, {"#5 [2/2] RUN x\n#5 sha", "256:" + digest.substr(10), "#5 0.1 h",
                         "i\n\n#5 DONE"}),
            "#5 [2/2] RUN x\n#5 0.1 hi\n\n#5 DONE\n");
  EXPECT_EQ(Through({}, {"#5 sha256:short\n"}), "#5 sha256:short\n");
}

TEST(Progress, HiddenValues_AreReplacedAlsoAcrossPieces) {
  EXPECT_EQ(Through({"hush-hush", "x", "hush-hush-2\nsecond line"},
                    {"a hush-", "hush-2 b x\nsecond line\n"}),
            "a *** b x\n***\n");
}

TEST(Progress, Tail_KeepsTheLastLines) {
  Progress progress({}, [](std::string_view) {});
  for (int i = 0; i < 100; ++i) progress.Take(std::to_string(i) + "\n\n");
  ASSERT_EQ(progress.tail().size(), 40u);
  EXPECT_EQ(progress.tail().back(), "99");
  EXPECT_EQ(progress.tail().front(), "60");
}

TEST(Progress, Said_IsTheLastThatStepsWroteWithoutSecrets) {
  Progress progress({"hush-hush"}, [](std::string_view) {});
  progress.Take("#8 0.209 + one\n#9 12.5 two hush-hush\r\n#8 ERROR: executor failed\n");
  progress.Take("#8 [1/2] FROM x\n#8 DONE 0.1s\n#x 1.0 y\n# 1.0 z\n#7 1.0\n> #8 0.2 no\n");
  EXPECT_EQ(progress.said(), (std::vector<std::string>{"+ one", "two ***"}));
  for (int i = 0; i < 9; ++i) progress.Take("#8 0.3 " + std::to_string(i) + "\n");
  EXPECT_EQ(progress.said(), (std::vector<std::string>{"4", "5", "6", "7", "8"}));
}

TEST(SecretPrint, DependsOnKeyNamesAndValues) {
  const std::string key(32, 'k'), other(32, 'o');
  const std::string print = SecretPrint(key, {{"A", "1", true}});
  EXPECT_EQ(print.size(), 16u);
  EXPECT_EQ(print, SecretPrint(key, {{"A", "1", false}}));
  EXPECT_NE(print, SecretPrint(other, {{"A", "1", true}}));
  EXPECT_NE(print, SecretPrint(key, {{"A", "2", true}}));
  EXPECT_NE(SecretPrint(key, {{"A", "1", true}, {"B", "", true}}),
            SecretPrint(key, {{"A", "", true}, {"B", "1", true}}));
  EXPECT_EQ(SecretPrint(key, {}), "");
  EXPECT_NE(FreshKey(), FreshKey());
}

class Cgroups : public testing::Test {
 protected:
  Cgroups() {
    std::string name = (fs::temp_directory_path() / "ns-cgroup-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~Cgroups() override { fs::remove_all(root_); }
  void Step(const std::string& path) const { fs::create_directories(root_ / path); }
  fs::path root_;
};

TEST_F(Cgroups, VersionOne_StepsOfBuildKitAreFound) {
  for (const char* step : {"memory/docker/buildkit/abc", "memory/docker/0123",
                           "memory/system.slice:buildkit:def", "memory/other"})
    Step(step);
  const CgroupTree tree("docker", root_);
  EXPECT_FALSE(tree.unified());
  EXPECT_THAT(tree.Steps(),
              testing::UnorderedElementsAre("docker/buildkit/abc", "system.slice:buildkit:def"));
  EXPECT_EQ(tree.Folder("cpu", "docker/buildkit/abc"), root_ / "cpu/docker/buildkit/abc");
}

TEST_F(Cgroups, VersionTwo_StepsOfBuildKitAreFound) {
  std::ofstream(root_ / "cgroup.controllers") << "cpu io pids\n";
  Step("parent/buildkit/abc");
  const CgroupTree tree("/parent", root_);
  EXPECT_TRUE(tree.unified());
  EXPECT_THAT(tree.Steps(), ElementsAre("parent/buildkit/abc"));
  EXPECT_EQ(tree.Folder("cpu", "parent/buildkit/abc"), root_ / "parent/buildkit/abc");
  EXPECT_FALSE(tree.CanLimit()) << "the memory controller is not there";
}

TEST_F(Cgroups, NoSteps_NothingToKill) {
  EXPECT_TRUE(KillSteps(CgroupTree("docker", root_), "nsbuild.x"));
}

}  // namespace
}  // namespace ns::engine_docker
