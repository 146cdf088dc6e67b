// Configuration, command line and what is read of buildctl's answers.
#include <gmock/gmock.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "command_line.h"
#include "config.h"
#include "daemon.h"

namespace ns::engine_buildkit {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr engine::Machine kMachine{int64_t{8} << 30, 4};

TEST(Config, Nothing_IsHalfTheMachineAndABoundedCache) {
  const Config config = ParseConfig("", kMachine);
  EXPECT_EQ(config.memory, int64_t{4} << 30);
  EXPECT_EQ(config.cache, int64_t{20} << 30);
  EXPECT_EQ(config.processes, 4096);
  EXPECT_TRUE(config.bridge);
}

TEST(Config, WhatCannotBe_IsRefusedWithItsName) {
  for (const auto& [json, says] : std::vector<std::pair<std::string, std::string>>{
           {R"({"cache":0})", "cache is 0"},
           {R"({"network":"none"})", "network is \"none\""},
           {R"({"buildkitd":"buildkitd"})", "buildkitd is \"buildkitd\""},
           {R"({"subnet":"1\"\n[x]"})", "subnet is"},
           {R"({"processes":-1})", "processes"}}) {
    try {
      ParseConfig(json, kMachine);
      ADD_FAILURE() << json;
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.reason(), NS_REASON_CONFIG_INVALID);
      EXPECT_THAT(error.message(), HasSubstr(says));
    }
  }
}

TEST(DaemonToml, HoldsCacheNetworkAndCgroup) {
  const std::string text = DaemonToml(ParseConfig(R"({"cache":"1G"})", kMachine), "/d", "ours");
  for (const char* line : {"root = \"/d/root\"\n", "maxUsedSpace = 1073741824\n", "\"nsbk",
                           "defaultCgroupParent = \"ours/rest\"\n", "maxEntries = 0\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(DaemonToml(ParseConfig(R"({"network":"host"})", kMachine), "/d", "c"),
              testing::AllOf(HasSubstr("networkMode = \"host\""), Not(HasSubstr("bridge"))));
}

class StepStarterScript : public testing::Test {
 protected:
  StepStarterScript() {
    std::string name = "/tmp/ns-start-step.XXXXXX";
    folder_ = ::mkdtemp(name.data());
    fs::create_directories(folder_ / "ours/build1");
  }
  ~StepStarterScript() override { fs::remove_all(folder_); }
  // What runc finds in the configuration of a step with that environment.
  std::string Through(const std::string& env) const {
    std::ofstream(folder_ / "config.json")
        << R"({"process":{"env":["A=b",")" + env +
               R"("]},"linux":{"cgroupsPath":"/ours/rest/buildkit/x1"}})";
    std::ofstream(folder_ / "script")
        << StepStarter("/bin/cat " + (folder_ / "config.json").string() + "; : ", "ours",
                       (folder_ / "ours").string());
    std::string output;
    FILE* pipe = ::popen(("sh " + (folder_ / "script").string() + " --log l run --bundle " +
                          folder_.string() + " x1 </dev/null")
                             .c_str(),
                         "r");
    char buffer[4096];
    while (const size_t got = ::fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, got);
    ::pclose(pipe);
    return output;
  }
  fs::path folder_;
};

TEST_F(StepStarterScript, PutsAStepIntoTheCgroupOfItsBuild) {
  EXPECT_THAT(Through("NO_PROXY=nsbuild.build1.inst.invalid"),
              HasSubstr("\"/ours/build1/buildkit/x1\""));
}

TEST_F(StepStarterScript, LeavesOneOfNoBuildWhereItIs) {
  for (const char* env : {"NO_PROXY=nsbuild.build2.inst.invalid", "NO_PROXY=nsbuild..inst.invalid",
                          "NO_PROXY=nsbuild.../x.invalid", "NO_PROXY=localhost"})
    EXPECT_THAT(Through(env), HasSubstr("\"/ours/rest/buildkit/x1\"")) << env;
}

sdk::EngineJob Job() {
  sdk::EngineJob job;
  job.app = "app1";
  job.build = "build1";
  job.reference = "127.0.0.1:5000/app1:build1-2";
  job.plan.secrets = {{"TOKEN", "hush", true}};
  job.plan.args = {{"MODE", "fast"}};
  job.plan.target = "web";
  return job;
}

TEST(CommandLine, OfAnImage_IsThis) {
  const CommandLine line =
      BuildCommand(Job(), {"inst", "build1"}, {"/s/a/Dockerfile", "/s", "/w/image", {7}},
                   {"/b/buildctl", "unix:///x", "/w/docker", true});
  EXPECT_THAT(
      line.argv,
      ElementsAre("/b/buildctl", "--addr", "unix:///x", "build", "--progress", "plain",
                  "--frontend", "dockerfile.v0", "--local", "context=/s", "--local",
                  "dockerfile=/s/a", "--opt", "filename=Dockerfile", "--opt",
                  "build-arg:NO_PROXY=nsbuild.build1.inst.invalid", "--opt",
                  "label:neoshowcase.installation=inst", "--opt", "label:neoshowcase.app=app1",
                  "--opt", "label:neoshowcase.build=build1", "--opt", "build-arg:MODE=fast",
                  "--opt", "target=web", "--secret", "id=TOKEN,src=/proc/self/fd/7", "--output",
                  "type=image,name=127.0.0.1:5000/app1:build1-2,push=true,oci-mediatypes=false",
                  "--metadata-file", "/w/image"));
  EXPECT_THAT(line.env, Contains("DOCKER_CONFIG=/w/docker"));
  EXPECT_THAT(line.env, Contains("NEOSHOWCASE_BUILD=nsbuild.build1.inst.invalid"));
  EXPECT_THAT(line.env, Not(Contains(HasSubstr("hush"))));
}

TEST(CommandLine, OfAnExportWithoutCache_PushesNothing) {
  sdk::EngineJob job = Job();
  job.plan.export_path = "/srv";
  const CommandLine line = BuildCommand(job, {"i", "b"}, {}, {"b", "a", "d", false});
  EXPECT_THAT(line.argv, Contains("type=tar,dest=-"));
  EXPECT_THAT(line.argv, Contains("--no-cache"));
  EXPECT_THAT(line.argv, Not(Contains(HasSubstr("push"))));
}

TEST(Metadata, NamesTheDigest) {
  EXPECT_EQ(DigestIn(R"({"containerimage.digest":"sha256:ab","x":1})"), "sha256:ab");
  EXPECT_EQ(DigestIn("{}"), "");
  EXPECT_EQ(DigestIn(""), "");
}

}  // namespace
}  // namespace ns::engine_buildkit
