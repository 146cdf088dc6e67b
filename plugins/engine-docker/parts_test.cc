// Command line and cgroups: the parts that need no daemon.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "command_line.h"
#include "guard.h"

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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
                   {"/s/Dockerfile", "/s", "/w/image", {7}}, {"10.0.0.0/8", "0123"});
  EXPECT_THAT(line.argv,
              ElementsAre("/usr/bin/docker", "build", "--progress", "plain", "--file",
                          "/s/Dockerfile", "--tag", "127.0.0.1:5000/app1:build1-2", "--iidfile",
                          "/w/image", "--label", "neoshowcase.installation=inst", "--label",
                          "neoshowcase.app=app1", "--label", "neoshowcase.build=build1",
                          "--build-arg", "NO_PROXY=nsbuild.build1.inst.invalid,10.0.0.0/8",
                          "--build-arg", "BUILDKIT_CACHE_MOUNT_NS=app1", "--add-host",
                          "nscache-0123.invalid:0.0.0.0", "--build-arg", "MODE", "--secret",
                          "id=TOKEN,src=/proc/self/fd/7", "--target", "web", "/s"));
  EXPECT_THAT(line.env, Contains("MODE=fast"));
  EXPECT_THAT(line.env, Contains("DOCKER_HOST=unix:///run/d.sock"));
  EXPECT_THAT(line.env, Contains("NEOSHOWCASE_BUILD=nsbuild.build1.inst.invalid"));
  EXPECT_THAT(line.env, Not(Contains(HasSubstr("hush"))));
}

class Steps : public testing::Test {
 protected:
  Steps() {
    std::string name = (fs::temp_directory_path() / "ns-steps-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~Steps() override { fs::remove_all(root_); }
  void Step(const std::string& path) const { fs::create_directories(root_ / path); }
  fs::path root_;
};

TEST_F(Steps, OfVersionOne_AreFound) {
  for (const char* step : {"memory/docker/buildkit/abc", "memory/docker/0123",
                           "memory/system.slice:buildkit:def", "memory/other"})
    Step(step);
  const StepTree tree("docker", "", root_);
  EXPECT_FALSE(tree.unified());
  EXPECT_THAT(tree.Steps(),
              testing::UnorderedElementsAre("docker/buildkit/abc", "system.slice:buildkit:def"));
  EXPECT_EQ(tree.Folder("cpu", "docker/buildkit/abc"), root_ / "cpu/docker/buildkit/abc");
}

TEST_F(Steps, OfVersionTwo_AreFound) {
  std::ofstream(root_ / "cgroup.controllers") << "cpu io pids\n";
  Step("parent/buildkit/abc");
  const StepTree tree("/parent", "", root_);
  EXPECT_TRUE(tree.unified());
  EXPECT_THAT(tree.Steps(), ElementsAre("parent/buildkit/abc"));
  EXPECT_EQ(tree.Folder("cpu", "parent/buildkit/abc"), root_ / "parent/buildkit/abc");
}

// Whatever its processes made of their environment, and whatever words stand elsewhere.
TEST_F(Steps, AreKnownByWhatRuncWasTold) {
  for (const char* step : {"ours", "theirs"}) {
    Step("memory/docker/buildkit/" + std::string(step));
    Step("executor/" + std::string(step));
  }
  std::ofstream(root_ / "executor/ours/config.json")
      << R"({"process":{"env":["A=b","NO_PROXY=nsbuild.b1.i.invalid,77.invalid"]}})";
  std::ofstream(root_ / "executor/theirs/config.json")
      << R"({"process":{"env":["NO_PROXY=nsbuild.b1.i.invalid,78.invalid"],)"
      << R"("args":["NO_PROXY=nsbuild.b1.i.invalid,77.invalid"]}})";
  const StepTree tree("docker", root_ / "executor", root_);
  EXPECT_THAT(MarkedSteps(tree, "nsbuild.b1.i.invalid,77"), ElementsAre("docker/buildkit/ours"));
}

TEST_F(Steps, NoneThere_NothingToKill) {
  EXPECT_TRUE(KillSteps(StepTree("docker", "", root_), "nsbuild.x"));
}

}  // namespace
}  // namespace ns::engine_docker
