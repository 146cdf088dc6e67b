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
  const std::string text =
      DaemonToml(ParseConfig(R"({"cache":"1G"})", kMachine), "/d", "ours", "/sbin/runc");
  for (const char* line :
       {"root = \"/d/root\"\n", "maxUsedSpace = 1073741824\n", "\"nsbk",
        "defaultCgroupParent = \"ours/rest\"\n", "binary = \"/sbin/runc\"\n", "maxEntries = 0\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(DaemonToml(ParseConfig(R"({"network":"host"})", kMachine), "/d", "c", "r"),
              testing::AllOf(HasSubstr("networkMode = \"host\""), Not(HasSubstr("bridge"))));
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
                   {"/b/buildctl", "unix:///x", "/w/docker", "ours/app-0123", "/w/p"});
  EXPECT_THAT(
      line.argv,
      ElementsAre(
          "/b/buildctl", "--addr", "unix:///x", "build", "--progress", "plain", "--frontend",
          "dockerfile.v0", "--local", "context=/s", "--local", "dockerfile=/s/a", "--opt",
          "filename=Dockerfile", "--opt", "cmdline=dockerfile.v0", "--opt",
          "cgroup-parent=/ours/app-0123", "--opt", "build-arg:BUILDKIT_CACHE_MOUNT_NS=app1",
          "--opt", "label:neoshowcase.installation=inst", "--opt", "label:neoshowcase.app=app1",
          "--opt", "label:neoshowcase.build=build1", "--opt", "build-arg:MODE=fast", "--opt",
          "target=web", "--secret", "id=TOKEN,src=/proc/self/fd/7", "--source-policy-file", "/w/p",
          "--output", "type=image,name=127.0.0.1:5000/app1:build1-2,push=true,oci-mediatypes=false",
          "--metadata-file", "/w/image"));
  EXPECT_THAT(line.env, Contains("DOCKER_CONFIG=/w/docker"));
  EXPECT_THAT(line.env, Contains("NEOSHOWCASE_BUILD=nsbuild.build1.inst.invalid"));
  EXPECT_THAT(line.env, Not(Contains(HasSubstr("hush"))));
}

TEST(CommandLine, OfAnExport_PushesNothing) {
  sdk::EngineJob job = Job();
  job.plan.export_path = "/srv";
  const CommandLine line = BuildCommand(job, {"i", "b"}, {}, {"b", "a", "d", "c", "p"});
  EXPECT_THAT(line.argv, Contains("type=tar,dest=-"));
  EXPECT_THAT(line.argv, Not(Contains(HasSubstr("push"))));
}

TEST(Metadata, NamesTheDigest) {
  EXPECT_EQ(DigestIn(R"({"containerimage.digest":"sha256:ab","x":1})"), "sha256:ab");
  EXPECT_EQ(DigestIn("{}"), "");
  EXPECT_EQ(DigestIn(""), "");
}

}  // namespace
}  // namespace ns::engine_buildkit
