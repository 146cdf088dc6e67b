#include "http/budget.h"

#include <gtest/gtest.h>

namespace ns::gateway::http {
namespace {

TEST(BudgetTest, SharesTogether_HoldNoMoreThanThereIs) {
  Budget budget(100'000);
  Budget::Share first(budget), second(budget);
  EXPECT_TRUE(first.Hold(50'000));
  EXPECT_FALSE(second.Hold(25'001));
  EXPECT_TRUE(second.Hold(25'000)) << "a refusal holds nothing";
  EXPECT_FALSE(first.Hold(50'001));
  EXPECT_TRUE(first.Hold(10'000));
  EXPECT_TRUE(second.Hold(65'000)) << "what was given back";
}

TEST(BudgetTest, ShareThatIsRefusedMore_HoldsWhatItHeld) {
  Budget budget(100'000);
  Budget::Share other(budget);
  {
    Budget::Share share(budget);
    EXPECT_TRUE(share.Hold(50'000));
    EXPECT_FALSE(share.Hold(200'000));
    EXPECT_FALSE(other.Hold(25'001));
    EXPECT_TRUE(other.Hold(25'000));
  }
  EXPECT_TRUE(other.Hold(75'000)) << "and gives it back when it goes";
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

TEST(BudgetTest, WhatIsLarge_LeavesAQuarterForWhatIsSmall) {
  Budget budget(100'000);
  Budget::Share large(budget), answer(budget), small(budget), another(budget);
  EXPECT_FALSE(large.Hold(75'001));
  EXPECT_TRUE(large.Hold(60'000));
  EXPECT_FALSE(answer.HoldAnswer(15'001));
  EXPECT_TRUE(answer.HoldAnswer(15'000));
  EXPECT_TRUE(small.Hold(0));
  EXPECT_FALSE(another.Hold(kLeastHeld + 1));
  EXPECT_TRUE(another.Hold(kLeastHeld));
  EXPECT_TRUE(large.HoldAnswer(59'000)) << "less than it held";
}

TEST(BudgetTest, SmallAnswer_NeedsNoRoom) {
  Budget budget(kLeastHeld);
  Budget::Share small(budget), refused(budget);
  EXPECT_TRUE(small.Hold(0));
  EXPECT_FALSE(refused.Hold(0));
  EXPECT_TRUE(refused.HoldAnswer(kLeastHeld));
  EXPECT_TRUE(small.HoldAnswer(kLeastHeld));
  EXPECT_FALSE(small.HoldAnswer(kLeastHeld + 1));
}

TEST(BudgetTest, Refusal_IsKnownByItsTime) {
  Budget budget(100'000);
  Budget::Share share(budget);
  const auto before = Budget::Clock::now();
  EXPECT_TRUE(share.Hold(75'000));
  EXPECT_FALSE(budget.RefusedSince(before - std::chrono::hours(1)));
  EXPECT_FALSE(share.Hold(75'001));
  EXPECT_TRUE(budget.RefusedSince(before - std::chrono::nanoseconds(1)));
  EXPECT_FALSE(budget.RefusedSince(Budget::Clock::now()));
}

TEST(BudgetTest, WhatWasLarge_KeepsNoMemoryOnceItIsEmpty) {
  std::string large(1 << 20, 'x'), small(10'000, 'x');
  Empty(large);
  Empty(small);
  EXPECT_LE(large.capacity(), kInHand);
  EXPECT_GE(small.capacity(), 10'000u);
  EXPECT_TRUE(large.empty() && small.empty());
}

}  // namespace
}  // namespace ns::gateway::http
