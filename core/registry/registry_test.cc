// Against the real docker-registry.
#include "registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "registry/challenge.h"
#include "registry/embedded.h"
#include "supervise/process.h"

namespace ns::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST(Challenge, Bearer_GivesTheTokenUrl) {
  const auto challenge = ParseChallenge(
      "Bearer "
      "realm=\"https://auth.test/token\",service=\"r.test\",scope=\"repository:a/b:pull,push\"");
  ASSERT_TRUE(challenge.has_value());
  EXPECT_EQ(challenge->TokenUrl(),
            "https://auth.test/token?service=r.test&scope=repository:a/b:pull%2Cpush");
}

TEST(Challenge, AnythingElse_IsNone) {
  for (const char* header :
       {"", "Basic realm=\"x\"", "Bearer", "Bearer realm=\"file:///etc/passwd\"",
        "Bearer realm=\"https", "Bearer ,,=,"}) {
    const auto challenge = ParseChallenge(header);
    EXPECT_TRUE(!challenge || challenge->realm == "https") << header;
  }
}

TEST(RegistryHost, KeepsNameAndPort) {
  EXPECT_EQ(RegistryHost("http://127.0.0.1:5000"), "127.0.0.1:5000");
  EXPECT_EQ(RegistryHost("https://registry.test/"), "registry.test");
}

int FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() : folder_(::testing::TempDir() + "registry-" + std::to_string(::getpid())) {
    embedded_.folder = folder_;
    embedded_.port = FreePort();
    registry_ =
        NewRegistry({EmbeddedRegistryUrl(embedded_), "team", "", Secret(), 15s}, SystemClock());
  }
  ~RegistryTest() override {
    if (process_) {
      process_->KillGroup(9);
      EXPECT_TRUE(process_->Wait(SystemClock(), std::nullopt).ok());
    }
    std::filesystem::remove_all(folder_);
  }

  void Start() {
    const auto helper = PrepareEmbeddedRegistry(embedded_);
    ASSERT_TRUE(helper.ok()) << helper.status().ToString();
    supervise::SpawnSpec spec;
    spec.argv = helper->argv;
    spec.env = helper->env;
    auto process = supervise::Process::Spawn(spec);
    ASSERT_TRUE(process.ok());
    process_.emplace(std::move(*process));
    for (int i = 0; i < 500 && !helper->health().ok(); ++i) std::this_thread::sleep_for(20ms);
    ASSERT_TRUE(registry_->Ping({}).ok());
  }

  // Pushes an image without layers, as the distribution specification says, and gives its digest.
  std::string Push(const std::string& tag, const std::string& content) {
    const std::string digest = "sha256:" + Sha256Hex(content), blob = folder_ + "/blob",
                      base = EmbeddedRegistryUrl(embedded_) + "/v2/team/" + app_.str();
    std::ofstream(blob) << content;
    const std::string manifest =
        R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":)"
        R"("application/vnd.docker.container.image.v1+json","size":)" +
        std::to_string(content.size()) + R"(,"digest":")" + digest + R"("},"layers":[]})";
    std::ofstream(folder_ + "/manifest") << manifest;
    const std::string script =
        "set -e; url=$(curl -sf -X POST -D - -o /dev/null " + base +
        "/blobs/uploads/ | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p'); "
        "curl -sf -X PUT --data-binary @" +
        blob + " -H 'Content-Type: application/octet-stream' \"$url&digest=" + digest +
        "\"; "
        "curl -sf -X PUT --data-binary @" +
        folder_ +
        "/manifest -H 'Content-Type: application/vnd.docker.distribution.manifest.v2+json' " +
        base + "/manifests/" + tag;
    EXPECT_EQ(std::system(script.c_str()), 0);
    return "sha256:" + Sha256Hex(manifest);
  }

  const std::string folder_;
  const AppId app_{"0123456789abcdef012345"};
  EmbeddedRegistry embedded_;
  std::unique_ptr<ports::Registry> registry_;
  std::optional<supervise::Process> process_;
};

TEST_F(RegistryTest, PushedTags_AreListed_ToldByDigest_AndDeleted) {
  Start();
  EXPECT_EQ(registry_->Tags({}, app_)->size(), 0u) << "unknown repository";
  const std::string one = Push("build1-1", "{\"a\":1}"), two = Push("build2-1", "{\"a\":2}");
  EXPECT_THAT(*registry_->Tags({}, app_), UnorderedElementsAre("build1-1", "build2-1"));
  EXPECT_EQ(*registry_->Digest({}, app_, "build1-1"), one);
  EXPECT_EQ(registry_->Digest({}, app_, "build3-1").status().code(), Code::kNotFound);
  ASSERT_TRUE(registry_->Delete({}, app_, one).ok());
  ASSERT_TRUE(registry_->Delete({}, app_, one).ok()) << "absent is no failure";
  EXPECT_EQ(registry_->Digest({}, app_, "build1-1").status().code(), Code::kNotFound);
  EXPECT_EQ(*registry_->Digest({}, app_, "build2-1"), two);
}

TEST_F(RegistryTest, NobodyAnswers_IsUnavailableWithTheAddress) {
  const Status status = registry_->Ping({});
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "RegistryUnavailable");
  EXPECT_THAT(status.message(), HasSubstr(EmbeddedRegistryUrl(embedded_)));
}

TEST_F(RegistryTest, RepositoryFor_HasHostPrefixAndApplication) {
  EXPECT_EQ(registry_->RepositoryFor(app_),
            "127.0.0.1:" + std::to_string(embedded_.port) + "/team/" + app_.str());
}

TEST_F(RegistryTest, ProgramMissing_NamesThePackage) {
  embedded_.program = "/nowhere/docker-registry";
  EXPECT_THAT(PrepareEmbeddedRegistry(embedded_).status().message(),
              HasSubstr("install the package docker-registry"));
}

}  // namespace
}  // namespace ns::registry
