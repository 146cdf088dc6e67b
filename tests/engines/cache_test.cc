// Whose layers and cache mounts a build may be answered with.
#include "engine_test.h"

namespace ns::engines {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kReadsToken =
    "RUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN > /token\n";

class Cache : public EngineTest {
 protected:
  void NextApplication() {
    job_.app = AppId(job_.app.str() + "x");
    NextBuild();
  }
  void NextBuild() { SetBuild(job_.build.str() + "x"); }
  void SetToken(const std::string& value) {
    job_.plan.secrets = {{"TOKEN", Secret(value), model::EnvScope::kBuild, true}};
  }
  std::string TokenIn(const Outcome& outcome) {
    return Shell("/usr/bin/docker run --rm --network none " + Pulled(outcome) + " cat /token");
  }
};

TEST_P(Cache, SecretOfAnotherApplication_IsInNoLayerOfThisOne) {
  Dockerfile(kReadsToken);
  SetToken("of-the-first");
  ASSERT_EQ(Run().reason, "") << Log();
  NextApplication();
  SetToken("of-the-second");
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(TokenIn(outcome), "of-the-second");
}

TEST_P(Cache, LayersOfAnotherApplication_AreNotUsed) {
  Dockerfile("RUN echo ran-$((40+2))\n");
  ASSERT_EQ(Run().reason, "") << Log();
  NextApplication();
  ASSERT_EQ(Run().reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("ran-42"));
  NextBuild();
  ASSERT_EQ(Run().reason, "") << Log();
  EXPECT_THAT(Log(), Not(HasSubstr("ran-42"))) << "its own are";
}

TEST_P(Cache, MountOfAnotherApplication_IsAnother) {
  const std::string first = job_.app.str();
  const auto mount = [](const std::string& id) {
    return "RUN --mount=type=cache,target=/c,id=" + id + " ";
  };
  Dockerfile(mount("packages") + "echo of-the-first > /c/it\n");
  ASSERT_EQ(Run().reason, "") << Log();
  NextApplication();
  std::string text;
  for (const std::string& id : {std::string("packages"), first + "/packages",
                                "../" + first + "/packages", "/" + first + "/packages"})
    text += mount(id) + "test \"$(cat /c/it)\" != of-the-first && echo of-another > /c/it\n";
  Dockerfile(text);
  const Outcome other = Run();
  EXPECT_EQ(other.reason, "") << other.message << Log();
  job_.app = AppId(first);
  NextBuild();
  Dockerfile(mount("packages") + "test \"$(cat /c/it)\" = of-the-first; echo again\n");
  EXPECT_EQ(Run().reason, "") << Log();
}

// An argument of that name would open the cache mounts of another, or hide whose build it is.
TEST_P(Cache, ArgumentThatOnlyTheEngineMaySet_IsRefused) {
  Dockerfile("RUN echo ran-$((40+2))\n");
  for (const char* name : {"BUILDKIT_CACHE_MOUNT_NS", "buildkit_syntax", "no_proxy", "NO_PROXY"}) {
    job_.plan.args = {{name, "other"}};
    const Outcome outcome = Run();
    EXPECT_EQ(outcome.reason, "SettingsInvalid") << name;
    EXPECT_EQ(outcome.fault, Fault::kSource);
    EXPECT_THAT(outcome.message, HasSubstr(name));
    EXPECT_THAT(Log(), Not(HasSubstr("ran-42")));
  }
}

NS_ON_EVERY_ENGINE(Cache);

class CacheOfSecrets : public Cache {};

TEST_P(CacheOfSecrets, OfABuildThatFailed_AreNotTakenForTheNextOnes) {
  SetToken("one");
  Dockerfile(kReadsToken);
  ASSERT_EQ(Run().reason, "") << Log();
  NextBuild();
  SetToken("two");
  Dockerfile(std::string(kReadsToken) + "RUN exit 3\n");
  ASSERT_EQ(Run().reason, "CommandFailed") << Log();
  NextBuild();
  SetToken("one");
  Dockerfile(kReadsToken);
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_EQ(TokenIn(outcome), "one");
}

NS_ON_EVERY_ENGINE(CacheOfSecrets);

}  // namespace
}  // namespace ns::engines
