#include "api/problem.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

// The detail of that type; the default where there is none.
template <class Detail>
Detail DetailOf(const Status& failure) {
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(failure.details()));
  EXPECT_EQ(wire.message(), failure.message());
  Detail out;
  for (const auto& one : wire.details()) {
    if (one.UnpackTo(&out)) break;
  }
  return out;
}

template <class Detail>
bool Holds(const Status& failure) {
  return DetailOf<Detail>(failure).ByteSizeLong() > 0;
}

model::Violations Many(size_t count) {
  model::Violations out;
  for (size_t i = 0; i < count; ++i)
    out.push_back({"list[" + std::to_string(i) + "]", "must be right"});
  return out;
}

Status Leaving(Status failure) {
  SeededRandom random(7);
  failure = ForCaller(std::move(failure), "a.B/C", random);
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(failure.details()));
  EXPECT_EQ(wire.code(), static_cast<int>(failure.code()));
  return failure;
}

TEST(Refuse, AsManyAsAreTold_AreToldWhole) {
  const Status refusal = Leaving(Refuse(Code::kInvalid, "InvalidField", Many(kMostViolations)));
  const auto bad = DetailOf<google::rpc::BadRequest>(refusal);
  ASSERT_EQ(bad.field_violations_size(), 50);
  EXPECT_EQ(bad.field_violations(49).field(), "list[49]");
  EXPECT_EQ(bad.field_violations(49).description(), "must be right");
  EXPECT_TRUE(refusal.message().ends_with("; list[49]: must be right")) << refusal.message();
}

TEST(Refuse, OfMoreThanThat_TheNumberIsTold) {
  const Status refusal = Leaving(Refuse(Code::kDenied, "NotAllowed", Many(100'000)));
  EXPECT_EQ(refusal.code(), Code::kDenied);
  EXPECT_EQ(refusal.reason(), "NotAllowed");
  const auto bad = DetailOf<google::rpc::BadRequest>(refusal);
  ASSERT_EQ(bad.field_violations_size(), 50);
  EXPECT_EQ(bad.field_violations(49).field(), "list[49]");
  EXPECT_TRUE(refusal.message().ends_with("; list[49]: must be right; and 99950 more"))
      << refusal.message();
}

TEST(ForCaller, WhereItIsKnown_SaysWhenToTryAgain) {
  Status limit(Code::kExhausted, "TooManyRefreshes", "too often");
  EXPECT_FALSE(Holds<google::rpc::RetryInfo>(Leaving(limit)));
  EXPECT_FALSE(Holds<google::rpc::RetryInfo>(Leaving(limit.SetRetryAfter(0s))));
  const Status failure = Leaving(limit.SetRetryAfter(2500ms));
  const auto wait = DetailOf<google::rpc::RetryInfo>(failure).retry_delay();
  EXPECT_EQ(wait.seconds(), 2);
  EXPECT_EQ(wait.nanos(), 500'000'000);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(failure).reason(), "TooManyRefreshes");
  EXPECT_EQ(failure.message(), "too often");
}

TEST(ForCaller, Defect_SaysNothingOfWhenToTryAgain) {
  EXPECT_FALSE(Holds<google::rpc::RetryInfo>(Leaving(Internal("broken").SetRetryAfter(2s))));
}

}  // namespace
}  // namespace ns::api
