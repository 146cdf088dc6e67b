#include "api/git_turns.h"

#include <gtest/gtest.h>

#include <optional>

namespace ns::api {
namespace {

TEST(GitTurns, One_HasAtMostHalfAndIsToldSoAtOnce) {
  GitTurns turns(4);
  std::optional<GitTurns::Turn> one(std::in_place, turns, ports::Call(), "alice");
  const GitTurns::Turn two(turns, {}, "alice");
  EXPECT_TRUE(one->got() && two.got());
  EXPECT_FALSE(GitTurns::Turn(turns, {}, "alice").got());
  const GitTurns::Turn others(turns, {}, "bob");
  EXPECT_TRUE(others.got());
  one.reset();
  EXPECT_TRUE(GitTurns::Turn(turns, {}, "alice").got());
}

TEST(GitTurns, WhereThereIsOne_ItIsAnybodys) {
  GitTurns turns(1);
  EXPECT_TRUE(GitTurns::Turn(turns, {}, "alice").got());
  EXPECT_TRUE(GitTurns::Turn(turns, {}, "alice").got());
}

}  // namespace
}  // namespace ns::api
