#include "plan/fetch.h"

#include <gtest/gtest.h>

#include "plan/test_snapshots.h"

namespace ns::plan {
namespace {

TEST(Moved, OnlyFollowersWithANewCommit) {
  const std::vector<model::GitRef> refs = {{"HEAD", testing::kCommitA},
                                           {"main", testing::kCommitA},
                                           {"refs/heads/main", testing::kCommitA}};
  const auto app = [](int n) { return testing::IdOf<AppId>(n); };
  const auto moved = Moved({{app(1), "main", testing::kCommitA},
                            {app(2), "HEAD", ""},
                            {app(3), "gone", testing::kCommitB},
                            {app(4), "gone", model::kNoCommit}},
                           refs);
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_EQ(moved[0].commit, testing::kCommitA);
  EXPECT_EQ(moved[1].commit, model::kNoCommit);
}

}  // namespace
}  // namespace ns::plan
