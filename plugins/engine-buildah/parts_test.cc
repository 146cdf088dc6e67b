// Configuration, command line, and what is read of buildah's words.
#include <gmock/gmock.h>

#include "command_line.h"
#include "config.h"
#include "failure.h"
#include "sandbox.h"

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
  EXPECT_EQ(config.disk, int64_t{20} << 30);
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
  Circumstances circumstances;
  circumstances.buildah = "/b/buildah";
  circumstances.store = "/s/store";
  circumstances.images = "/s/base";
  circumstances.run = "/m/run";
  circumstances.tmp = "/s/tmp";
  circumstances.policy = "/w/policy";
  circumstances.dockerfile = "/w/Dockerfile";
  circumstances.ignored = "/w/ignored";
  circumstances.cgroup = "ours/build1/steps/step";
  circumstances.use_cache = false;
  const engine::Files files{"/s/Dockerfile", "/s", "/w/image", {7}};
  const CommandLine line = BuildCommand(job, {"inst", "build1"}, files, circumstances);
  EXPECT_THAT(
      line.argv,
      ElementsAre("/b/buildah", "--root", "/s/store", "--runroot", "/m/run", "--storage-driver",
                  "overlay", "--storage-opt", "overlay.skip_mount_home=true", "--storage-opt",
                  "overlay.imagestore=/s/base", "bud", "--format", "docker", "--layers",
                  "--force-rm", "--pull-never", "--identity-label=false", "--isolation", "oci",
                  "--network", "host", "--signature-policy", "/w/policy", "--file", "/w/Dockerfile",
                  "--ignorefile", "/w/ignored", "--tag", "localhost/nsapp-app1", "--cgroup-parent",
                  "/ours/build1/steps/step", "--label", "neoshowcase.installation=inst", "--label",
                  "neoshowcase.app=app1", "--label", "neoshowcase.build=build1", "--build-arg",
                  "MODE", "--secret", "id=TOKEN,src=/proc/self/fd/7", "--target", "web",
                  "--no-cache", "/s"));
  EXPECT_THAT(line.env, Contains("MODE=fast"));
  EXPECT_THAT(line.env, Contains("NEOSHOWCASE_BUILD=nsbuild.build1.inst.invalid"));
  EXPECT_THAT(line.env, Not(Contains(HasSubstr("hush"))));
  EXPECT_THAT(
      PushCommand(job, {"inst", "build1"}, 8, files, circumstances).argv,
      testing::IsSupersetOf({"push", "--authfile", "/proc/self/fd/8", "--digestfile", "/w/image",
                             "localhost/nsapp-app1", "docker://127.0.0.1:5000/app1:build1-2"}));
  EXPECT_THAT(PullCommand({"debian:12", "linux/arm64"}, {"inst", "build1"}, 8, circumstances).argv,
              testing::IsSupersetOf({"pull", "--authfile", "/proc/self/fd/8", "--platform",
                                     "linux/arm64", "docker://debian:12"}));
  for (const auto& [name, pulled] : std::vector<std::pair<std::string, std::string>>{
           {"h:5000/a:1@sha256:00", "docker://h:5000/a@sha256:00"},
           {"h:5000/a@sha256:00", "docker://h:5000/a@sha256:00"},
           {"a:1@sha256:00", "docker://a@sha256:00"}})
    EXPECT_THAT(PullCommand({name, ""}, {"inst", "build1"}, 8, circumstances).argv,
                Contains(pulled));
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

TEST(PullFailure, IsOfTheBaseImage) {
  const auto down = PullFailure("h:1/a:1",
                                {"Trying to pull h:1/a:1...",
                                 "Error: initializing source "
                                 "docker://h:1/a:1: dial tcp h:1: connect: connection refused"},
                                125);
  EXPECT_EQ(down.reason(), NS_REASON_BASE_IMAGE_UNAVAILABLE);
  EXPECT_EQ(down.fault(), sdk::Fault::kPlatform);
  const auto none = PullFailure("h:1/a:1", {"Error: reading manifest 1: manifest unknown"}, 125);
  EXPECT_EQ(none.reason(), NS_REASON_BASE_IMAGE_UNAVAILABLE);
  EXPECT_EQ(none.fault(), sdk::Fault::kSource);
  EXPECT_THAT(none.message(), HasSubstr("h:1/a:1: reading manifest"));
  EXPECT_EQ(PullFailure("a", {}, 137).reason(), NS_REASON_ENGINE_UNAVAILABLE);
}

TEST(MountedAt, IsTheFolderOfTheProcessThatWaits) {
  EXPECT_EQ(MountedAt("name\n#mounted 42"), "");
  EXPECT_EQ(MountedAt("name\n#mounted 42\n"), "/proc/42/cwd/.");
  EXPECT_EQ(MountedAt("#mounted 42/../1\n"), "/proc/42/cwd/.");
}

TEST(Sandbox, OfASlot_HasANetOfItsOwn) {
  const Uplink one = UplinkOf("/data/slot1"), other = UplinkOf("/data/slot2");
  EXPECT_THAT(one.net, testing::MatchesRegex("10\\.215\\.[0-9]+\\.[0-9]+/30"));
  EXPECT_NE(one.net, other.net);
  EXPECT_NE(one.link, other.link);
  EXPECT_LT(one.link.size(), 16u) << "names of interfaces are shorter";
}

TEST(Resolver, OnTheLoopbackInterface_IsNotTheBuilds) {
  EXPECT_EQ(ResolverText("nameserver 10.0.0.53\nsearch lan\n# x\n", ""),
            "nameserver 10.0.0.53\nsearch lan\n");
  EXPECT_EQ(ResolverText("nameserver 127.0.0.53\noptions edns0\n", "nameserver 10.0.0.1\n"),
            "nameserver 10.0.0.1\n");
  EXPECT_THAT(ResolverText("nameserver ::1\n", ""), HasSubstr("nameserver 9.9.9.9\n"));
}

}  // namespace
}  // namespace ns::engine_buildah
