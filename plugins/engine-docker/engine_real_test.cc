// The engine on a real Docker daemon and a real registry. Run by with_registry.sh.
#include "real_world.h"

namespace ns::engine_docker {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(EngineDocker, Build_IsPushedAndItsDigestIsTheRegistrys) {
  File("hello", "hi\n");
  Dockerfile("COPY hello /\nCMD [\"cat\", \"/hello\"]\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(outcome.result.digest, testing::MatchesRegex("sha256:[0-9a-f]{64}"));
  EXPECT_GT(outcome.result.size, 100'000);
  const std::string head = Shell(
      "curl -sI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' http://" +
      Environment("NS_TEST_REGISTRY") + "/v2/apps/" + job_.app + "/manifests/" + job_.build + "-1");
  EXPECT_THAT(head, HasSubstr(outcome.result.digest));
  const std::string labels =
      Shell("/usr/bin/docker inspect --format '{{json .Config.Labels}}' " + job_.reference);
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.installation\":\"" + kInstallation + "\""));
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.app\":\"" + job_.app + "\""));
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.build\":\"" + job_.build + "\""));
  EXPECT_TRUE(WorkFolderEmpty());
  EXPECT_THAT(Log(), HasSubstr("COPY hello /"));
  EXPECT_THAT(Log(), Not(testing::ContainsRegex("#[0-9]+ sha256:")));
}

TEST_F(EngineDocker, Log_ComesWhileTheBuildRuns) {
  Dockerfile("RUN echo first-$((40+2)); sleep 3; echo last-$((40+3))\n");
  DockerEngine engine = Engine();
  auto running = std::async(std::launch::async, [&] { return Run(engine); });
  ASSERT_TRUE(Until([&] { return Log().find("first-42") != std::string::npos; }));
  EXPECT_EQ(Log().find("last-43"), std::string::npos);
  EXPECT_EQ(running.wait_for(seconds(0)), std::future_status::timeout);
  EXPECT_EQ(running.get().reason, "");
  EXPECT_THAT(Log(), HasSubstr("last-43"));
}

TEST_F(EngineDocker, CommandThatFails_IsTheSourcesFaultAndLeavesNothing) {
  Dockerfile("RUN echo before-$((40+2)); exit 7\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("exit code: 7"));
  EXPECT_THAT(Log(), HasSubstr("before-42"));
  EXPECT_EQ(ImagesLeft(), "");
  EXPECT_TRUE(WorkFolderEmpty());
}

TEST_F(EngineDocker, BadDockerfile_IsTheSourcesFault) {
  File("Dockerfile", "FORM scratch\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED);
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("unknown instruction"));
}

TEST_F(EngineDocker, BaseImageBehindARegistryThatIsDown_IsThePlatformsFault) {
  File("Dockerfile", "FROM 127.0.0.1:1/nobody/nothing:1\nRUN true\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
}

TEST_F(EngineDocker, BaseImageThatTheRegistryDoesNotHave_IsTheSourcesFault) {
  File("Dockerfile", "FROM " + Environment("NS_TEST_REGISTRY") + "/no/such:1\nRUN true\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
}

TEST_F(EngineDocker, Cancelled_EndsTheCommandAndLeavesNothing) {
  Dockerfile("RUN echo started-$((40+2)); sleep 4321\n");
  DockerEngine engine = Engine();
  Cancellable cancel;
  auto running = std::async(std::launch::async, [&] { return Run(engine, cancel.call()); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4321"); })) << Log();
  const auto began = Clock::now();
  cancel.Cancel();
  const Outcome outcome = running.get();
  EXPECT_FALSE(Runs("sleep 4321"));
  EXPECT_LT(Clock::now() - began, seconds(5));
  EXPECT_EQ(outcome.reason, NS_REASON_CANCELLED) << outcome.message;
  EXPECT_THAT(Log(), HasSubstr("started-42"));
  EXPECT_EQ(ImagesLeft(), "");
  EXPECT_TRUE(WorkFolderEmpty());
}

TEST_F(EngineDocker, TooLong_IsKilledAndToldAsTimedOut) {
  Dockerfile("RUN echo waiting; sleep 4322\n");
  DockerEngine engine = Engine(R"({"timeout":"3s"})");
  const auto began = Clock::now();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_TIMED_OUT) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_LT(Clock::now() - began, seconds(10));
  EXPECT_FALSE(Runs("sleep 4322"));
}

TEST_F(EngineDocker, TooMuchMemory_IsKilledAndToldAsOutOfMemory) {
  DockerEngine engine = Engine(R"({"memory":"128M","timeout":"60s"})");
  if (!engine.Abilities().memory_limit)
    GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=600M count=1; sleep 1\n");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_OUT_OF_MEMORY) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
}

TEST_F(EngineDocker, ALittleMemory_IsFine) {
  DockerEngine engine = Engine(R"({"memory":"128M","timeout":"60s"})");
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=32M count=1\n");
  EXPECT_EQ(Run(engine).reason, "") << Log();
}

TEST_F(EngineDocker, Secrets_AreThereInTheStepAndNowhereElse) {
  Dockerfile(
      "RUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN; test \"$(cat /run/secrets/TOKEN)\" "
      "= hush-hush-$((2-1))\n");
  job_.plan.secrets = {{"TOKEN", "hush-hush-1", true}};
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), Not(HasSubstr("hush-hush-1")));
  EXPECT_THAT(Log(), HasSubstr("***"));
  EXPECT_THAT(Shell("/usr/bin/docker history --no-trunc " + job_.reference),
              Not(HasSubstr("hush-hush-1")));
  EXPECT_THAT(Shell("/usr/bin/docker inspect " + job_.reference), Not(HasSubstr("hush-hush-1")));
  EXPECT_THAT(Shell("/usr/bin/docker history --no-trunc " + job_.reference),
              Not(HasSubstr("nsbuild")));
  EXPECT_EQ(Shell("/usr/bin/docker save " + job_.reference + " | grep -c hush-hush-1"), "0\n");
}

TEST_F(EngineDocker, SecretThatChanged_IsNotAnsweredFromTheCache) {
  Dockerfile("RUN --mount=type=secret,id=MODE cat /run/secrets/MODE > /mode\n");
  DockerEngine engine = Engine();
  int attempt = 0;
  for (const char* mode : {"one", "one", "two", "two", "one"}) {
    job_.plan.secrets = {{"MODE", mode, false}};
    SetAttempt(++attempt);
    ASSERT_EQ(Run(engine).reason, "") << Log();
    EXPECT_EQ(Shell("/usr/bin/docker run --rm --network none " + job_.reference + " cat /mode"),
              mode)
        << attempt;
  }
  SetAttempt(++attempt);
  ASSERT_EQ(Run(engine).reason, "");
  EXPECT_THAT(Log(), HasSubstr("CACHED"));
}

TEST_F(EngineDocker, SameSourceAgain_ComesFromTheCache) {
  Dockerfile("RUN echo " + job_.build + " > /made\n");
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "");
  job_.build += "x";
  SetAttempt(1);
  ASSERT_EQ(Run(engine).reason, "");
  EXPECT_THAT(Log(), HasSubstr("CACHED"));
}

TEST_F(EngineDocker, GeneratedDockerfile_TakesTheWholeSource) {
  File("kept", "kept\n");
  File(".dockerignore", "kept\n");
  job_.plan.dockerfile_path.clear();
  job_.plan.dockerfile_text =
      "FROM " + Environment("NS_TEST_BASE") +
      "\nWORKDIR /srv\nCOPY . .\nRUN [\"/bin/sh\",\"-c\",\"set -eu\\ncat kept\"]\n";
  job_.plan.ignore_dockerignore = true;
  DockerEngine engine = Engine();
  EXPECT_EQ(Run(engine).reason, "") << Log();
  EXPECT_THAT(Log(), testing::ContainsRegex("#[0-9]+ [0-9.]+ kept\n"));  // what the file says
  EXPECT_FALSE(fs::exists(root_ / "source/Dockerfile"));
}

// What build-runtime-cmd plans for a script with variables (its golden test holds the text).
TEST_F(EngineDocker, ScriptWithVariables_ReadsThemAndLeavesNoTrace) {
  job_.plan.dockerfile_path.clear();
  job_.plan.dockerfile_text =
      "FROM " + Environment("NS_TEST_BASE") +
      "\nWORKDIR /srv\nCOPY . .\nRUN --mount=type=secret,id=ns-build-env,required=true "
      "[\"/bin/sh\",\"-c\",\". /run/secrets/ns-build-env\\nset -eux\\necho length ${#TOKEN} "
      "$TOKEN\\n"
      "test \\\"$MODE\\\" = \\\"it's fast\\\"\"]\n";
  job_.plan.ignore_dockerignore = true;
  job_.plan.secrets = {
      {"ns-build-env", "export MODE='it'\\''s fast'\nexport TOKEN='hush-hush-3'\n", true},
      {"TOKEN", "hush-hush-3", true}};
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("length 11 ***"));
  EXPECT_THAT(Log(), Not(HasSubstr("hush-hush-3")));
  EXPECT_EQ(
      Shell("/usr/bin/docker save " + job_.reference + " | grep -c -e hush-hush-3 -e nsbuild"),
      "0\n");
}

TEST_F(EngineDocker, RegistryDown_IsThePlatformsFaultAndLeavesNothing) {
  Dockerfile("RUN true\n");
  SetAttempt(1, "127.0.0.1:1");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_REGISTRY_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
  EXPECT_EQ(ImagesLeft(), "");
}

TEST_F(EngineDocker, DaemonDown_IsThePlatformsFault) {
  Dockerfile("RUN true\n");
  DockerEngine engine = Engine(R"({"socket":"/nowhere/docker.sock"})");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_ENGINE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
}

TEST_F(EngineDocker, OlderImages_GoButForThePreviousOne) {
  DockerEngine engine = Engine();
  std::vector<std::string> references;
  for (int version = 1; version <= 3; ++version) {
    job_.build = "v" + std::to_string(::getpid()) + "n" + std::to_string(version);
    SetAttempt(1);
    File("version", std::to_string(version));
    Dockerfile("COPY version /\n");
    ASSERT_EQ(Run(engine).reason, "") << Log();
    references.push_back(job_.reference);
  }
  EXPECT_THAT(Shell("/usr/bin/docker inspect " + references[0]), HasSubstr("No such object"));
  for (const int kept : {1, 2})
    EXPECT_THAT(Shell("/usr/bin/docker inspect " + references[kept]),
                Not(HasSubstr("No such object")));
}

TEST_F(EngineDocker, DeadBuildersRun_IsFoundAndEndedByAbort) {
  Dockerfile("RUN sleep 4323\n");
  const pid_t builder = ::fork();
  if (builder == 0) {
    DockerEngine engine = Engine();
    Run(engine);
    ::_exit(0);
  }
  ASSERT_TRUE(Until([&] { return Runs("sleep 4323"); }));
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
  EXPECT_FALSE(WorkFolderEmpty());
  DockerEngine engine = Engine();
  engine.Abort(sdk::Call(), job_.build);
  EXPECT_FALSE(Runs("sleep 4323"));
  EXPECT_TRUE(WorkFolderEmpty());
  EXPECT_EQ(ImagesLeft(), "");
  engine.Abort(sdk::Call(), job_.build);
}

TEST_F(EngineDocker, TwoBuildsAtOnce_EndOneByItself) {
  Dockerfile("RUN sleep 4324\n");
  DockerEngine engine = Engine();
  Cancellable cancel;
  auto running = std::async(std::launch::async, [&] { return Run(engine, cancel.call()); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4324"); }));
  engine.Abort(sdk::Call(), job_.build + "other");
  EXPECT_TRUE(Runs("sleep 4324"));
  cancel.Cancel();
  EXPECT_EQ(running.get().reason, NS_REASON_CANCELLED);
}

// The last one: no other can build after it.
TEST_F(EngineDocker, ZDaemonKilledMeanwhile_IsThePlatformsFault) {
  const int daemon = std::atoi(Environment("NS_TEST_OWN_DOCKERD").c_str());
  if (daemon <= 0) GTEST_SKIP() << "the Docker daemon is not this test's own to kill";
  Dockerfile("RUN echo working; sleep 4325\n");
  DockerEngine engine = Engine();
  auto running = std::async(std::launch::async, [&] { return Run(engine); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4325"); }));
  ::kill(daemon, SIGKILL);
  const Outcome outcome = running.get();
  EXPECT_EQ(outcome.reason, NS_REASON_ENGINE_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
  EXPECT_FALSE(Runs("sleep 4325"));
}

}  // namespace
}  // namespace ns::engine_docker
