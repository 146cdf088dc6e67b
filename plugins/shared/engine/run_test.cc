#include "engine/run.h"

#include <gmock/gmock.h>

namespace ns::engine {
namespace {

using testing::HasSubstr;

sdk::EngineJob JobWith(const std::string& user, const std::string& password) {
  sdk::EngineJob job;
  job.reference = "h:5000/a/b:c-1";
  job.push_username = user;
  job.push_password = password;
  return job;
}

TEST(RegistryLogins, HoldThoseOfTheJobBesideTheOperators) {
  EXPECT_EQ(
      RegistryLogins(R"({"auths":{"other":{"auth":"eDp5"}},"credsStore":"x"})",
                     JobWith("builder", "letmein")),
      R"({"auths":{"other":{"auth":"eDp5"},"h:5000":{"auth":"YnVpbGRlcjpsZXRtZWlu"}},"credsStore":"x"})");
  EXPECT_EQ(RegistryLogins("", JobWith("a", "b")), R"({"auths":{"h:5000":{"auth":"YTpi"}}})");
  EXPECT_EQ(RegistryLogins("no json", JobWith("ab", "c")),
            R"({"auths":{"h:5000":{"auth":"YWI6Yw=="}}})");
  EXPECT_EQ(RegistryLogins("[]", JobWith("", "")), "{}");
}

TEST(CheckJob, IdsAndPathsThatCannotBe_AreDefects) {
  sdk::EngineJob job;
  job.app = "app";
  job.build = "build-1";
  EXPECT_NO_THROW(CheckJob(job));
  for (const char* id : {"", "a/b", "..", "a b", "a\n"}) {
    job.build = id;
    EXPECT_THROW(CheckJob(job), sdk::Error) << id;
  }
}

TEST(FindProgram, SaysWhatIsMissingAndWhoseFaultThatIs) {
  EXPECT_THAT(FindProgram("", "sh", "dash"), testing::EndsWith("/sh"));
  EXPECT_EQ(FindProgram("/bin/sh", "x", "y"), "/bin/sh");
  for (const char* configured : {"", "/no/such"}) {
    try {
      FindProgram(configured, "no-such-program", "the-package");
      ADD_FAILURE();
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.reason(), NS_REASON_ENGINE_UNAVAILABLE);
      EXPECT_EQ(error.fault(), sdk::Fault::kOperator);
      EXPECT_THAT(error.message(), HasSubstr(*configured ? "/no/such" : "the-package"));
    }
  }
}

TEST(Below, CountsWholeNames) {
  EXPECT_TRUE(Below("", "/a"));
  EXPECT_TRUE(Below("/a", "/a"));
  EXPECT_TRUE(Below("/a", "/a/b"));
  EXPECT_FALSE(Below("/a", "/ab"));
  EXPECT_FALSE(Below("/a/b", "/a"));
}

}  // namespace
}  // namespace ns::engine
