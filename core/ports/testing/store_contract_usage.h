// Included by store_contract.h: what applications use.
#pragma once

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class UsageContract : public StoreContract {
 protected:
  static Time At(int64_t seconds) { return Time(std::chrono::seconds(1'800'000'000 + seconds)); }
  static model::UsageBatch BatchAt(int64_t seconds, std::chrono::seconds span = model::kUsageSpan) {
    return {"docker",
            At(seconds),
            span,
            {{IdOf<AppId>(1), {250'000, 1 << 20, 10, 20}},
             {IdOf<AppId>(2), {model::kUnmeasured, int64_t{1} << 40, model::kUnmeasured, 0}}}};
  }
  // Seconds and spans of what is there of application `n` on the backend.
  std::vector<std::pair<int64_t, int64_t>> Series(int n, int64_t from, int64_t until,
                                                  const std::string& backend = "docker") {
    std::vector<std::pair<int64_t, int64_t>> found;
    const auto points = s.usage.Series(backend, IdOf<AppId>(n), At(from), At(until));
    for (const auto& point : points.value())
      found.emplace_back((point.at - At(0)) / 1s, point.span.count());
    return found;
  }
};

TEST_P(UsageContract, WhatIsPut_IsReadOfEachApplication) {
  ASSERT_EQ(s.usage.Put(BatchAt(15), 1h), Status());
  const auto second = s.usage.Series("docker", IdOf<AppId>(2), At(0), At(60)).value();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0], (model::UsagePoint{At(15), model::kUsageSpan, BatchAt(15).apps[1].second}));
  EXPECT_EQ(s.usage.Series("docker", IdOf<AppId>(1), At(0), At(60))->front().usage,
            BatchAt(15).apps[0].second);
  EXPECT_THAT(Series(3, 0, 60), IsEmpty());
  EXPECT_THAT(Series(1, 0, 60, "another"), IsEmpty());
}

TEST_P(UsageContract, TimesAre_FromOnAndBefore) {
  for (const int64_t at : {15, 30, 45}) ASSERT_EQ(s.usage.Put(BatchAt(at), 1h), Status());
  EXPECT_THAT(Series(1, 15, 45), UnorderedElementsAre(std::pair(15, 15), std::pair(30, 15)));
}

TEST_P(UsageContract, OneMoment_IsToldOfOnce) {
  ASSERT_EQ(s.usage.Put(BatchAt(60), 1h), Status());
  EXPECT_EQ(s.usage.Put(BatchAt(60), 1h).code(), Code::kExists);
  EXPECT_EQ(s.usage.Put(BatchAt(60, model::kUsageMinute), 1h), Status()) << "another span";
  model::UsageBatch elsewhere = BatchAt(60);
  elsewhere.backend = "another";
  EXPECT_EQ(s.usage.Put(elsewhere, 1h), Status());
  EXPECT_THAT(Series(1, 0, 61), UnorderedElementsAre(std::pair(60, 15), std::pair(60, 60)));
}

TEST_P(UsageContract, Told_IsOfBackendSpanAndMoment) {
  ASSERT_EQ(s.usage.Put(BatchAt(60), 1h), Status());
  EXPECT_TRUE(s.usage.Told("docker", model::kUsageSpan, At(60)).value());
  EXPECT_FALSE(s.usage.Told("docker", model::kUsageSpan, At(75)).value());
  EXPECT_FALSE(s.usage.Told("docker", model::kUsageMinute, At(60)).value());
  EXPECT_FALSE(s.usage.Told("another", model::kUsageSpan, At(60)).value());
}

TEST_P(UsageContract, OldOnes_GoWithTheNextOfTheirSpan) {
  ASSERT_EQ(s.usage.Put(BatchAt(60), 1min), Status());
  ASSERT_EQ(s.usage.Put(BatchAt(60, model::kUsageMinute), 1h), Status());
  ASSERT_EQ(s.usage.Put(BatchAt(105), 1min), Status());
  ASSERT_EQ(s.usage.Put(BatchAt(120), 1min), Status());
  EXPECT_THAT(Series(1, 0, 200),
              UnorderedElementsAre(std::pair(60, 60), std::pair(105, 15), std::pair(120, 15)));
}

TEST_P(UsageContract, NoApplication_IsABatchToo) {
  model::UsageBatch nobody = BatchAt(15);
  nobody.apps.clear();
  EXPECT_EQ(s.usage.Put(nobody, 1h), Status());
}

}  // namespace ns::ports::testing
