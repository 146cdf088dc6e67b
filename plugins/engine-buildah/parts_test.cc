// Configuration, command line, and what is read of buildah's words.
#include <gmock/gmock.h>

#include "command_line.h"
#include "config.h"
#include "failure.h"

namespace ns::engine_buildah {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr engine::Machine kMachine{int64_t{8} << 30, 4};

TEST(Config, Nothing_IsHalfTheMachineAndABoundedCache) {
  const Config config = ParseConfig("", kMachine);
  EXPECT_EQ(config.memory, int64_t{4} << 30);
  EXPECT_EQ(config.cache, int64_t{20} << 30);
  EXPECT_FALSE(config.chroot);
  EXPECT_TRUE(ParseConfig(R"({"isolation":"chroot"})", kMachine).chroot);
}

TEST(Config, WhatCannotBe_IsRefusedWithItsName) {
  for (const auto& [json, says] : std::vector<std::pair<std::string, std::string>>{
           {R"({"cache":0})", "cache is 0"},
           {R"({"isolation":"none"})", "isolation is \"none\""},
           {R"({"binary":"buildah"})", "binary is \"buildah\""},
           {R"({"memory_folder":"shm"})", "memory_folder is \"shm\""}}) {
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
  job.plan.ignore_dockerignore = true;
  const Circumstances circumstances{
      "/b/buildah", "/s/store", "/m/run", "/s/tmp", "/w/reg", 8, "ours/build1/steps/step",
      false,        false};
  const engine::Files files{"/w/Dockerfile", "/s", "/w/image", {7}};
  const CommandLine line = BuildCommand(job, {"inst", "build1"}, files, circumstances);
  EXPECT_THAT(
      line.argv,
      ElementsAre("/b/buildah", "--root", "/s/store", "--runroot", "/m/run", "--storage-driver",
                  "overlay", "--storage-opt", "overlay.skip_mount_home=true", "bud", "--format",
                  "docker", "--layers", "--force-rm", "--pull-always", "--identity-label=false",
                  "--isolation", "oci", "--authfile", "/proc/self/fd/8", "--file", "/w/Dockerfile",
                  "--tag", "localhost/nsapp-app1", "--cgroup-parent", "/ours/build1/steps/step",
                  "--label", "neoshowcase.installation=inst", "--label", "neoshowcase.app=app1",
                  "--label", "neoshowcase.build=build1", "--build-arg", "MODE", "--secret",
                  "id=TOKEN,src=/proc/self/fd/7", "--target", "web", "--no-cache", "--ignorefile",
                  "/w/Dockerfile.dockerignore", "/s"));
  EXPECT_THAT(line.env, Contains("MODE=fast"));
  EXPECT_THAT(line.env, Contains("NEOSHOWCASE_BUILD=nsbuild.build1.inst.invalid"));
  EXPECT_THAT(line.env, Not(Contains(HasSubstr("hush"))));
  EXPECT_THAT(PushCommand(job, {"inst", "build1"}, files, circumstances).argv,
              testing::IsSupersetOf({"push", "--digestfile", "/w/image", "localhost/nsapp-app1",
                                     "docker://127.0.0.1:5000/app1:build1-2"}));
}

struct Case {
  const char* name;
  std::vector<std::string> tail;
  int exit_code;
  const char* reason;
  sdk::Fault fault;
  const char* says;
};

const Case kCases[] = {
    {"step",
     {"STEP 2/2: RUN x", "before", "Error: mine",
      "Error: building at STEP \"RUN echo before; exit 7\": while running runtime: exit status 7"},
     7,
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "failed: RUN echo before; exit 7\": exit code: 7; its last words: before | Error: mine"},
    {"script",
     {"+ nocommand", "Error: building at STEP \"RUN /bin/sh -c set -eux", "echo one",
      "nocommand\": while running runtime: exit status 127"},
     127,
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "exit code: 127; its last words: + nocommand"},
    {"instruction",
     {"Error: building at STEP \"FORM x\": Build error: Unknown instruction: \"FORM\""},
     125,
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "Unknown instruction"},
    {"file",
     {"Error: building at STEP \"COPY nothere /\": checking on sources under \"/c\": copier: stat: "
      "\"/nothere\": no such file or directory"},
     125,
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "nothere"},
    {"base unknown",
     {"Error: creating build container: initializing source docker://h:1/no/such:1: reading "
      "manifest 1 in h:1/no/such: manifest unknown: manifest unknown"},
     125,
     NS_REASON_BASE_IMAGE_UNAVAILABLE,
     sdk::Fault::kSource,
     "manifest unknown"},
    {"base down",
     {"Error: creating build container: initializing source docker://h:1/a/b:1: pinging container "
      "registry h:1: Get \"http://h:1/v2/\": dial tcp h:1: connect: connection refused"},
     125,
     NS_REASON_BASE_IMAGE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "does not answer"},
    {"disk",
     {"Error: committing container: write /x: no space left on device"},
     125,
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "disk"},
    {"killed",
     {"STEP 1/2: FROM x"},
     137,
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "137"},
    {"silence", {}, 125, NS_REASON_ENGINE_UNAVAILABLE, sdk::Fault::kPlatform, "said nothing"},
};

TEST(BuildFailure, SaysReasonAndFault) {
  for (const Case& one : kCases) {
    const sdk::Error error = BuildFailure(one.tail, one.exit_code);
    EXPECT_EQ(error.reason(), one.reason) << one.name;
    EXPECT_EQ(error.fault(), one.fault) << one.name;
    EXPECT_THAT(error.message(), HasSubstr(one.says)) << one.name;
  }
}

}  // namespace
}  // namespace ns::engine_buildah
