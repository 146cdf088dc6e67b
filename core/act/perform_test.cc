// Effects that are refused for what the host lacks just then.
#include <gmock/gmock.h>

#include "act/perform.h"
#include "act/world.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"

namespace ns::act {
namespace {

using ::testing::ElementsAre;

// Remembers what was deleted.
class OneImage final : public ports::Registry {
 public:
  std::string RepositoryFor(const AppId&) const override { return "registry.test/app"; }
  Status Ping(const ports::Call&) override { return {}; }
  Result<std::string> Digest(const ports::Call&, const AppId&, const std::string&) override {
    return std::string("sha256:1");
  }
  Result<std::vector<std::string>> Tags(const ports::Call&, const AppId&) override {
    return std::vector<std::string>{"0000000000000000000001-1"};
  }
  Status Delete(const ports::Call&, const AppId&, const std::string& digest) override {
    deleted.push_back(digest);
    return {};
  }
  std::vector<std::string> deleted;
};

class PerformTest : public ::testing::Test {
 protected:
  Parts Given() { return {fake_.store(), remote_, registry_, {}, SystemRandom(), SystemClock()}; }

  ports::testing::FakeClock clock_;
  ports::testing::FakeStore fake_{clock_};
  testing::MemoryRemote remote_;
  OneImage registry_;
};

TEST_F(PerformTest, ClaimWhileTheRegistryIsCollected_IsPutOff) {
  Parts parts = Given();
  bool collects = true;
  parts.may_build = [&] { return !collects; };
  const Status refused = Perform(reconcile::ClaimBuilds{}, parts, {}).status();
  EXPECT_EQ(refused.reason(), "RegistryCollected");
  EXPECT_EQ(refused.code(), Code::kUnavailable) << "tried again";
  EXPECT_EQ(refused.retry_after(), Duration(std::chrono::seconds(5)));
  collects = false;
  EXPECT_TRUE(Perform(reconcile::ClaimBuilds{}, parts, {}).ok());
}

TEST_F(PerformTest, ArtifactsWithoutAStorage_AreNotSaidToBeGone) {
  const Parts parts = Given();
  reconcile::DeleteImages all{AppId("a"), {}, {}, true};
  EXPECT_EQ(Perform(all, parts, {}).status().reason(), "NoStorage");
  EXPECT_THAT(registry_.deleted, ElementsAre("sha256:1")) << "images go all the same";
  all.artifacts = false;
  EXPECT_TRUE(Perform(all, parts, {}).ok()) << "who has no artifacts needs no storage";
}

}  // namespace
}  // namespace ns::act
