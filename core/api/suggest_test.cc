#include "api/api_world.h"

namespace ns::api {
namespace {

class SuggestTest : public ApiWorld {
 protected:
  void SetUp() override { repository = MakeRepository(Named("alice")); }
  void TearDown() override { std::filesystem::remove_all(MakeSettings().scratch); }
  own_pb::SuggestApplicationRequest For(const std::string& ref = "") {
    own_pb::SuggestApplicationRequest in;
    in.set_repository_id(repository);
    in.set_ref_name(ref);
    return in;
  }
  std::string repository;
};

TEST_F(SuggestTest, Dockerfile_IsFoundWithItsPort) {
  git.files = {{"Dockerfile", "FROM debian\nEXPOSE 8080\n"},
               {"docker/Dockerfile", "FROM debian\n"}};
  const auto out = Own<own_pb::Suggestion>(Named("bob"), "SuggestApplication", For()).value();
  EXPECT_EQ(out.name(), "shop");
  EXPECT_EQ(out.fqdn(), "shop.apps.test");
  EXPECT_EQ(out.ref_name(), "HEAD");
  EXPECT_EQ(out.commit(), kCommitA);
  ASSERT_EQ(out.methods_size(), 2);
  EXPECT_EQ(out.methods(0).name(), "runtime_dockerfile");
  EXPECT_EQ(out.methods(0).dockerfile_name(), "Dockerfile");
  EXPECT_EQ(out.methods(0).http_port(), 8080);
  EXPECT_EQ(out.methods(1).dockerfile_name(), "docker/Dockerfile");
  EXPECT_EQ(out.methods(1).http_port(), 0);
  ASSERT_EQ(git.checked_out.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(git.checked_out[0].second));
}

TEST_F(SuggestTest, TakenHost_GetsANumber) {
  ASSERT_TRUE(Call(Named("alice"), "CreateApplication", NewApp(repository)).ok());
  EXPECT_EQ(Own<own_pb::Suggestion>(Named("bob"), "SuggestApplication", For()).value().fqdn(),
            "shop-2.apps.test");
  auto in = For("v2");
  in.set_name("My Shop_日本!");
  const auto out = Own<own_pb::Suggestion>(Named("bob"), "SuggestApplication", in).value();
  EXPECT_EQ(out.fqdn(), "my-shop.apps.test");
  EXPECT_EQ(out.commit(), kCommitB);
  EXPECT_EQ(out.methods_size(), 0);
}

TEST_F(SuggestTest, UnknownRefAndUnreadableRemote_AreRefused) {
  EXPECT_EQ(FieldsOf(Own(Named("bob"), "SuggestApplication", For("nowhere")).status()),
            std::vector<std::string>{"ref_name"});
  git.failure = Status(Code::kUnavailable, "RemoteUnreachable", "no route");
  EXPECT_EQ(Own(Named("bob"), "SuggestApplication", For()).status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace ns::api
