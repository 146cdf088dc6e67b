#include "api/problem.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ns::api {
namespace {

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

}  // namespace
}  // namespace ns::api
