#include "api/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/repository_url.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"

namespace ns::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

const RepositoryId kA("a"), kB("b");

TEST(Deliveries, AreKnownForADayAndBounded) {
  Deliveries deliveries;
  deliveries.Remember("first", 0h);
  EXPECT_TRUE(deliveries.Seen("first", 24h));
  EXPECT_FALSE(deliveries.Seen("other", 24h));
  EXPECT_FALSE(deliveries.Seen("first", 24h + 1s));
  deliveries.Remember("second", 25h);
  for (int i = 0; i < 20'000; ++i) deliveries.Remember(std::to_string(i), 25h);
  EXPECT_FALSE(deliveries.Seen("second", 25h)) << "the oldest goes";
  EXPECT_TRUE(deliveries.Seen("0", 25h));
}

TEST(HintTurns, OneAtOnce_ThenOneASecond_AndTheLastIsNeverLost) {
  HintTurns turns;
  EXPECT_TRUE(turns.Ask(kA, 10s));
  EXPECT_TRUE(turns.Ask(kB, 10s)) << "each has turns of its own";
  for (int i = 1; i < 900; ++i) EXPECT_FALSE(turns.Ask(kA, 10s + i * 1ms));
  EXPECT_THAT(turns.Due(10999ms), IsEmpty());
  EXPECT_THAT(turns.Due(11s), ElementsAre(kA));
  EXPECT_FALSE(turns.Ask(kA, 11500ms)) << "a second after that one";
  EXPECT_THAT(turns.Due(12s), ElementsAre(kA));
  EXPECT_THAT(turns.Due(14s), IsEmpty());
  EXPECT_TRUE(turns.Ask(kA, 14s));
}

TEST(HintTurns, WhatIsOwed_IsNotOvertaken) {
  HintTurns turns;
  EXPECT_TRUE(turns.Ask(kA, 10s));
  EXPECT_FALSE(turns.Ask(kA, 10500ms));
  EXPECT_FALSE(turns.Ask(kA, 12s)) << "nobody has looked whose turn has come";
  EXPECT_THAT(turns.Due(12s), ElementsAre(kA));
}

TEST(HintTurns, WhatCouldNotBeSent_IsOwedAgain) {
  HintTurns turns;
  turns.Ask(kA, 10s);
  turns.Ask(kA, 10s);
  EXPECT_THAT(turns.Due(11s), ElementsAre(kA));
  turns.Again(kA, 11s);
  EXPECT_THAT(turns.Due(11500ms), IsEmpty());
  EXPECT_THAT(turns.Due(12s), ElementsAre(kA));
  turns.Again(kA, 12s);
  EXPECT_THAT(turns.TakeAll(), ElementsAre(kA));
}

class RepositoryUrlsTest : public ::testing::Test {
 protected:
  static RepositoryId Id(int n) { return RepositoryId(std::string(21, '0') + std::to_string(n)); }
  void Add(int n, const std::string& url) {
    model::Repository repository;
    repository.id = Id(n);
    repository.name = "r";
    repository.url = url;
    EXPECT_EQ(fake_.store().repositories.Insert(repository), Status());
    hinted_.clear();  // of its registration
  }
  Result<std::set<RepositoryId>> Find(const std::string& url, Duration now) {
    NS_ASSIGN(auto found, urls_.Find({url}, now, fake_.store().repositories, now));
    return std::move(found.ids);
  }

  ports::testing::FakeClock clock_;
  ports::testing::FakeStore fake_{clock_};
  std::vector<RepositoryId> hinted_;
  RepositoryUrls urls_;
};

TEST_F(RepositoryUrlsTest, OneThatIsNew_IsFoundWithinASecond) {
  EXPECT_THAT(*Find("git.test/a", 10s), IsEmpty());
  Add(1, "https://git.test/a.git");
  const std::string url = model::NormaliseUrl("https://git.test/a.git");
  EXPECT_THAT(*Find(url, 10500ms), IsEmpty()) << "the store is not asked again so soon";
  EXPECT_EQ(Find(url, 11s)->size(), 1u);
}

TEST_F(RepositoryUrlsTest, WhatIsKnown_IsAnsweredWhileTheStoreIsAway_ForAWhile) {
  Add(1, "https://git.test/a.git");
  const std::string url = model::NormaliseUrl("https://git.test/a.git");
  EXPECT_EQ(Find(url, 10s)->size(), 1u);
  fake_.FailWith(Unavailable("away"));
  EXPECT_EQ(Find(url, 14s)->size(), 1u);
  EXPECT_EQ(Find("git.test/b", 14s).status(), Unavailable("away"));
  EXPECT_EQ(Find("git.test/b", 14100ms).status(), Unavailable("away"))
      << "without another question to the store";
}

class HooksTest : public RepositoryUrlsTest {
 protected:
  HooksTest() {
    fake_.store().hints.Subscribe(
        [this](const ports::Hint& hint) { hinted_.emplace_back(hint.id); });
  }
  void Hint(const std::string& url) {
    EXPECT_EQ(hooks_.Hint({model::NormaliseUrl(url)}), Status());
  }

  Hooks hooks_{fake_.store(), clock_};
};

TEST_F(HooksTest, PushesJustAfterRegistration_AreNotDropped_WhereAnotherRepositoryIsKnown) {
  Hint("https://git.test/else");  // the store is asked
  Add(1, "https://git.test/a.git");
  clock_.Advance(500ms);
  Hint("https://git.test/a.git");
  clock_.Advance(600ms);
  Hint("https://git.test/else");  // and again
  Add(2, "https://git.test/b.git");
  clock_.Advance(100ms);
  Hint("https://git.test/b.git");
  EXPECT_THAT(hinted_, IsEmpty());
  hooks_.SendOwed();
  EXPECT_THAT(hinted_, ElementsAre(Id(1))) << "the one that is known";
  clock_.Advance(1s);
  hooks_.SendOwed();
  EXPECT_THAT(hinted_, ElementsAre(Id(1), Id(2))) << "the other as soon as the store is asked";
  clock_.Advance(10s);
  hooks_.SendOwed();
  EXPECT_THAT(hinted_, ElementsAre(Id(1), Id(2)));
}

}  // namespace
}  // namespace ns::api
