#include "api/shared_reads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace ns::api {
namespace {

using Reads = SharedReads<std::string, int>;

// A value that grows with each read, the first of which waits.
class SharedReadsTest : public ::testing::Test {
 protected:
  int Ask(const std::string& key = "a") {
    return *reads_
                .Get(key,
                     [&]() -> Reads::Answer {
                       const int value = ++count_;
                       if (value == 1) {
                         begun_.count_down();
                         go_on_.wait();
                       }
                       return std::make_shared<const int>(value);
                     })
                .value();
  }
  void AwaitWaiting(size_t count) {
    while (reads_.waiting("a") < count) std::this_thread::yield();
  }

  Reads reads_;
  std::atomic<int> count_ = 0;
  std::latch begun_{1}, go_on_{1};
};

TEST_F(SharedReadsTest, ThoseWhoAskDuringARead_ShareTheNext) {
  std::jthread first([&] { EXPECT_EQ(Ask(), 1); });
  begun_.wait();
  std::vector<std::jthread> others;
  for (int i = 0; i < 8; ++i) others.emplace_back([&] { EXPECT_EQ(Ask(), 2); });
  AwaitWaiting(8);
  go_on_.count_down();
  others.clear();
  first.join();
  EXPECT_EQ(count_, 2);
  EXPECT_EQ(Ask(), 3) << "nothing is kept";
}

TEST_F(SharedReadsTest, AnotherKey_WaitsForNobody) {
  std::jthread first([&] { EXPECT_EQ(Ask(), 1); });
  begun_.wait();
  EXPECT_EQ(Ask("b"), 2);
  go_on_.count_down();
}

TEST_F(SharedReadsTest, Failure_IsOfTheRoundAlone) {
  const auto fails = []() -> Reads::Answer { return Unavailable("away"); };
  EXPECT_EQ(reads_.Get("a", fails).status().code(), Code::kUnavailable);
  const auto throws = []() -> Reads::Answer { throw std::bad_alloc(); };
  EXPECT_EQ(reads_.Get("a", throws).status().code(), Code::kInternal);
  go_on_.count_down();
  EXPECT_EQ(Ask(), 1);
}

}  // namespace
}  // namespace ns::api
