#include "api/wait_turns.h"

#include <gtest/gtest.h>

#include <list>

namespace ns::api {
namespace {

class WaitTurnsTest : public testing::Test {
 protected:
  Status Take(const model::User& user) {
    held_.emplace_back(turns_, user);
    return held_.back().status();
  }

  const model::User alice_{UserId("alice"), "alice", false}, bob_{UserId("bob"), "bob", false},
      root_{UserId("root"), "root", true};
  WaitTurns turns_{4};
  std::list<WaitTurns::Turn> held_;
};

TEST_F(WaitTurnsTest, OnePerson_HasHalfOfThem) {
  EXPECT_EQ(Take(alice_), Status());
  EXPECT_EQ(Take(alice_), Status());
  const Status third = WaitTurns::Turn(turns_, alice_).status();
  EXPECT_EQ(third.code(), Code::kExhausted);
  EXPECT_EQ(third.reason(), "TooManyCalls");
  EXPECT_EQ(third.message().substr(0, 17), "2 calls of yours ");
  EXPECT_EQ(Take(bob_), Status());
  held_.pop_front();
  EXPECT_EQ(Take(alice_), Status());
}

TEST_F(WaitTurnsTest, All_AreNotMoreThanThereAre) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Take(root_), Status());
  EXPECT_EQ(WaitTurns::Turn(turns_, root_).status().message().substr(0, 17), "3 calls of yours ");
  EXPECT_EQ(Take(alice_), Status()) << "admins leave some";
  EXPECT_EQ(WaitTurns::Turn(turns_, alice_).status().reason(), "TooManyCalls");
  EXPECT_EQ(Take(bob_).message().substr(0, 13), "4 calls wait ");
  held_.pop_front();
  EXPECT_EQ(Take(bob_), Status()) << "who was refused holds none";
}

}  // namespace
}  // namespace ns::api
