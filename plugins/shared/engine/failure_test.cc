#include "engine/failure.h"

#include <gmock/gmock.h>

namespace ns::engine {
namespace {

using testing::HasSubstr;

struct Case {
  const char* name;
  std::vector<std::string> tail;  // as Docker 20.10 prints it, unless the name says otherwise
  const char* reason;
  sdk::Fault fault;
  const char* says;
};

const Case kCases[] = {
    {"command",
     {"#5 0.411 before", "#5 ERROR: executor failed running [/bin/sh -c exit 7]: exit code: 7",
      "------", " > [2/2] RUN exit 7:", "------",
      "executor failed running [/bin/sh -c exit 7]: exit code: 7"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "exit code: 7"},
    {"command of several lines",
     {"------", " > [4/4] RUN [\"/bin/sh\",\"-c\",\"set -eux\\nexit 7\"]:", "------",
      "executor failed running [/bin/sh -c set -eux", "echo failed to fetch",
      "failed to make the no space left on device", "exit 7]: exit code: 7"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "executor failed running [/bin/sh -c set -eux ...]: exit code: 7"},
    {"command of more lines than are kept",
     {"echo one", "ERROR: no space left on device", "exit 7]: exit code: 7"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "executor failed running [ ...]: exit code: 7"},
    {"command that talks of connections",
     {"------", " > [2/2] RUN curl x:", "#5 0.4 dial tcp: connection refused", "------",
      "executor failed running [/bin/sh -c curl x; echo code = Unavailable]: exit code: 1"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "exit code: 1"},
    {"command, buildx",
     {"------", " > [2/2] RUN exit 7:", "------", "Dockerfile:2",
      "ERROR: failed to solve: process \"/bin/sh -c exit 7\" did not "
      "complete successfully: exit code: 7"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "A step of the build failed: process"},
    {"syntax",
     {"#2 DONE 0.1s",
      "failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile "
      "parse error line 1: "
      "unknown instruction: FORM"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "failed: dockerfile parse error line 1"},
    {"empty",
     {"failed to solve with frontend dockerfile.v0: failed to create LLB definition: file with no "
      "instructions"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "file with no instructions"},
    {"file to copy",
     {"#6 ERROR: \"/nothere\" not found: not found", "------", " > [2/2] COPY nothere /:", "------",
      "failed to compute cache key: \"/nothere\" not found: not found"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "\"/nothere\" not found"},
    {"base image unknown",
     {"------", " > [internal] load metadata for 127.0.0.1:5000/no/such:1:", "------",
      "failed to solve with frontend dockerfile.v0: failed to create LLB definition: "
      "127.0.0.1:5000/no/such:1: not found"},
     NS_REASON_BASE_IMAGE_UNAVAILABLE,
     sdk::Fault::kSource,
     "127.0.0.1:5000/no/such:1: not found"},
    {"base image denied",
     {"------", " > [internal] load metadata for docker.io/library/x:1:", "------",
      "failed to solve with frontend dockerfile.v0: failed to create LLB definition: pull access "
      "denied, repository does not exist"},
     NS_REASON_BASE_IMAGE_UNAVAILABLE,
     sdk::Fault::kSource,
     "pull access denied"},
    {"registry of the base image down",
     {"------", " > [internal] load metadata for 127.0.0.1:5999/x:1:", "------",
      "failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do "
      "request: Head "
      "\"http://127.0.0.1:5999/v2/x/manifests/1\": dial tcp 127.0.0.1:5999: connect: connection "
      "refused"},
     NS_REASON_BASE_IMAGE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "does not answer"},
    {"image of COPY --from",
     {"------", " > FROM docker.io/library/b:latest:", "------",
      "failed to load cache key: failed to do request: Head \"https://registry-1.docker.io/v2/b\": "
      "dial tcp: lookup "
      "registry-1.docker.io: no such host"},
     NS_REASON_BASE_IMAGE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "no such host"},
    {"daemon gone before",
     {"Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?"},
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "Cannot connect"},
    {"daemon gone meanwhile",
     {"#5 0.4 working", "error during connect: Post \"http://x/v1.41/build\": EOF"},
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "error during connect"},
    {"connection lost meanwhile",
     {"#5 0.4 working",
      "failed to solve: rpc error: code = Unavailable desc = transport is closing"},
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "transport is closing"},
    {"daemon gone without a word",
     {"#5 0.4 working", "cannot write /x/image because server did not provide an image ID"},
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "lost"},
    {"disk full",
     {"failed to solve: failed to register layer: write /x: no space left on device"},
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "disk of the Docker daemon is full"},
    {"command, buildctl",
     {"------", " > [2/2] RUN x:", "0.106 before", "------", "Dockerfile:2",
      "error: failed to solve: process \"/bin/sh -c x\" did not complete successfully: exit code: "
      "7"},
     NS_REASON_COMMAND_FAILED,
     sdk::Fault::kSource,
     "failed: process \"/bin/sh -c x\" did not"},
    {"base image unknown, buildctl",
     {"------", " > [internal] load metadata for h:1/no/such:1:", "------",
      "error: failed to solve: h:1/no/such:1: failed to resolve source metadata for "
      "h:1/no/such:1: h:1/no/such:1: not found"},
     NS_REASON_BASE_IMAGE_UNAVAILABLE,
     sdk::Fault::kSource,
     "cannot be had: h:1/no/such:1"},
    {"daemon gone, buildctl",
     {"error: listing workers for Build: failed to list workers: Unavailable: connection error: "
      "desc = \"transport: Error while dialing: dial unix /x.sock: connect: no such file\""},
     NS_REASON_ENGINE_UNAVAILABLE,
     sdk::Fault::kPlatform,
     "failed to list workers"},
    {"silence", {}, NS_REASON_COMMAND_FAILED, sdk::Fault::kSource, "said nothing"},
};

class BuildFailureOf : public testing::TestWithParam<Case> {};

TEST_P(BuildFailureOf, Tail_SaysReasonAndFault) {
  const Case& expected = GetParam();
  const sdk::Error error = BuildFailure("the Docker daemon", expected.tail);
  EXPECT_EQ(error.reason(), expected.reason);
  EXPECT_EQ(error.fault(), expected.fault);
  EXPECT_THAT(error.message(), HasSubstr(expected.says));
}

std::string NameOf(const testing::TestParamInfo<Case>& info) {
  std::string name;
  for (const char c : std::string(info.param.name))
    name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Docker, BuildFailureOf, testing::ValuesIn(kCases), NameOf);

TEST(BuildFailure, CommandThatFailed_TellsItsLastWords) {
  const std::vector<std::string> tail = {"executor failed running [/bin/sh -c x]: exit code: 1"};
  EXPECT_EQ(BuildFailure("the Docker daemon", tail, true, {"+ x", "x: no such file"}).message(),
            "A step of the build failed: executor failed running [/bin/sh -c x]: exit code: 1; its "
            "last words: + x | x: no such file");
  const std::string many =
      BuildFailure("the Docker daemon", tail, true, {std::string(1000, 'y') + "end"}).message();
  EXPECT_LT(many.size(), 600u);
  EXPECT_TRUE(many.ends_with("yyend"));
}

TEST(BuildFailure, DaemonThatDoesNotAnswerAfterIt_IsThePlatformsWhateverTheWords) {
  const sdk::Error error = BuildFailure(
      "the Docker daemon", {"executor failed running [/bin/sh -c x]: exit code: 1"}, false);
  EXPECT_EQ(error.reason(), NS_REASON_ENGINE_UNAVAILABLE);
  EXPECT_EQ(error.fault(), sdk::Fault::kPlatform);
}

TEST(RefusedPush, OnlyOfABuildThatCameToIt) {
  const std::string error =
      "error: failed to solve: failed to push h:1/a/b:1: failed to do request: dial tcp: refused";
  EXPECT_THAT(RefusedPush({"------", " > exporting to image:", "------", error}),
              testing::StartsWith("failed to push h:1/a/b:1"));
  EXPECT_EQ(RefusedPush({"------", " > [2/2] RUN x:", "------", error}), "");
  EXPECT_EQ(RefusedPush({" > exporting to image:", "error: write /x: no space left on device"}),
            "");
}

TEST(PushFailure, NoAnswer_IsThePlatforms) {
  const sdk::Error error =
      PushFailure("h:1/a:b", "Get \"http://h:1/v2/\": dial tcp: connect: connection refused");
  EXPECT_EQ(error.reason(), NS_REASON_REGISTRY_UNAVAILABLE);
  EXPECT_EQ(error.fault(), sdk::Fault::kPlatform);
  EXPECT_EQ(error.code(), NS_E_UNAVAILABLE);
}

TEST(PushFailure, WrongCredentials_AreTheOperators) {
  const sdk::Error error = PushFailure("h:1/a:b", "unauthorized: authentication required");
  EXPECT_EQ(error.reason(), NS_REASON_REGISTRY_UNAVAILABLE);
  EXPECT_EQ(error.fault(), sdk::Fault::kOperator);
}

}  // namespace
}  // namespace ns::engine
