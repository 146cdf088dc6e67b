#include <algorithm>
#include <map>

#include "api/api_world.h"
#include "base/crypto.h"
#include "ports/faults/counting_plan.h"

namespace ns::api {
namespace {

using Ids = std::vector<std::string>;

class WebhookTest : public ApiWorld {
 protected:
  void SetUp() override {
    repository = MakeRepository(Named("alice"));
    MakeRepository(Named("alice"), "https://git.test/other.git");
    store.store().hints.Subscribe([this](const ports::Hint& hint) {
      if (hint.kind != ports::Hint::Kind::kRepository) return;
      hints.push_back(hint.id);
    });
  }
  // All, once the turn of those that are owed has come.
  Ids AllHints() {
    clock.Advance(std::chrono::seconds(2));
    dispatcher->SendOwed();
    return hints;
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
  EXPECT_EQ(hints, (Ids{repository})) << "one at once";
  EXPECT_EQ(AllHints(), (Ids{repository, repository})) << "and one for the others";
}

TEST_F(WebhookTest, OtherSpellingsOfOneUrl_AreRepositoriesOfTheirOwn_WokenTogether) {
  const std::string other = MakeRepository(Named("alice"), "https://git.test/a/shop");
  EXPECT_EQ(Call(Named("bob"), "CreateRepository", NewRepository("https://git.test/a/shop.git"))
                .status()
                .reason(),
            "UrlTaken");
  clock.Advance(std::chrono::seconds(5));  // the store is asked again
  hints.clear();
  EXPECT_EQ(Post("gitea", R"({"repository":{"clone_url":"https://git.test/a/shop.git"}})"), 202);
  std::ranges::sort(hints);
  Ids both{repository, other};
  std::ranges::sort(both);
  EXPECT_EQ(hints, both);
}

TEST_F(WebhookTest, Flood_IsAFewHintsAndOneListOfRepositories) {
  ports::CountingPlan plan;
  ports::FaultyStore counted(store.store(), plan);
  RemakeDispatcher(TestSettings(), counted.Ports());
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(
        Post("gitea", i % 2 ? R"({"repository":{"clone_url":"https://git.test/a/shop.git"}})"
                            : R"({"repository":{"clone_url":"https://git.test/unknown.git"}})"),
        202);
  }
  EXPECT_EQ(hints, (Ids{repository}));
  EXPECT_EQ(plan.calls["RepositoryStore.List"], 1);
  EXPECT_EQ(AllHints(), (Ids{repository, repository}));
  EXPECT_EQ(plan.calls["Hints.Send"], 2);
  RemakeDispatcher(TestSettings());  // on a store that outlives it
}

TEST_F(WebhookTest, RepositoryThatWasRegisteredAMomentAgo_IsFoundALittleLater) {
  const std::string body = R"({"repository":{"clone_url":"https://git.test/a/fresh.git"}})";
  EXPECT_EQ(Post("gitea", body), 202);  // the store is asked
  const std::string fresh = MakeRepository(Named("alice"), "https://git.test/a/fresh.git");
  hints.clear();
  EXPECT_EQ(Post("gitea", body), 202);
  EXPECT_EQ(hints, Ids());
  EXPECT_EQ(AllHints(), Ids{fresh});
}

TEST_F(WebhookTest, DeliveryThatWasHereBefore_DoesNothing) {
  const std::string body = R"({"repository":{"clone_url":"https://git.test/a/shop.git"}})";
  for (const auto& [host, header] :
       std::vector<std::pair<std::string, std::string>>{{"github", "x-github-delivery"},
                                                        {"gitea", "x-gitea-delivery"},
                                                        {"gitlab", "x-gitlab-event-uuid"},
                                                        {"gitlab", "idempotency-key"}}) {
    clock.Advance(std::chrono::seconds(2));
    hints.clear();
    EXPECT_EQ(Post(host, body, {{header, header}}), 202) << header;
    EXPECT_EQ(hints.size(), 1u);
    clock.Advance(std::chrono::seconds(2));
    EXPECT_EQ(Post(host, body, {{header, header}}), 200) << header;
    EXPECT_EQ(hints.size(), 1u);
    EXPECT_EQ(Post(host, body + " ", {{header, header}}), 202) << "another payload is another one";
    EXPECT_EQ(hints.size(), 2u);
  }
}

TEST_F(WebhookTest, DeliveryThatCouldNotBeTaken_MayComeAgain) {
  const std::string body = R"({"repository":{"clone_url":"https://git.test/a/shop.git"}})";
  store.FailWith(Unavailable("away"));
  EXPECT_EQ(Post("gitea", body, {{"x-gitea-delivery", "1"}}), 503);
  store.FailWith(Status());
  clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(Post("gitea", body, {{"x-gitea-delivery", "1"}}), 202);
  EXPECT_EQ(hints, (Ids{repository}));
}

TEST_F(WebhookTest, EventsThatMoveNoRef_DoNothing) {
  const std::string body =
      R"({"repository":{"clone_url":"https://git.test/a/shop.git"},
          "project":{"git_http_url":"https://git.test/a/shop.git"}})";
  EXPECT_EQ(Post("github", R"({"zen":"Keep it."})", {{"x-github-event", "ping"}}), 200);
  EXPECT_EQ(Post("github", body, {{"x-github-event", "issues"}}), 200);
  EXPECT_EQ(Post("gitea", body, {{"x-gitea-event", "issue_comment"}}), 200);
  EXPECT_EQ(Post("gitlab", body, {{"x-gitlab-event", "Pipeline Hook"}}), 200);
  EXPECT_TRUE(hints.empty());
  EXPECT_EQ(Post("gitlab", body, {{"x-gitlab-event", "Tag Push Hook"}}), 202);
  EXPECT_EQ(hints, (Ids{repository}));
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
  Settings settings = TestSettings();
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
  EXPECT_EQ(AllHints().size(), 2u);
}

TEST_F(WebhookTest, DatabaseAway_AsksToSendItAgain) {
  store.FailWith(Unavailable("away"));
  EXPECT_EQ(Post("gitea", R"({"repository":{"clone_url":"https://git.test/a/shop.git"}})"), 503);
  EXPECT_EQ(Post("gitea", R"({"repository":{"clone_url":"https://git.test/a/shop.git"}})"), 503);
}

}  // namespace
}  // namespace ns::api
