#include "lifecycle_failure.h"

#include <gmock/gmock.h>

namespace ns::engine_docker {
namespace {

using testing::HasSubstr;

sdk::Error Failure(Phase phase, int code, const std::vector<std::string>& tail = {}) {
  return LifecycleFailure({phase, code, tail}, "builder:1", "0.12");
}

void Expect(const sdk::Error& error, const std::string& reason, sdk::Fault fault) {
  EXPECT_EQ(error.reason(), reason) << error.message();
  EXPECT_EQ(error.fault(), fault) << error.message();
}

// The lines are those of lifecycle 0.21.17.
TEST(LifecycleFailure, NoneFits_NamesEachThatWasTriedOnce) {
  const auto error = Failure(Phase::kDetect, 20,
                             {"======== Results ========", "skip: a/b@1", "fail: c/d@2",
                              "======== Results ========", "fail: c/d@2", "err:  e/f@3 (7)",
                              "ERROR: No buildpack groups passed detection.",
                              "ERROR: failed to detect: no buildpacks participating"});
  Expect(error, NS_REASON_NO_BUILDPACK_FITS, sdk::Fault::kSource);
  EXPECT_EQ(error.message(),
            "None of the builder's buildpacks takes this source (tried: a/b@1, c/d@2, e/f@3); "
            "correct the context, or choose another build method.");
}

TEST(LifecycleFailure, NoneFitsAndOneBroke_IsSaid) {
  const auto error = Failure(Phase::kDetect, 21, {"err:  e/f@3 (7)"});
  Expect(error, NS_REASON_NO_BUILDPACK_FITS, sdk::Fault::kSource);
  EXPECT_THAT(error.message(), HasSubstr("one failed while it looked (tried: e/f@3)"));
}

TEST(LifecycleFailure, BuildpackThatFails_GivesExitCodeAndLastWords) {
  const auto error = Failure(
      Phase::kBuild, 51,
      {"one", "two", "three", "four", "five", "six", "ERROR: failed to build: exit status 7"});
  Expect(error, NS_REASON_COMMAND_FAILED, sdk::Fault::kSource);
  EXPECT_THAT(error.message(), HasSubstr("A buildpack failed: failed to build: exit status 7; its "
                                         "last words: two | three | four | five | six"));
  Expect(Failure(Phase::kBuild, 52, {"ERROR: failed to build: bad process type"}),
         NS_REASON_COMMAND_FAILED, sdk::Fault::kSource);
}

TEST(LifecycleFailure, BuildThatSpeaksOfNetworks_IsTheSourcesAllTheSame) {
  for (const char* words : {"dial tcp: connection refused", "no space left on device", "DENIED"})
    Expect(Failure(Phase::kBuild, 51, {words, "ERROR: failed to build: exit status 1"}),
           NS_REASON_COMMAND_FAILED, sdk::Fault::kSource);
}

TEST(LifecycleFailure, Registry_DownOrRefusingIsToldApart) {
  for (const Phase phase : {Phase::kAnalyze, Phase::kRestore, Phase::kExport}) {
    Expect(Failure(phase, 62,
                   {"ERROR: failed to export: dial tcp 127.0.0.1:1: connect: "
                    "connection refused"}),
           NS_REASON_REGISTRY_UNAVAILABLE, sdk::Fault::kPlatform);
    Expect(Failure(phase, 62, {"ERROR: failed to: UNAUTHORIZED: authentication required"}),
           NS_REASON_REGISTRY_UNAVAILABLE, sdk::Fault::kOperator);
  }
}

TEST(LifecycleFailure, ExportOfSomethingOdd_IsTheSources) {
  const auto error = Failure(Phase::kExport, 62,
                             {"ERROR: failed to export: open /layers/x.toml: permission denied"});
  Expect(error, NS_REASON_COMMAND_FAILED, sdk::Fault::kSource);
  EXPECT_THAT(error.message(), HasSubstr("is no image"));
}

TEST(LifecycleFailure, RunImage_IsTheOperatorsUnlessItsRegistryIsToBlame) {
  EXPECT_TRUE(
      SaysNoRunImage({"ERROR: failed to resolve inputs: failed to find accessible run image"}));
  EXPECT_FALSE(SaysNoRunImage({"ERROR: failed to analyze: timeout"}));
  const auto missing = RunImageMissing("builder:1", "", "not found", "");
  Expect(missing, NS_REASON_BASE_IMAGE_UNAVAILABLE, sdk::Fault::kOperator);
  EXPECT_THAT(missing.message(), HasSubstr("run image that the builder builder:1 names"));
  EXPECT_THAT(RunImageMissing("builder:1", "run:2", "gone", "").message(), HasSubstr("run:2"));
  Expect(RunImageMissing("b", "", "x", "dial tcp 127.0.0.1:1: connect: connection refused"),
         NS_REASON_REGISTRY_UNAVAILABLE, sdk::Fault::kPlatform);
  Expect(RunImageMissing("b", "", "x", "unauthorized: authentication required"),
         NS_REASON_REGISTRY_UNAVAILABLE, sdk::Fault::kOperator);
}

TEST(LifecycleFailure, InterfacesThatDoNotMatch_AreTheOperators) {
  const auto platform = Failure(Phase::kAnalyze, 11,
                                {"ERROR: platform API version '0.12' is "
                                 "incompatible with the lifecycle"});
  Expect(platform, NS_REASON_UNSUPPORTED, sdk::Fault::kOperator);
  EXPECT_THAT(platform.message(), HasSubstr("platform API 0.12"));
  Expect(Failure(Phase::kDetect, 12), NS_REASON_UNSUPPORTED, sdk::Fault::kOperator);
}

TEST(LifecycleFailure, KilledOrDiskFull_IsThePlatforms) {
  Expect(Failure(Phase::kBuild, 137), NS_REASON_ENGINE_UNAVAILABLE, sdk::Fault::kPlatform);
  Expect(Failure(Phase::kExport, 62, {"ERROR: write /tmp/x: no space left on device"}),
         NS_REASON_ENGINE_UNAVAILABLE, sdk::Fault::kPlatform);
}

TEST(LifecycleFailure, Builder_MissingOrOfNoUse) {
  Expect(BuilderMissing("b", "its registry does not have it.", true),
         NS_REASON_BASE_IMAGE_UNAVAILABLE, sdk::Fault::kOperator);
  Expect(BuilderMissing("b", "timeout.", false), NS_REASON_BASE_IMAGE_UNAVAILABLE,
         sdk::Fault::kPlatform);
  Expect(NoLifecycle("b", "no such file"), NS_REASON_BASE_IMAGE_UNAVAILABLE, sdk::Fault::kOperator);
}

}  // namespace
}  // namespace ns::engine_docker
