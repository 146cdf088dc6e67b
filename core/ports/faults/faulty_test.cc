#include "ports/faults/faulty.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "ports/faults/points.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"

namespace ns::ports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Notes the points it is asked at, and fails at one.
class NotingPlan : public FaultPlan {
 public:
  explicit NotingPlan(std::string fails_at = "") : fails_at_(std::move(fails_at)) {}
  Status Before(const FaultPoint& point) override { return Note(point, FaultMoment::kBefore); }
  void After(const FaultPoint& point) override { (void)Note(point, FaultMoment::kAfter); }
  Status Lost(const FaultPoint& point) override { return Note(point, FaultMoment::kLost); }

  std::vector<std::string> asked;

 private:
  Status Note(const FaultPoint& point, FaultMoment moment) {
    EXPECT_EQ(point.moment, moment) << point.name;
    asked.emplace_back(point.name);
    return point.name == fails_at_ ? Unavailable("at " + fails_at_) : Status();
  }
  const std::string fails_at_;
};

class OneRegistry : public Registry {
 public:
  std::string RepositoryFor(const AppId& app) const override { return "host/" + app.str(); }
  Status Ping(const Call&) override { return {}; }
  Result<std::string> Digest(const Call&, const AppId&, const std::string& tag) override {
    return "sha256:" + tag;
  }
  Result<std::vector<std::string>> Tags(const Call&, const AppId&) override {
    return std::vector<std::string>();
  }
  Status Delete(const Call&, const AppId&, const std::string& digest) override {
    deleted.push_back(digest);
    return NotFound("no such manifest");
  }
  std::vector<std::string> deleted;
};

TEST(FaultPoints, EachCall_HasBeforeAfterAndLost) {
  ASSERT_EQ(kFaultPoints.size() % 3, 0u);
  std::set<std::string_view> names;
  for (size_t i = 0; i < kFaultPoints.size(); i += 3) {
    const std::string_view first = kFaultPoints[i].name;
    const std::string method(first.substr(0, first.rfind('.')));
    EXPECT_EQ(kFaultPoints[i].name, method + ".before");
    EXPECT_EQ(kFaultPoints[i + 1].name, method + ".after");
    EXPECT_EQ(kFaultPoints[i + 2].name, method + ".lost");
    EXPECT_TRUE(names.insert(first).second) << first;
  }
}

TEST(FaultyRegistry, NoFault_AnswerPasses) {
  OneRegistry inner;
  NotingPlan plan;
  FaultyRegistry faulty(inner, plan);
  EXPECT_EQ(faulty.Digest({}, AppId("a"), "1").value(), "sha256:1");
  EXPECT_EQ(faulty.Delete({}, AppId("a"), "x").code(), Code::kNotFound);
  EXPECT_THAT(plan.asked, ElementsAre("Registry.Digest.before", "Registry.Digest.after",
                                      "Registry.Digest.lost", "Registry.Delete.before",
                                      "Registry.Delete.after", "Registry.Delete.lost"));
}

TEST(FaultyRegistry, FailsBefore_HasNoEffect) {
  OneRegistry inner;
  NotingPlan plan("Registry.Delete.before");
  FaultyRegistry faulty(inner, plan);
  EXPECT_EQ(faulty.Delete({}, AppId("a"), "x"), Unavailable("at Registry.Delete.before"));
  EXPECT_THAT(inner.deleted, IsEmpty());
  EXPECT_THAT(plan.asked, ElementsAre("Registry.Delete.before"));
}

TEST(FaultyRegistry, AnswerLost_EffectStays) {
  OneRegistry inner;
  NotingPlan plan("Registry.Delete.lost");
  FaultyRegistry faulty(inner, plan);
  EXPECT_EQ(faulty.Delete({}, AppId("a"), "x"), Unavailable("at Registry.Delete.lost"));
  EXPECT_THAT(inner.deleted, ElementsAre("x"));
}

TEST(FaultyRegistry, WhatCannotFail_PassesUnasked) {
  OneRegistry inner;
  NotingPlan plan;
  EXPECT_EQ(FaultyRegistry(inner, plan).RepositoryFor(AppId("a")), "host/a");
  EXPECT_THAT(plan.asked, IsEmpty());
}

TEST(FaultyStore, Ports_AreAllDecorated) {
  testing::FakeClock clock;
  testing::FakeStore inner(clock);
  NotingPlan plan("UserStore.Ensure.lost");
  FaultyStore faulty(inner.store(), plan);
  EXPECT_FALSE(faulty.Ports().users.Ensure("alice", false).ok());
  EXPECT_EQ(inner.store().users.List().value().size(), 1u);
}

TEST(FaultyStore, HintsSentThrough_ReachSubscribers) {
  testing::FakeClock clock;
  testing::FakeStore inner(clock);
  NotingPlan plan;
  FaultyStore faulty(inner.store(), plan);
  std::vector<std::string> heard;
  faulty.Ports().hints.Subscribe([&](const Hint& hint) { heard.push_back(hint.id); });
  EXPECT_TRUE(faulty.Ports().hints.Send({Hint::Kind::kBuild, "b"}).ok());
  EXPECT_THAT(heard, ElementsAre("b"));
}

}  // namespace
}  // namespace ns::ports
