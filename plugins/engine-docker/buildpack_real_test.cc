// Buildpacks on a real Docker daemon: what they make.
#include "buildpack_world.h"

namespace ns::engine_docker {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(EngineBuildpack, Program_IsPushedAndStartsWithItsDefaultProcessAndLaunchVariables) {
  Procfile();
  File("page", "hi\n");
  DockerEngine engine = Engine(kPlain);
  EXPECT_TRUE(engine.Abilities().buildpack);
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(outcome.result.kind, sdk::ResultKind::kImage);
  EXPECT_EQ(outcome.result.digest + "\n", DigestInRegistry());
  EXPECT_EQ(Start(), "hi\nby procfile\n");
  EXPECT_THAT(Log(), HasSubstr("#image process types: web (default)\n"));
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, SourceAgain_TakesTheCacheAndGivesTheSameDigest) {
  Procfile();
  File("needs", "wheels\n");
  DockerEngine engine = Engine(kPlain);
  const Outcome first = Run(engine);
  ASSERT_EQ(first.reason, "") << first.message << Log();
  EXPECT_THAT(Log(), HasSubstr("fetched anew\n"));
  NextBuild();
  const Outcome second = Run(engine);
  ASSERT_EQ(second.reason, "") << second.message << Log();
  EXPECT_THAT(Log(), HasSubstr("taken from the cache\n"));
  EXPECT_THAT(Log(), HasSubstr("Reusing layers from image '" + Environment("NS_TEST_REGISTRY")));
  EXPECT_EQ(first.result.digest, second.result.digest);
  EXPECT_EQ(second.result.digest + "\n", DigestInRegistry());
  File("needs", "others\n");
  NextBuild();
  const Outcome third = Run(engine);
  EXPECT_THAT(Log(), HasSubstr("fetched anew\n"));
  EXPECT_NE(third.result.digest, second.result.digest);
}

TEST_F(EngineBuildpack, CacheOfOneApplication_IsNoneForAnother) {
  Procfile();
  File("needs", "wheels\n");
  DockerEngine engine = Engine(kPlain);
  ASSERT_EQ(Run(engine).reason, "");
  const std::string app = job_.app;
  job_.app += "other";
  NextBuild();
  ASSERT_EQ(Run(engine).reason, "");
  EXPECT_THAT(Log(), HasSubstr("fetched anew\n"));
  job_.app = app;
}

TEST_F(EngineBuildpack, CacheThatIsTooLarge_IsDropped) {
  Procfile();
  File("needs", "wheels\n");
  File("weight", "3000\n");
  {
    DockerEngine engine = Engine(R"({"timeout":"120s","buildpack_cache":"1M"})");
    ASSERT_EQ(Run(engine).reason, "") << Log();
    EXPECT_EQ(Caches(), "");
  }
  DockerEngine none = Engine(R"({"timeout":"120s","buildpack_cache":0})");
  NextBuild();
  ASSERT_EQ(Run(none).reason, "") << Log();
  EXPECT_EQ(Caches(), "");
  DockerEngine roomy = Engine(R"({"timeout":"120s","buildpack_cache":"10M"})");
  NextBuild();
  ASSERT_EQ(Run(roomy).reason, "") << Log();
  EXPECT_NE(Caches(), "");
}

TEST_F(EngineBuildpack, Variables_ReachTheBuildpacksAndLeaveNoTrace) {
  Procfile();
  File("build.sh",
       "echo length ${#TOKEN} $TOKEN mode $MODE\ncat $PLATFORM/env/TOKEN | wc -c > page\n");
  job_.plan.secrets = {{"MODE", "it's fast", false}, {"TOKEN", "hush-hush-4", true}};
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), HasSubstr("length 11 *** mode it's fast\n"));
  EXPECT_THAT(Log(), Not(HasSubstr("hush-hush-4")));
  EXPECT_EQ(Start(), "11\nby procfile\n");
  EXPECT_THAT(Inspect("{{json .}}"), Not(HasSubstr("hush-hush-4")));
  EXPECT_THAT(Inspect("{{json .}}"), Not(HasSubstr("it's fast")));
  EXPECT_THAT(Shell("/usr/bin/docker history --no-trunc " + job_.reference),
              Not(HasSubstr("hush-hush-4")));
  EXPECT_EQ(Shell("/usr/bin/docker save " + job_.reference +
                  " | grep -c -e hush-hush-4 -e TOKEN= -e neoshowcase.buildpack"),
            "0\n");
}

// What pushes is what the source's code looks for: in its environment, files, other processes, and
// where the phases with credentials have them.
TEST_F(EngineBuildpack, CodeOfTheSource_FindsNoCredentials) {
  Procfile();
  const std::string look =
      "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null\n"
      "ls -laR /nsauth /root /home /platform /nsbuild 2>&1\n"
      "cat /nsauth/config.json /root/.docker/config.json $HOME/.docker/config.json 2>&1\n"
      "grep -rl '" +
      job_.push_password +
      "' /nsbuild /layers /workspace /tmp /home /etc 2>/dev/null |"
      " grep -v -e build.sh -e detect.sh\n"
      "echo user $(id -u) looked; grep CapEff /proc/self/status; ls /var/run/docker.sock 2>&1\n";
  File("detect.sh", look + "true\n");
  File("build.sh", look + "true\n");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), HasSubstr("user 1000 looked\n"));
  EXPECT_THAT(Log(), HasSubstr("CapEff:\t0000000000000000\n"));
  EXPECT_THAT(Log(), HasSubstr("/var/run/docker.sock: No such file"));
  EXPECT_THAT(Log(), HasSubstr("/nsauth: No such file"));
  ExpectNoSecret();
  EXPECT_THAT(Log(), Not(HasSubstr("DOCKER_CONFIG")));
}

// It leaves links where the phase with credentials reads or packs, as the user of the buildpacks.
TEST_F(EngineBuildpack, LinkToTheCredentials_CannotBeRead) {
  Procfile();
  File("build.sh", "ln -s /nsauth/config.json $LAYERS/store.toml\n");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("store.toml: permission denied"));
}

TEST_F(EngineBuildpack, LinksToTheCredentials_StayLinks) {
  Procfile();
  File("build.sh",
       "mkdir -p $LAYERS/stolen\n"
       "printf '[types]\\nlaunch = true\\n' > $LAYERS/stolen.toml\n"
       "ln -s /nsauth $LAYERS/stolen/auth\nln -s /nsauth/config.json page\n");
  DockerEngine engine = Engine(kPlain);
  ASSERT_EQ(Run(engine).reason, "") << Log();
  ExpectNoSecret();
  Start();
  EXPECT_THAT(Shell("/usr/bin/docker run --rm --network none --entrypoint /bin/ls " +
                    job_.reference + " -l /workspace/page"),
              HasSubstr("page -> /nsauth/config.json"));
  EXPECT_EQ(Shell("/usr/bin/docker save " + job_.reference + " | grep -c " + job_.push_password),
            "0\n");
}

TEST_F(EngineBuildpack, Context_IsAllThatBuildpacksAreGiven) {
  fs::create_directories(root_ / "source/web");
  File("outside", "x");
  File("web/Procfile", "web: ls /workspace\n");
  fs::create_symlink("../outside", root_ / "source/web/link");
  job_.plan.context = "web";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(Start(), "Procfile\nlink\n");
}

TEST_F(EngineBuildpack, DefaultProcess_IsWebWhereTheBuildpacksNameNone) {
  File("Procfile", "#no-default\nworker: echo working\nweb: echo serving\n");
  DockerEngine engine = Engine(kPlain);
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("#image process types: web (default), worker\n"));
  EXPECT_EQ(Start(), "serving\n");
  EXPECT_EQ(Start("--entrypoint /cnb/process/worker"), "working\n");
  EXPECT_THAT(Inspect("{{index .Config.Labels \"io.buildpacks.build.metadata\"}}"),
              HasSubstr("\"type\":\"worker\""));
}

TEST_F(EngineBuildpack, NoDefaultProcess_IsSaid) {
  File("Procfile", "#no-default\nworker: echo working\nclock: echo ticking\n");
  DockerEngine engine = Engine(kPlain);
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_THAT(Log(),
              HasSubstr("#image process types: clock, worker\n#image has no default process"));
}

TEST_F(EngineBuildpack, LaterPlatformApi_WorksAsWell) {
  Procfile();
  File("page", "hi\n");
  job_.plan.platform_api = "0.15";
  DockerEngine engine = Engine(kPlain);
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_EQ(Start(), "hi\nby procfile\n");
}

TEST_F(EngineBuildpack, BuilderInThePlatformsRegistry_IsPulledWithItsCredentials) {
  Procfile();
  File("page", "hi\n");
  job_.plan.builder = Environment("NS_TEST_REGISTRY") + "/builder:1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), HasSubstr("#pull " + job_.plan.builder + "\n"));
  EXPECT_EQ(Start(), "hi\nby procfile\n");
  Shell("/usr/bin/docker rmi " + job_.plan.builder);
}

TEST_F(EngineBuildpack, Log_ComesWhileThePhaseRuns) {
  Procfile();
  File("build.sh", "echo first-$((40+2)); sleep 3; echo last-$((40+3))\n");
  DockerEngine engine = Engine(kPlain);
  auto running = std::async(std::launch::async, [&] { return Run(engine); });
  ASSERT_TRUE(Until([&] { return Log().find("first-42") != std::string::npos; }));
  EXPECT_EQ(Log().find("last-43"), std::string::npos);
  EXPECT_EQ(running.get().reason, "");
  EXPECT_THAT(Log(), HasSubstr("last-43"));
}

TEST_F(EngineBuildpack, Site_IsGivenAndNothingIsPushed) {
  File("needs", "wheels\n");
  File("build.sh",
       "mkdir -p dist/a; echo \"<h1>$TITLE</h1>\" > dist/index.html; echo deep > dist/a/deep\n"
       "ln -s /etc/passwd dist/link\n");
  Site("dist");
  job_.plan.secrets = {{"TITLE", "hi", false}};
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(outcome.result.kind, sdk::ResultKind::kArtifact);
  EXPECT_EQ(outcome.result.size, static_cast<int64_t>(tar_.size()));
  EXPECT_EQ(Content("./index.html"), "<h1>hi</h1>\n");
  EXPECT_EQ(Content("./a/deep"), "deep\n");
  EXPECT_THAT(Shell("tar -tvf " + (root_ / "tar").string()), HasSubstr("./link -> /etc/passwd"));
  EXPECT_EQ(DigestInRegistry(), "");
  ExpectNothingLeft();
  NextBuild();
  Site("dist");
  job_.plan.secrets = {{"TITLE", "hi", false}};
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("taken from the cache\n"));
  EXPECT_EQ(Content("./index.html"), "<h1>hi</h1>\n");
}

TEST_F(EngineBuildpack, SiteWithoutARegistry_IsBuiltAllTheSame) {
  File("build.sh", "echo page > index.html\n");
  Site(".");
  SetAttempt(1, "127.0.0.1:1");
  DockerEngine engine = Engine(R"({"timeout":"120s","buildpack_cache":0})");
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(Content("./index.html"), "page\n");
}

}  // namespace
}  // namespace ns::engine_docker
