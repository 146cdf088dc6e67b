#include "inspections.h"

#include <gtest/gtest.h>

namespace ns::backend_docker {
namespace {

using docker::Container;
using docker::Listed;

Listed ListedOf(int number, const std::string& state = "running") {
  Listed listed;
  listed.id = std::to_string(number);
  listed.name = "nsapp-" + listed.id;
  listed.state = state;
  listed.outline = listed.name + " " + state;
  return listed;
}

Container Inspected(const Listed& listed, int64_t memory = 0) {
  Container container;
  container.id = listed.id;
  container.name = listed.name;
  container.state = listed.state;
  container.memory = memory;
  return container;
}

TEST(Inspections, WhatTheListShowsAsItWas_IsKnown) {
  Inspections inspections;
  EXPECT_EQ(inspections.Find(ListedOf(1)), std::nullopt);
  inspections.Keep(ListedOf(1), Inspected(ListedOf(1), 7));
  EXPECT_EQ(inspections.Find(ListedOf(1)), Inspected(ListedOf(1), 7));
  EXPECT_EQ(inspections.Find(ListedOf(1, "exited")), std::nullopt);
  EXPECT_EQ(inspections.Find(ListedOf(2)), std::nullopt);
}

TEST(Inspections, ChangeBetweenListAndInspection_IsNotKept) {
  Inspections inspections;
  inspections.Keep(ListedOf(1), Inspected(ListedOf(1)));
  inspections.Keep(ListedOf(1), Inspected(ListedOf(1, "paused")));
  EXPECT_EQ(inspections.Find(ListedOf(1)), std::nullopt);
}

TEST(Inspections, ContainerThatIsNotListed_IsForgotten) {
  Inspections inspections;
  inspections.Keep(ListedOf(1), Inspected(ListedOf(1)));
  EXPECT_TRUE(inspections.Due({ListedOf(2)}).empty());
  EXPECT_EQ(inspections.Find(ListedOf(1)), std::nullopt);
}

TEST(Inspections, Due_GoesThroughAll) {
  Inspections inspections;
  std::vector<Listed> all;
  for (int n = 0; n < 100; ++n) {
    all.push_back(ListedOf(n));
    inspections.Keep(all.back(), Inspected(all.back()));
  }
  std::set<std::string> seen;
  for (int survey = 0; survey < 20; ++survey) {
    const auto due = inspections.Due(all, 1);
    EXPECT_EQ(due.size(), 5u);
    for (const Listed& one : due) {
      seen.insert(one.id);
      inspections.Keep(one, Inspected(one));
    }
  }
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(inspections.Due(all).size(), 64u) << "few are all looked at soon";
}

}  // namespace
}  // namespace ns::backend_docker
