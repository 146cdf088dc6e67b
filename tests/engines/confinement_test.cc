// What a Dockerfile may not do: step out of the limits, onto the machine's network, or have another
// program read it.
#include "engine_test.h"

namespace ns::engines {
namespace {

using testing::HasSubstr;
using testing::Not;

class Confinement : public EngineTest {};

TEST_P(Confinement, InsecureStep_IsRefused) {
  Dockerfile("RUN --security=insecure echo ran-$((40+2))\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(Log(), Not(HasSubstr("ran-42")));
}

TEST_P(Confinement, NetworkOfTheMachine_IsRefused) {
  Dockerfile("RUN --network=host echo ran-$((40+2))\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(Log(), Not(HasSubstr("ran-42")));
}

TEST_P(Confinement, FrontEndThatTheDockerfileNames_IsNotAskedFor) {
  const SilentRegistry registry;
  File("left", "x");
  File("Dockerfile", "# syntax=" + registry.address() + "/front/end:1\n# escape=`\nFROM " +
                         Environment("NS_TEST_BASE") +
                         "\nCOPY . /all\nRUN echo `\n  ran-$((40+2)); "
                         "test ! -e /all/left\n");
  File("Dockerfile.dockerignore", "left\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_FALSE(registry.Asked());
  EXPECT_THAT(Log(), HasSubstr("ran-42"));
  EXPECT_THAT(Log(), HasSubstr("\"syntax=\" is left out"));
}

// What ADD fetches is fetched by buildkitd, on the machine's network.
TEST_P(Confinement, ServicesOfTheMachine_AreNotReachedByAdd) {
  if (Is("docker")) GTEST_SKIP() << "dockerd fetches what ADD names, and takes no policy";
  const SilentRegistry service;
  const std::string port = service.address().substr(service.address().rfind(':'));
  for (const std::string host :
       {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]",
        "0.0.0.0", "a@127.0.0.1", "x.localhost", "LOCALHOST.", "169.254.169.254", "10.0.0.1"}) {
    Dockerfile("ADD http://" + host + port + "/x /\n");
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.fault, Fault::kSource) << host;
    EXPECT_THAT(outcome.message, HasSubstr("denied by policy")) << host << Log();
  }
  Dockerfile("ADD git://127.0.0.1" + port + "/x.git /x\n");
  EXPECT_THAT(Run().message, HasSubstr("denied by policy")) << Log();
  EXPECT_FALSE(service.Asked());
}

INSTANTIATE_TEST_SUITE_P(On, Confinement, testing::Values("docker", "buildkit"), NameOfEngine);

}  // namespace
}  // namespace ns::engines
