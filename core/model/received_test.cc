#include "model/received.h"

#include <gtest/gtest.h>

#include "model/fetch_token.h"
#include "model/repository_url.h"

namespace ns::model {
namespace {

using namespace std::chrono_literals;

TEST(Received, Names_AreThoseOfFoldersThatStayWhereTheyAre) {
  for (const char* good : {"a", "shop", "my-shop_2.0", "0", "a.b.c"})
    EXPECT_EQ(ReceivedNameMistake(good), "") << good;
  EXPECT_EQ(ReceivedNameMistake(std::string(63, 'a')), "");
  for (const char* bad : {"", ".", "..", ".git", "-a", "_a", "a/b", "a..b", "a.", "a.git", "a.lock",
                          "A", "a b", "a\n", "\xc3\xa4", "a%2fb", "a\\b"})
    EXPECT_NE(ReceivedNameMistake(bad), "") << bad;
  EXPECT_NE(ReceivedNameMistake(std::string(64, 'a')), "");
  EXPECT_NE(ReceivedNameMistake(std::string("a\0b", 3)), "");
}

TEST(Received, Url_IsOneThatNobodyCanRegister) {
  EXPECT_EQ(ReceivedName(ReceivedUrl("shop")), "shop");
  EXPECT_FALSE(ParseRepositoryUrl(ReceivedUrl("shop")).ok());
  EXPECT_FALSE(ParseRepositoryUrl("/var/lib/x.git").ok());
  EXPECT_EQ(ReceivedName("https://git.test/shop.git"), std::nullopt);
  EXPECT_EQ(ReceivedName("ns-git:../x"), std::nullopt);
}

TEST(Received, Repository_IsNotOpenThoughItNeedsNoCredentials) {
  Repository repository;
  repository.url = "https://git.test/shop.git";
  EXPECT_TRUE(IsOpen(repository));
  repository.url = ReceivedUrl("shop");
  EXPECT_FALSE(IsOpen(repository));
}

TEST(FetchToken, UserName_NamesTheRepository) {
  EXPECT_EQ(FetchUser("shop"), "ns-fetch+shop");
  EXPECT_EQ(FetchedFor("ns-fetch+shop"), "shop");
  EXPECT_EQ(FetchedFor("ns-fetch"), std::nullopt);
  EXPECT_EQ(FetchedFor("alice"), std::nullopt);
}

TEST(FetchToken, IsGoodForOneNameAndAWhile) {
  const Secret key(std::string(32, 'k'));
  const Time now(1'000'000s);
  const std::string token = FetchToken(key, "shop", now + 60s);
  EXPECT_TRUE(IsFetchToken(key, "shop", token, now));
  EXPECT_FALSE(IsFetchToken(key, "blog", token, now));
  EXPECT_FALSE(IsFetchToken(key, "shop", token, now + 60s));
  EXPECT_FALSE(IsFetchToken(Secret(std::string(32, 'x')), "shop", token, now));
  const std::string later = std::to_string(1'000'000 + 3600) + token.substr(token.find('.'));
  EXPECT_FALSE(IsFetchToken(key, "shop", later, now));
  for (const char* text : {"", ".", "x", "1.", "99999999999."})
    EXPECT_FALSE(IsFetchToken(key, "shop", text, now)) << text;
}

TEST(Received, MayHold_WhereEachOwnerOfTheWholeOwnsThePart) {
  const auto of = [](const std::vector<std::string>& owners) {
    Repository repository;
    for (const std::string& owner : owners) repository.owners.emplace_back(owner);
    return repository;
  };
  EXPECT_TRUE(MayHold(of({"a"}), of({"b", "a"})));
  EXPECT_FALSE(MayHold(of({"a", "c"}), of({"b", "a"})));
  EXPECT_FALSE(MayHold(of({"a"}), of({})));
  EXPECT_FALSE(MayHold(of({}), of({"a"}))) << "nobody answers for it";
}

}  // namespace
}  // namespace ns::model
