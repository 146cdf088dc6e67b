#include "plan/usage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ns::plan {
namespace {

using model::kUnmeasured;
using model::ReplicaUsage;
using model::Usage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using namespace std::chrono_literals;

const AppId kA("a"), kB("b");

ReplicaUsage Replica(const AppId& app, const std::string& name, Duration at, Duration cpu,
                     int64_t memory = 100, int64_t received = 0, int64_t sent = 0) {
  return {app, name, at, cpu.count(), memory, received, sent};
}

TEST(UsageMeter, FirstReading_KnowsNoRates) {
  UsageMeter meter;
  EXPECT_THAT(meter.Read({Replica(kA, "a-1", 10s, 5s)}),
              ElementsAre(Pair(kA, Usage{kUnmeasured, 100, kUnmeasured, kUnmeasured})));
}

TEST(UsageMeter, Rates_AreBetweenTwoReadings) {
  UsageMeter meter;
  meter.Read({Replica(kA, "a-1", 10s, 5s, 100, 1000, 0)});
  EXPECT_THAT(meter.Read({Replica(kA, "a-1", 20s, 10s, 70, 2500, 40)}),
              ElementsAre(Pair(kA, Usage{500'000, 70, 150, 4})));
  EXPECT_THAT(meter.Read({Replica(kA, "a-1", 30s, 30s, 70, 2500, 40)}),
              ElementsAre(Pair(kA, Usage{2'000'000, 70, 0, 0})));
}

TEST(UsageMeter, Replicas_AddUp) {
  UsageMeter meter;
  meter.Read(
      {Replica(kA, "a-1", 10s, 5s), Replica(kA, "a-2", 10s, 0s), Replica(kB, "b-1", 10s, 0s)});
  EXPECT_THAT(meter.Read({Replica(kA, "a-1", 20s, 6s), Replica(kA, "a-2", 20s, 1s),
                          Replica(kB, "b-1", 20s, 0s)}),
              ElementsAre(Pair(kA, Usage{200'000, 200, 0, 0}), Pair(kB, Usage{0, 100, 0, 0})));
}

TEST(UsageMeter, ReplacedOrRestartedReplica_CountsFromItsSecondReading) {
  UsageMeter meter;
  meter.Read({Replica(kA, "a-1", 10s, 50s), Replica(kB, "b-1", 10s, 50s)});
  EXPECT_THAT(meter.Read({Replica(kA, "a-2", 20s, 3s), Replica(kB, "b-1", 20s, 1s)}),
              ElementsAre(Pair(kA, Usage{kUnmeasured, 100, kUnmeasured, kUnmeasured}),
                          Pair(kB, Usage{kUnmeasured, 100, 0, 0})));
  EXPECT_THAT(
      meter.Read({Replica(kA, "a-2", 30s, 4s), Replica(kB, "b-1", 30s, 2s)}),
      ElementsAre(Pair(kA, Usage{100'000, 200 - 100, 0, 0}), Pair(kB, Usage{100'000, 100, 0, 0})));
}

TEST(UsageMeter, WhatCannotBeTold_IsUnknownAndHarmsNothing) {
  UsageMeter meter;
  const ReplicaUsage blind{kA, "a-1", 10s};
  meter.Read({blind});
  EXPECT_THAT(meter.Read({blind}), ElementsAre(Pair(kA, Usage{}))) << "no time has passed either";
}

TEST(UsageMeter, Forgotten_BeginsAnew) {
  UsageMeter meter;
  meter.Read({Replica(kA, "a-1", 10s, 5s)});
  meter.Forget();
  EXPECT_THAT(meter.Read({Replica(kA, "a-1", 20s, 6s)}),
              ElementsAre(Pair(kA, Usage{kUnmeasured, 100, kUnmeasured, kUnmeasured})));
}

TEST(UsageAverage, IsOfThoseThatAreKnown) {
  UsageAverage average;
  average.Add({{kA, {kUnmeasured, 100, kUnmeasured, kUnmeasured}}});
  average.Add({{kA, {10, 200, kUnmeasured, 4}}, {kB, {1, 1, 1, 1}}});
  average.Add({{kA, {30, 600, kUnmeasured, 8}}});
  EXPECT_THAT(average.Take(),
              ElementsAre(Pair(kA, Usage{20, 300, kUnmeasured, 6}), Pair(kB, Usage{1, 1, 1, 1})));
  EXPECT_THAT(average.Take(), IsEmpty());
}

model::UsagePoint At(int seconds, std::chrono::seconds span) {
  return {Time(std::chrono::seconds(seconds)), span, {}};
}

TEST(SeriesOf, Averages_AreLeftWhereNoSampleIs) {
  const auto fine = model::kUsageSpan;
  const auto coarse = model::kUsageMinute;
  EXPECT_THAT(SeriesOf({At(240, coarse), At(195, fine), At(180, coarse), At(60, coarse),
                        At(165, fine), At(120, coarse)}),
              ElementsAre(At(60, coarse), At(120, coarse), At(165, fine), At(195, fine)));
  EXPECT_THAT(SeriesOf({At(120, fine), At(120, coarse), At(180, coarse)}),
              ElementsAre(At(120, fine), At(180, coarse)))
      << "the last sample of a minute is no other minute's";
  EXPECT_THAT(SeriesOf({}), IsEmpty());
}

}  // namespace
}  // namespace ns::plan
