#include "act/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "act/world.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"

namespace ns::act {
namespace {

using model::kUnmeasured;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

class SamplerTest : public ::testing::Test {
 protected:
  // A minute is full at 0, 60, ...
  static Time At(int64_t seconds) { return Time(std::chrono::seconds(1'800'000'000 + seconds)); }

  // The one replica has used `cpu` of processor time by then.
  Status Take(SampleTaker& taker, int64_t seconds, Duration cpu) {
    backend_.SetUsages({{kApp, "a-1", std::chrono::seconds(seconds), cpu.count(), 100, 0, 0}});
    return taker.Take({}, At(seconds));
  }
  // Seconds, span and processor of what is stored.
  std::vector<std::tuple<int64_t, int64_t, int64_t>> Stored() {
    std::vector<std::tuple<int64_t, int64_t, int64_t>> out;
    const auto points = store_.store().usage.Series("docker", kApp, At(-86400), At(86400));
    for (const auto& point : points.value())
      out.emplace_back((point.at - At(0)) / 1s, point.span.count(), point.usage.cpu);
    std::ranges::sort(out);
    return out;
  }

  const AppId kApp{std::string(22, 'a')};
  ports::testing::FakeClock clock_;
  ports::testing::FakeStore store_{clock_};
  testing::MemoryBackend backend_;
  SampleTaker taker_{"docker", backend_, store_.store().usage};
};

TEST_F(SamplerTest, Samples_AreStored_AndAveragedEachMinute) {
  EXPECT_EQ(Take(taker_, 15, 0s), Status());
  EXPECT_EQ(Take(taker_, 30, 15s), Status());
  EXPECT_EQ(Take(taker_, 45, 15s), Status());
  EXPECT_EQ(Take(taker_, 60, 45s), Status());
  EXPECT_THAT(Stored(), ElementsAre(std::tuple(15, 15, kUnmeasured), std::tuple(30, 15, 1'000'000),
                                    std::tuple(45, 15, 0), std::tuple(60, 15, 2'000'000),
                                    std::tuple(60, 60, 1'000'000)));
}

TEST_F(SamplerTest, Begun_TheFirstSampleHasRates) {
  backend_.SetUsages({{kApp, "a-1", 10s, 0, 100, 0, 0}});
  EXPECT_EQ(taker_.Begin({}, At(10)), Status());
  EXPECT_THAT(Stored(), ::testing::IsEmpty());
  EXPECT_EQ(Take(taker_, 15, 1s), Status());
  EXPECT_THAT(Stored(), ElementsAre(std::tuple(15, 15, 200'000)));
}

TEST_F(SamplerTest, AfterAGap_RatesBeginAnew) {
  EXPECT_EQ(Take(taker_, 15, 0s), Status());
  EXPECT_EQ(Take(taker_, 75, 60s), Status());
  EXPECT_EQ(Take(taker_, 90, 63s), Status());
  EXPECT_THAT(Stored(), ElementsAre(std::tuple(15, 15, kUnmeasured),
                                    std::tuple(75, 15, kUnmeasured), std::tuple(90, 15, 200'000)));
}

TEST_F(SamplerTest, NothingThatRuns_WritesNothing) {
  store_.FailWith(Unavailable("must not be asked"));
  EXPECT_EQ(taker_.Take({}, At(60)), Status());
}

TEST_F(SamplerTest, TwoHosts_OneTells) {
  SampleTaker other("docker", backend_, store_.store().usage);
  EXPECT_EQ(Take(taker_, 15, 0s), Status());
  EXPECT_EQ(Take(other, 15, 0s).code(), Code::kExists);
  EXPECT_THAT(Stored(), ElementsAre(std::tuple(15, 15, kUnmeasured)));
}

// One moment is lost when the host ends that tells, and the next has rates again.
TEST_F(SamplerTest, HostThatTells_Ends_AnotherTakesOverWithinASpan) {
  SampleTaker other("docker", backend_, store_.store().usage);
  EXPECT_EQ(Take(taker_, 15, 0s), Status());
  EXPECT_EQ(Take(other, 15, 0s).code(), Code::kExists);
  EXPECT_EQ(other.Late(), kUsageGrace);
  EXPECT_EQ(Take(taker_, 30, 1s), Status());
  EXPECT_EQ(Take(other, 30, 1s).code(), Code::kExists);
  // It is gone: the other begins at 50.
  backend_.SetUsages({{kApp, "a-1", 50s, Duration(3s).count(), 100, 0, 0}});
  EXPECT_EQ(other.Take({}, At(45)), Status());
  EXPECT_EQ(other.Late(), Duration::zero());
  EXPECT_EQ(Take(other, 60, 5s), Status());
  EXPECT_THAT(Stored(), ElementsAre(std::tuple(15, 15, kUnmeasured), std::tuple(30, 15, 66'667),
                                    std::tuple(60, 15, 200'000), std::tuple(60, 60, 200'000)));
}

TEST_F(SamplerTest, WhatFails_IsToldAndHarmsNothing) {
  store_.FailWith(Unavailable("down"));
  EXPECT_EQ(Take(taker_, 15, 0s), Unavailable("down"));
  store_.FailWith(Status());
  EXPECT_EQ(Take(taker_, 30, 3s), Status());
  EXPECT_THAT(Stored(), ElementsAre(std::tuple(30, 15, 200'000)));
}

TEST(NextMultiple, IsLaterThanNow) {
  const auto next = [](Duration now) {
    return NextMultiple(Time(std::chrono::duration_cast<std::chrono::microseconds>(now)), 15s)
        .time_since_epoch();
  };
  EXPECT_EQ(next(0s), 15s);
  EXPECT_EQ(next(14999ms), 15s);
  EXPECT_EQ(next(15s), 30s);
  EXPECT_EQ(next(31s), 45s);
}

}  // namespace
}  // namespace ns::act
