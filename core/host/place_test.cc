#include "host/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

namespace ns::host {
namespace {

class PlaceTest : public ::testing::Test {
 protected:
  PlaceTest() : folder_(::testing::TempDir() + "ns-place-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~PlaceTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_;
  const std::string path_ = folder_ + "/place";
};

TEST_F(PlaceTest, Name_IsKeptWhateverTheMachineIsCalledLater) {
  const std::string name = PlaceName(path_, "one", SystemRandom()).value();
  EXPECT_THAT(name, ::testing::MatchesRegex("one-[0-9a-f]{8}"));
  EXPECT_EQ(PlaceName(path_, "two", SystemRandom()).value(), name);
}

TEST_F(PlaceTest, ProcessesThatBeginAtOnce_AgreeAndLeaveNothingBeside) {
  constexpr int kProcesses = 8;
  std::vector<std::string> names(kProcesses);
  {
    std::vector<std::jthread> threads;
    for (std::string& name : names)
      threads.emplace_back([&] { name = PlaceName(path_, "one", SystemRandom()).value(); });
  }
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 1u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(PlaceTest, EmptyFileAndNoFolder_AreFailures) {
  std::ofstream(path_).flush();
  EXPECT_EQ(PlaceName(path_, "one", SystemRandom()).status().code(), Code::kInvalid);
  EXPECT_EQ(PlaceName(folder_ + "/none/place", "one", SystemRandom()).status().code(),
            Code::kUnavailable);
}

}  // namespace
}  // namespace ns::host
