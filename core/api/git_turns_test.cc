#include "api/git_turns.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>

namespace ns::api {
namespace {

TEST(GitTurns, One_HasAtMostTheirShareAndIsToldSoAtOnce) {
  GitTurns turns(4, 2);
  std::optional<GitTurns::Turn> one(std::in_place, turns, ports::Call(), "alice");
  const GitTurns::Turn two(turns, {}, "alice");
  EXPECT_EQ(one->status(), Status());
  EXPECT_EQ(two.status(), Status());
  const Status third = GitTurns::Turn(turns, {}, "alice").status();
  EXPECT_EQ(third.reason(), "GitShareTaken");
  EXPECT_EQ(third.message().substr(0, 2), "2 ");
  const GitTurns::Turn others(turns, {}, "bob");
  EXPECT_EQ(others.status(), Status());
  one.reset();
  EXPECT_EQ(GitTurns::Turn(turns, {}, "alice").status(), Status());
}

TEST(GitTurns, WhereThereIsOne_ItIsAnybodys) {
  GitTurns turns(1, 1);
  EXPECT_EQ(GitTurns::Turn(turns, {}, "alice").status(), Status());
  EXPECT_EQ(GitTurns::Turn(turns, {}, "alice").status(), Status());
}

TEST(GitTurns, WhoWaits_CountsForTheirShareAndFillsTheQueue) {
  GitTurns turns(1, 1);
  const GitTurns::Turn taken(turns, {}, "bob");
  std::stop_source stop;
  Status waited;
  std::jthread waiter([&] {
    do {  // until it is the one that waits, and not one of those below
      waited = GitTurns::Turn(turns, {stop.get_token(), {}}, "alice").status();
    } while (!stop.stop_requested());
  });
  std::stop_source impatient;
  impatient.request_stop();
  Status told;
  while (told.reason() != "GitShareTaken")
    told = GitTurns::Turn(turns, {impatient.get_token(), {}}, "alice").status();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(GitTurns::Turn(turns, {}, "carol").status().reason(), "GitBusy");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2)) << "at once";
  stop.request_stop();
  waiter.join();
  EXPECT_EQ(waited.reason(), "GitBusy");
}

}  // namespace
}  // namespace ns::api
