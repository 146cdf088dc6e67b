// What is of dockerd alone; what all engines promise is in tests/engines. Run by with_registry.sh
// there.
#include "real_world.h"

namespace ns::engine_docker {
namespace {

using testing::HasSubstr;
using testing::Not;

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
