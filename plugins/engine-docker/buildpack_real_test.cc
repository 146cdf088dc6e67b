// Buildpacks on a real Docker daemon, a real registry with a login and the real lifecycle. Run by
// with_registry.sh and with_builder.sh.
#include "build-static-buildpack/static_plan.h"
#include "real_world.h"

namespace ns::engine_docker {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlain = R"({"memory":"300M","timeout":"120s"})";

class EngineBuildpack : public EngineDocker {
 protected:
  EngineBuildpack() {
    job_.plan = sdk::BuildPlan();
    job_.plan.builder = Environment("NS_TEST_BUILDER");
    job_.plan.platform_api = "0.12";
    job_.push_username = Environment("NS_TEST_REGISTRY_USER");
    job_.push_password = Environment("NS_TEST_REGISTRY_PASSWORD");
  }
  ~EngineBuildpack() override {
    Shell(
        "for v in $(/usr/bin/docker volume ls -q --filter "
        "label=neoshowcase.buildpack-cache.installation=" +
        kInstallation + "); do /usr/bin/docker volume rm $v; done");
    if (pulled_) Shell("/usr/bin/docker rmi -f " + job_.reference);
  }

  void Site(const std::string& artifact_path) {
    sdk::BuildRequest request;
    request.source = job_.source;
    request.artifact_path = artifact_path;
    job_.plan = build_static_buildpack::PlanStatic(
        build::ParseBuildpackConfig(R"({"builder":")" + Environment("NS_TEST_BUILDER") + "\"}"),
        request);
    tar_.clear();
    const ns_sink sink{this, [](void* self, ns_bytes bytes) noexcept {
                         static_cast<EngineBuildpack*>(self)->tar_ += sdk::View(bytes);
                         return static_cast<ns_status>(NS_OK);
                       }};
    job_.artifact.emplace(sink);
  }
  void Procfile() { File("Procfile", "web: cat /workspace/page; echo by $LAUNCHED_BY\n"); }
  // What the image says when it is run.
  std::string Start(const std::string& rest = "") {
    pulled_ = true;
    const std::string config = (root_ / "docker").string();
    Shell("DOCKER_CONFIG=" + config + " /usr/bin/docker login -u " + job_.push_username + " -p " +
          job_.push_password + " " + Environment("NS_TEST_REGISTRY") +
          " && DOCKER_CONFIG=" + config + " /usr/bin/docker pull -q " + job_.reference);
    return Shell("/usr/bin/docker run --rm --network none " + rest + " " + job_.reference);
  }
  std::string Inspect(const std::string& format) {
    return Shell("/usr/bin/docker inspect --format '" + format + "' " + job_.reference);
  }
  std::string Content(const std::string& name) const {
    std::ofstream(root_ / "tar", std::ios::binary) << tar_;
    return Shell("tar -xOf " + (root_ / "tar").string() + " " + name);
  }
  // As the registry has it; empty: it has none.
  std::string DigestInRegistry() const {
    return Shell("curl -sfI -u " + job_.push_username + ":" + job_.push_password +
                 " -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' -H 'Accept: "
                 "application/vnd.oci.image.manifest.v1+json' http://" +
                 Environment("NS_TEST_REGISTRY") + "/v2/apps/" + job_.app + "/manifests/" +
                 job_.build + "-" + std::to_string(job_.attempt) +
                 " | tr -d '\\r' | sed -n 's/^Docker-Content-Digest: //p'");
  }
  std::string ContainersLeft() const {
    return Shell("/usr/bin/docker ps -aq --filter name=nsbuildpack-" + job_.build);
  }
  std::string VolumesLeft() const {
    return Shell("/usr/bin/docker volume ls -q --filter name=nsbuildpack-" + job_.build);
  }
  std::string Caches() const {
    return Shell("/usr/bin/docker volume ls -q --filter name=nscache-" + job_.app);
  }
  void ExpectNothingLeft() const {
    EXPECT_EQ(ContainersLeft(), "");
    EXPECT_EQ(VolumesLeft(), "");
    EXPECT_TRUE(WorkFolderEmpty());
  }
  // The lifecycle marks a line of its own with asterisks.
  void ExpectNoSecret() {
    std::string log = Log();
    const std::string own = "\n*** Images (";
    for (size_t at; (at = log.find(own)) != std::string::npos;) log.erase(at, own.size());
    EXPECT_THAT(log, Not(HasSubstr("***"))) << "a secret was seen";
  }
  void NextBuild() {
    job_.build += "x";
    SetAttempt(1);
  }

  bool pulled_ = false;
  std::string tar_;
};

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

// It leaves links in the folders that the phase with credentials reads afterwards.
TEST_F(EngineBuildpack, LinksToCredentials_LeadNowhere) {
  Procfile();
  File("build.sh",
       "mkdir -p $LAYERS/stolen\n"
       "printf '[types]\\nlaunch = true\\n' > $LAYERS/stolen.toml\n"
       "ln -s /nsauth $LAYERS/stolen/auth\nln -s /nsauth/config.json page\n"
       "ln -s /nsauth/config.json $LAYERS/store.toml\n");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  ExpectNoSecret();
  EXPECT_THAT(outcome.message, Not(HasSubstr(job_.push_password)));
  if (!outcome.reason.empty()) return;
  Start();
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

TEST_F(EngineBuildpack, SiteFolderThatIsWrong_IsTheSourcesFault) {
  File("build.sh", "echo page > file; ln -s / out; ln -s file/x odd\n");
  const std::tuple<const char*, const char*> cases[] = {{"dist", NS_REASON_ARTIFACT_MISSING},
                                                        {"file", NS_REASON_ARTIFACT_NO_FOLDER},
                                                        {"out/etc", NS_REASON_PATH_OUTSIDE_SOURCE}};
  DockerEngine engine = Engine(kPlain);
  for (const auto& [path, reason] : cases) {
    Site(path);
    const Outcome outcome = Run(engine);
    EXPECT_EQ(outcome.reason, reason) << outcome.message;
    EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
    ExpectNothingLeft();
    NextBuild();
  }
}

TEST_F(EngineBuildpack, NoBuildpackFits_IsTheSourcesFaultAndSaysWhichWereTried) {
  File("README.md", "");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_NO_BUILDPACK_FITS) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message,
              HasSubstr("(tried: test/script@1, test/cached@1, test/failing@1, test/procfile@1)"));
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, BuildpackThatBreaksWhileItLooks_IsSaid) {
  File("fail-detect", "");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_NO_BUILDPACK_FITS) << outcome.message;
  EXPECT_THAT(outcome.message, HasSubstr("one failed while it looked"));
  EXPECT_THAT(Log(), HasSubstr("cannot look\n"));
}

TEST_F(EngineBuildpack, BuildpackThatFails_IsTheSourcesFaultWithItsLastWords) {
  File("fail", "7\n");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED);
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("exit status 7"));
  EXPECT_THAT(outcome.message, HasSubstr("about to fail | no rule to make it"));
  EXPECT_EQ(DigestInRegistry(), "");
  ExpectNothingLeft();
}

class EngineBuildpackPhase : public EngineBuildpack {
 protected:
  // Cancels as soon as `begun`, and expects that nothing of it runs or stays.
  void CancelWhen(const std::function<bool()>& begun) {
    DockerEngine engine = Engine(kPlain);
    Cancellable cancel;
    auto running = std::async(std::launch::async, [&] { return Run(engine, cancel.call()); });
    EXPECT_TRUE(Until(begun)) << Log();
    const auto began = Clock::now();
    cancel.Cancel();
    const Outcome outcome = running.get();
    EXPECT_LT(Clock::now() - began, seconds(5));
    EXPECT_EQ(outcome.reason, NS_REASON_CANCELLED) << outcome.message;
    EXPECT_EQ(DigestInRegistry(), "");
    ExpectNothingLeft();
  }
  bool Logged(const std::string& words) { return Log().find(words) != std::string::npos; }
};

TEST_F(EngineBuildpackPhase, Cancelled_InDetect) {
  File("detect.sh", "sleep 4331\n");
  CancelWhen([] { return Runs("sleep 4331"); });
  EXPECT_FALSE(Runs("sleep 4331"));
}

TEST_F(EngineBuildpackPhase, Cancelled_InBuild) {
  Procfile();
  File("build.sh", "sleep 4332 & sleep 4333\n");
  CancelWhen([] { return Runs("sleep 4332") && Runs("sleep 4333"); });
  EXPECT_FALSE(Runs("sleep 4332"));
  EXPECT_FALSE(Runs("sleep 4333"));
}

TEST_F(EngineBuildpackPhase, Cancelled_InAnalyze) {
  Procfile();
  CancelWhen([&] { return Logged("#analyze"); });
}

TEST_F(EngineBuildpackPhase, Cancelled_InRestore) {
  Procfile();
  CancelWhen([&] { return Logged("#restore"); });
}

TEST_F(EngineBuildpackPhase, Cancelled_InExport) {
  Procfile();
  File("build.sh",
       "dd if=/dev/urandom of=$LAYERS/weight bs=1M count=150 2>/dev/null\n"
       "mkdir $LAYERS/big; mv $LAYERS/weight $LAYERS/big/\n"
       "printf '[types]\\nlaunch = true\\n' > $LAYERS/big.toml\n");
  CancelWhen([&] { return Logged("#export"); });
}

TEST_F(EngineBuildpack, TooLong_IsKilledAndToldAsTimedOut) {
  Procfile();
  File("build.sh", "sleep 4334\n");
  DockerEngine engine = Engine(R"({"timeout":"6s"})");
  const auto began = Clock::now();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_TIMED_OUT) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_LT(Clock::now() - began, seconds(12));
  EXPECT_FALSE(Runs("sleep 4334"));
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, TooMuchMemory_IsKilledAndToldAsOutOfMemory) {
  Procfile();
  File("build.sh", "dd if=/dev/zero of=/dev/null bs=600M count=1\n");
  DockerEngine engine = Engine(R"({"memory":"128M","timeout":"120s"})");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_OUT_OF_MEMORY) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, TooManyProcesses_AreNotStarted) {
  Procfile();
  File("build.sh",
       "i=0; while [ $i -lt 100 ]; do sleep 4335 >/dev/null 2>&1 & i=$((i+1)); done; wait\n");
  DockerEngine engine = Engine(R"({"pids":40,"timeout":"120s"})");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED) << outcome.message << Log();
  EXPECT_FALSE(Runs("sleep 4335"));
}

TEST_F(EngineBuildpack, RegistryDown_IsThePlatformsFault) {
  Procfile();
  SetAttempt(1, "127.0.0.1:1");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_REGISTRY_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, RegistryThatRefuses_IsTheOperatorsFault) {
  Procfile();
  job_.push_password = "wrong-password-1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_REGISTRY_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
  EXPECT_THAT(outcome.message + Log(), Not(HasSubstr("wrong-password-1")));
}

TEST_F(EngineBuildpack, RunImageThatIsNotThere_IsTheOperatorsFault) {
  Procfile();
  job_.plan.run_image = Environment("NS_TEST_REGISTRY") + "/no/such:1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
}

TEST_F(EngineBuildpack, BuilderThatIsNotThere_IsTheOperatorsFault) {
  Procfile();
  job_.plan.builder = Environment("NS_TEST_REGISTRY") + "/no/such:1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
  EXPECT_THAT(outcome.message, HasSubstr("/no/such:1"));
}

TEST_F(EngineBuildpack, BuilderBehindARegistryThatIsDown_IsThePlatformsFault) {
  Procfile();
  job_.plan.builder = "127.0.0.1:1/nobody/builder:1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
}

TEST_F(EngineBuildpack, ImageThatIsNoBuilder_IsTheOperatorsFault) {
  Procfile();
  job_.plan.builder = Environment("NS_TEST_BASE");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
}

TEST_F(EngineBuildpack, PlatformApiThatTheLifecycleDoesNotKnow_IsTheOperatorsFault) {
  Procfile();
  job_.plan.platform_api = "0.99";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_UNSUPPORTED) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
  EXPECT_THAT(outcome.message, HasSubstr("0.99"));
}

TEST_F(EngineBuildpack, DeadBuildersRun_IsFoundAndEndedByAbort) {
  Procfile();
  File("build.sh", "sleep 4336\n");
  const pid_t builder = ::fork();
  if (builder == 0) {
    DockerEngine engine = Engine(kPlain);
    Run(engine);
    ::_exit(0);
  }
  ASSERT_TRUE(Until([&] { return Runs("sleep 4336"); }));
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
  EXPECT_NE(ContainersLeft(), "");
  DockerEngine engine = Engine(kPlain);
  engine.Abort(sdk::Call(), job_.build + "other");
  EXPECT_TRUE(Runs("sleep 4336"));
  engine.Abort(sdk::Call(), job_.build);
  EXPECT_FALSE(Runs("sleep 4336"));
  ExpectNothingLeft();
  engine.Abort(sdk::Call(), job_.build);
}

}  // namespace
}  // namespace ns::engine_docker
