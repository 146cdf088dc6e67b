// Images: built, pushed, told; failures and whose fault they are; secrets; the cache; what a dead
// builder leaves.
#include <signal.h>

#include "engine_test.h"

namespace ns::engines {
namespace {

using testing::HasSubstr;
using testing::Not;

class Build : public EngineTest {};

TEST_P(Build, IsPushedAndItsDigestIsTheRegistrys) {
  File("hello", "hi\n");
  Dockerfile("COPY hello /\nCMD [\"cat\", \"/hello\"]\n");
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(outcome.output.kind, ports::OutputKind::kImage);
  EXPECT_THAT(outcome.output.image.digest, testing::MatchesRegex("sha256:[0-9a-f]{64}"));
  const std::string head =
      Shell("curl -sI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' http://" +
            Environment("NS_TEST_REGISTRY") + "/v2/apps/" + job_.app.str() + "/manifests/" +
            job_.build.str() + "-1");
  EXPECT_THAT(head, HasSubstr(outcome.output.image.digest));
  const std::string image = Pulled(outcome);
  EXPECT_EQ(Shell("/usr/bin/docker run --rm --network none " + image), "hi\n");
  const std::string labels =
      Shell("/usr/bin/docker inspect --format '{{json .Config.Labels}}' " + image);
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.installation\":\"" + SharedInstallation().name()));
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.app\":\"" + job_.app.str() + "\""));
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.build\":\"" + job_.build.str() + "\""));
  EXPECT_THAT(Log(), HasSubstr("COPY hello /"));
  EXPECT_THAT(Log(), Not(testing::ContainsRegex("#[0-9]+ sha256:[0-9a-f]+\n")));
}

TEST_P(Build, Log_ComesWhileTheBuildRuns) {
  Dockerfile("RUN echo first-$((40+2)); sleep 4330; echo last-$((40+3))\n");
  Plugin();
  std::stop_source cancel;
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  EXPECT_TRUE(Until([&] { return Log().find("first-42") != std::string::npos; }, seconds(50)))
      << Log();
  EXPECT_TRUE(Until([] { return Runs("sleep 4330"); }));
  cancel.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled") << Log();
  EXPECT_EQ(Log().find("last-43"), std::string::npos);
}

TEST_P(Build, CommandThatFails_IsTheSourcesFaultAndLeavesNothing) {
  Dockerfile("RUN echo before-$((40+2)); exit 7\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("exit code: 7"));
  EXPECT_THAT(outcome.message, HasSubstr("before-42"));
  EXPECT_THAT(Log(), HasSubstr("before-42"));
  ExpectNothingLeft();
}

TEST_P(Build, ScriptThatFails_IsToldWithItsCodeAndLastWords) {
  Plan("runtime-cmd", CommandSettings("echo the-last-word >&2\nfalse-command\necho never"));
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message << Log();
  EXPECT_THAT(outcome.message, HasSubstr("exit code: 127"));
  EXPECT_THAT(outcome.message, HasSubstr("the-last-word"));
}

TEST_P(Build, BadDockerfile_IsTheSourcesFault) {
  Dockerfile("FORM scratch\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message;
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(outcome.message, testing::ContainsRegex("[Uu]nknown instruction"));
}

TEST_P(Build, DockerfileThatIsNotThere_IsTheSourcesFault) {
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message;
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("Dockerfile"));
}

TEST_P(Build, FileToCopyThatIsNotThere_IsTheSourcesFault) {
  Dockerfile("COPY nothere /\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message;
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("nothere"));
}

TEST_P(Build, BaseImageBehindARegistryThatIsDown_IsThePlatformsFault) {
  File("Dockerfile", "FROM 127.0.0.1:1/nobody/nothing:1\nRUN true\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "BaseImageUnavailable") << outcome.message;
  EXPECT_EQ(outcome.fault, Fault::kPlatform);
}

TEST_P(Build, BaseImageThatTheRegistryDoesNotHave_IsTheSourcesFault) {
  File("Dockerfile", "FROM " + Environment("NS_TEST_REGISTRY") + "/no/such:1\nRUN true\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "BaseImageUnavailable") << outcome.message;
  EXPECT_EQ(outcome.fault, Fault::kSource);
}

TEST_P(Build, RegistryDown_IsThePlatformsFaultAndLeavesNothing) {
  Dockerfile("RUN true\n");
  SetAttempt(1, "127.0.0.1:1");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "RegistryUnavailable") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kPlatform);
  ExpectNothingLeft();
}

TEST_P(Build, RegistryThatWantsALogin_TakesThatOfTheJobAlone) {
  Dockerfile("RUN true\n");
  SetAttempt(1, Environment("NS_TEST_LOGIN_REGISTRY"));
  job_.push_username = "builder";
  job_.push_password = Secret("letmein");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Shell("curl -s -u builder:letmein http://" + Environment("NS_TEST_LOGIN_REGISTRY") +
                    "/v2/apps/" + job_.app.str() + "/tags/list"),
              HasSubstr(job_.build.str()));
  SetAttempt(2, Environment("NS_TEST_LOGIN_REGISTRY"));
  job_.push_password = Secret("let-me-out");
  const Outcome refused = Run();
  EXPECT_EQ(refused.reason, "RegistryUnavailable") << refused.message << Log();
  EXPECT_EQ(refused.fault, Fault::kOperator) << refused.message;
  EXPECT_THAT(refused.message + Log(), Not(HasSubstr("let-me-out")));
}

TEST_P(Build, Secrets_AreThereInTheStepAndNowhereElse) {
  Dockerfile(
      "RUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN; test \"$(cat /run/secrets/TOKEN)\" "
      "= hush-hush-$((2-1))\n");
  job_.plan.secrets = {{"TOKEN", Secret("hush-hush-1"), model::EnvScope::kBuild, true}};
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), Not(HasSubstr("hush-hush-1")));
  EXPECT_THAT(Log(), HasSubstr("***"));
  const std::string image = Pulled(outcome);
  for (const std::string& look : {"history --no-trunc " + image, "inspect " + image,
                                  "save " + image + " | grep -a -o -e hush-hush-1 -e nsbuild"}) {
    const std::string seen = Shell("/usr/bin/docker " + look);
    EXPECT_THAT(seen, testing::AllOf(Not(HasSubstr("hush-hush-1")), Not(HasSubstr("nsbuild"))))
        << look;
  }
  // Nor on the disk: neither in the instance's folder nor in what its helpers keep there.
  EXPECT_TRUE(Until(
      [&] {
        return Shell("grep -rla hush-hush-1 --exclude-dir=net " + SharedInstallation().folder()) ==
               "";
      },
      seconds(5)))
      << Shell("grep -rla hush-hush-1 --exclude-dir=net " + SharedInstallation().folder());
}

TEST_P(Build, SecretsOfAScript_AreItsVariablesAndLeaveNoTrace) {
  Plan("runtime-cmd",
       CommandSettings("echo length ${#TOKEN} $TOKEN\ntest \"$MODE\" = \"it's fast\""), "",
       {{"TOKEN", Secret("hush-hush-3"), model::EnvScope::kBuild, true},
        {"MODE", Secret("it's fast"), model::EnvScope::kBuild, false}});
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), HasSubstr("length 11 ***"));
  EXPECT_THAT(Log(), Not(HasSubstr("hush-hush-3")));
  EXPECT_EQ(
      Shell("/usr/bin/docker save " + Pulled(outcome) + " | grep -a -c -e hush-hush-3 -e nsbuild"),
      "0\n");
}

// However many descriptors they take, and whatever numbers those have.
TEST_P(Build, ManySecrets_AreAllThere) {
  std::string look = "test \"";
  std::vector<model::EnvVar> secrets;
  for (int i = 0; i < 24; ++i) {
    const std::string name = "SECRET_" + std::to_string(i);
    secrets.push_back({name, Secret("value-" + std::to_string(i)), model::EnvScope::kBuild, true});
    look += "$" + name + ",";
  }
  std::string expected;
  for (int i = 0; i < 24; ++i) expected += "value-" + std::to_string(i) + ",";
  Plan("runtime-cmd", CommandSettings(look + "\" = \"" + expected + "\""), "", secrets);
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "") << outcome.message << Log();
}

TEST_P(Build, SecretThatChanged_IsNotAnsweredFromTheCache) {
  Dockerfile("RUN --mount=type=secret,id=MODE cat /run/secrets/MODE > /mode\n");
  int attempt = 0;
  for (const char* mode : {"one", "one", "two", "one"}) {
    job_.plan.secrets = {{"MODE", Secret(mode), model::EnvScope::kBuild, false}};
    SetAttempt(++attempt);
    const Outcome outcome = Run();
    ASSERT_EQ(outcome.reason, "") << Log();
    EXPECT_EQ(Shell("/usr/bin/docker run --rm --network none " + Pulled(outcome) + " cat /mode"),
              mode)
        << attempt;
  }
  SetAttempt(++attempt);
  ASSERT_EQ(Run().reason, "");
  EXPECT_THAT(Log(), testing::ContainsRegex("CACHED|Using cache"));
}

TEST_P(Build, SameSourceAgain_ComesFromTheCache) {
  Dockerfile("RUN echo " + job_.build.str() + " > /made; echo ran-$((40+2))\n");
  ASSERT_EQ(Run().reason, "");
  EXPECT_THAT(Log(), HasSubstr("ran-42"));
  SetBuild(job_.build.str() + "x");
  ASSERT_EQ(Run().reason, "");
  EXPECT_THAT(Log(), testing::ContainsRegex("CACHED|Using cache"));
  EXPECT_THAT(Log(), Not(HasSubstr("ran-42")));
}

TEST_P(Build, GeneratedDockerfile_TakesTheWholeSource) {
  File("kept", "what-it-says\n");
  File(".dockerignore", "kept\n");
  Plan("runtime-cmd", CommandSettings("cat kept"));
  EXPECT_EQ(Run().reason, "") << Log();
  EXPECT_THAT(Log(), testing::ContainsRegex("what-it-says\n"));
  EXPECT_FALSE(fs::exists(root_ / "source/Dockerfile"));
}

TEST_P(Build, IgnoredFiles_AreNotInTheContext) {
  File("kept", "kept\n");
  File("left", "left\n");
  File(".dockerignore", "left\n");
  Dockerfile("COPY . /all\nRUN test -e /all/kept && ! test -e /all/left\n");
  EXPECT_EQ(Run().reason, "") << Log();
}

TEST_P(Build, ScriptOf65000Bytes_Runs) {
  std::string script;
  for (int line = 0; script.size() < 65'000; ++line)
    script += ": " + std::string(90, 'x') + " " + std::to_string(line) + "\n";
  Plan("runtime-cmd", CommandSettings(script + "echo end-$((40+2))"));
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "") << outcome.message;
  EXPECT_THAT(Log(), HasSubstr("end-42"));
}

TEST_P(Build, TargetAndArguments_AreThoseOfThePlan) {
  File("Dockerfile", "FROM " + Environment("NS_TEST_BASE") +
                         " AS first\nARG MODE\nRUN echo mode-$MODE\n" + "FROM " +
                         Environment("NS_TEST_BASE") + "\nRUN exit 9\n");
  job_.plan.target = "first";
  job_.plan.args = {{"MODE", "fast"}};
  EXPECT_EQ(Run().reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("mode-fast"));
}

TEST_P(Build, Heredoc_IsUnderstoodWhereTheEngineSaysSo) {
  Dockerfile("RUN <<EOF\necho one-$((40+2))\necho two > /two\nEOF\n");
  const bool can = Plugin().engine().Abilities().heredoc;
  EXPECT_EQ(can, Is("buildkit"));
  const Outcome outcome = Run();
  if (can) {
    EXPECT_EQ(outcome.reason, "") << outcome.message << Log();
    EXPECT_THAT(Log(), HasSubstr("one-42"));
  } else {
    EXPECT_EQ(outcome.fault, Fault::kSource) << outcome.message;
  }
}

TEST_P(Build, OfADeadBuilder_IsFoundAndEndedByAbort) {
  Dockerfile("RUN sleep 4323\n");
  RunInAKilledBuilder([] { return Runs("sleep 4323"); });
  ASSERT_TRUE(Abort(job_.build.str()).ok());
  EXPECT_FALSE(Runs("sleep 4323"));
  ExpectNothingLeft();
  EXPECT_TRUE(Abort(job_.build.str()).ok()) << "again";
}

TEST_P(Build, TwoAtOnce_EndOneByItself) {
  Configure(R"({"memory":"300M","timeout":"60s","concurrency":2})");
  Dockerfile("RUN sleep 4324\n");
  Plugin();
  std::stop_source cancel;
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4324"); })) << Log();
  EXPECT_TRUE(Abort(job_.build.str() + "other").ok());
  EXPECT_TRUE(Runs("sleep 4324"));
  cancel.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled");
}

NS_ON_EVERY_ENGINE(Build);

}  // namespace
}  // namespace ns::engines
