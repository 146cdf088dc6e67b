#include "api/api_world.h"
#include "base/crypto.h"

namespace ns::api {
namespace {

using Ids = std::vector<std::string>;

class WebhookTest : public ApiWorld {
 protected:
  void SetUp() override {
    repository = MakeRepository(Named("alice"));
    MakeRepository(Named("alice"), "https://git.test/other.git");
    store.store().hints.Subscribe([this](const ports::Hint& hint) {
      if (hint.kind == ports::Hint::Kind::kRepository) hints.push_back(hint.id);
    });
  }
  int Post(const std::string& host, const std::string& body,
           std::vector<std::pair<std::string, std::string>> headers = {}) {
    return dispatcher
        .Raw({false, 0, 0, "10.9.9.9", std::move(headers)}, "POST", "/api/webhook/" + host, body)
        .http_status;
  }
  std::string repository;
  Ids hints;
};

TEST_F(WebhookTest, PushOfEachHost_WakesTheFetcher) {
  EXPECT_EQ(
      Post("gitea",
           R"({"ref":"refs/heads/main","repository":{"clone_url":"https://git.test/a/shop.git"}})"),
      202);
  EXPECT_EQ(Post("github", R"({"repository":{"ssh_url":"git@git.test:a/shop.git","id":1}})"), 202);
  EXPECT_EQ(Post("gitlab", R"({"project":{"git_http_url":"https://GIT.test/a/shop"}})"), 202);
  EXPECT_EQ(Post("github",
                 "payload=%7B%22repository%22%3A%7B%22clone_url%22%3A%22https%3A%2F%2Fgit.test%2Fa%"
                 "2Fshop.git%22%7D%7D"),
            202);
  EXPECT_EQ(hints, (Ids{repository, repository, repository, repository}));
}

TEST_F(WebhookTest, UnknownRepository_IsAcceptedAndDoesNothing) {
  EXPECT_EQ(Post("gitea", R"({"repository":{"clone_url":"http://nowhere.test/x.git"}})"), 202);
  EXPECT_EQ(Post("gitea", "{}"), 202);
  EXPECT_EQ(Post("gitea", R"({"repository":7,"project":[]})"), 202);
  EXPECT_TRUE(hints.empty());
}

TEST_F(WebhookTest, BadRequests_AreRefused) {
  EXPECT_EQ(Post("gitea", "not json"), 400);
  EXPECT_EQ(Post("gitea", std::string(20'000, '[')), 400);
  EXPECT_EQ(Post("gitea", "payload=%zz"), 400);
  EXPECT_EQ(Post("bitbucket", "{}"), 404);
  EXPECT_EQ(Post("gitea", std::string((1 << 20) + 1, ' ')), 413);
  EXPECT_EQ(dispatcher.Raw({}, "GET", "/api/webhook/gitea", "").http_status, 405);
}

TEST_F(WebhookTest, WithASecret_OnlySignedPayloadsCount) {
  Settings settings = MakeSettings();
  settings.webhook_secret = Secret("hook");
  RemakeDispatcher(settings);
  const std::string body = R"({"repository":{"clone_url":"https://git.test/a/shop.git"}})";
  const std::string signature = ToHex(HmacSha256("hook", body));
  EXPECT_EQ(Post("gitea", body), 403);
  EXPECT_EQ(Post("github", body, {{"x-hub-signature-256", "sha256=" + std::string(64, '0')}}), 403);
  EXPECT_EQ(Post("gitlab", body, {{"x-gitlab-token", "hooK"}}), 403);
  EXPECT_TRUE(hints.empty());
  EXPECT_EQ(Post("gitea", body, {{"x-gitea-signature", signature}}), 202);
  EXPECT_EQ(Post("github", body, {{"x-hub-signature-256", "sha256=" + signature}}), 202);
  EXPECT_EQ(Post("gitlab", body, {{"x-gitlab-token", "hook"}}), 202);
  EXPECT_EQ(hints.size(), 3u);
}

TEST_F(WebhookTest, DatabaseAway_AsksToSendItAgain) {
  store.FailWith(Unavailable("away"));
  EXPECT_EQ(Post("gitea", "{}"), 503);
}

}  // namespace
}  // namespace ns::api
