#include "plan/queue_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ns::plan {
namespace {

using testing::ElementsAre;

class QueueOrderTest : public ::testing::Test {
 protected:
  void Queue(const std::string& id, const std::string& app, const std::string& owner,
             const std::string& method = "a", Time not_before = kNever) {
    model::Build build;
    build.id = BuildId(id);
    build.app = AppId(app);
    build.not_before = not_before;
    queue.queued.push_back(build);
    queue.apps[build.app] = {UserId(owner), method, false};
  }
  std::vector<std::string> Order() {
    const char* words[] = {"room", "builder", "sibling", "pause"};
    std::vector<std::string> out;
    for (const InLine& one : QueueOrder(queue))
      out.push_back(one.build->id.str() + " " + words[static_cast<int>(one.waiting)]);
    return out;
  }
  model::QueueSnapshot queue;
};

TEST_F(QueueOrderTest, OwnersTakeTurns_WhatWaitsForSomethingElseIsLast) {
  queue.now = Time(std::chrono::seconds(100));
  queue.builders = {{HostId("h"), 1, 1, {"a"}}};
  Queue("paused", "1", "x", "a", Time(std::chrono::seconds(101)));
  Queue("alien", "2", "x", "b");
  Queue("x1", "3", "x");
  Queue("x2", "4", "x");
  Queue("y1", "5", "y");
  Queue("twin", "3", "x");
  EXPECT_THAT(Order(), ElementsAre("y1 room", "x1 room", "x2 room", "alien builder", "paused pause",
                                   "twin sibling"));
}

TEST_F(QueueOrderTest, RunningBuild_HoldsUpItsApplication) {
  queue.builders = {{HostId("h"), 1, 1, {}}};
  Queue("next", "1", "x");
  queue.building = {queue.queued[0]};
  queue.building[0].id = BuildId("now");
  EXPECT_THAT(Order(), ElementsAre("next sibling"));
  queue.builders.clear();
  queue.building.clear();
  EXPECT_THAT(Order(), ElementsAre("next builder"));
}

}  // namespace
}  // namespace ns::plan
