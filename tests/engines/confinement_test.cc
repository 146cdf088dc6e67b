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

INSTANTIATE_TEST_SUITE_P(On, Confinement, testing::Values("docker", "buildkit"), NameOfEngine);

}  // namespace
}  // namespace ns::engines
