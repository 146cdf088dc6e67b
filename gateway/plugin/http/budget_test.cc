#include "http/budget.h"

#include <gtest/gtest.h>

namespace ns::gateway::http {
namespace {

TEST(BudgetTest, SharesTogether_HoldNoMoreThanThereIs) {
  Budget budget(100'000);
  Budget::Share first(budget), second(budget);
  EXPECT_TRUE(first.Hold(60'000));
  EXPECT_FALSE(second.Hold(60'000));
  EXPECT_TRUE(second.Hold(40'000)) << "a refusal holds nothing";
  EXPECT_FALSE(first.Hold(60'001));
  EXPECT_TRUE(first.Hold(10'000));
  EXPECT_TRUE(second.Hold(90'000)) << "what was given back";
}

TEST(BudgetTest, ShareThatIsRefusedMore_HoldsWhatItHeld) {
  Budget budget(100'000);
  Budget::Share other(budget);
  {
    Budget::Share share(budget);
    EXPECT_TRUE(share.Hold(50'000));
    EXPECT_FALSE(share.Hold(200'000));
    EXPECT_FALSE(other.Hold(50'001));
    EXPECT_TRUE(other.Hold(50'000));
  }
  EXPECT_TRUE(other.Hold(100'000)) << "and gives it back when it goes";
}

TEST(BudgetTest, EmptyRequest_HoldsTheLeast) {
  Budget budget(3 * kLeastHeld - 1);
  Budget::Share first(budget), second(budget), third(budget);
  EXPECT_TRUE(first.Hold(0));
  EXPECT_TRUE(second.Hold(1));
  EXPECT_FALSE(third.Hold(0));
  first.Release();
  EXPECT_TRUE(third.Hold(0));
}

}  // namespace
}  // namespace ns::gateway::http
