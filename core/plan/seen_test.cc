#include "plan/seen.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <vector>

namespace ns::plan {
namespace {

using model::ObservedApp;

ObservedApp Seen() {
  ObservedApp seen;
  seen.id = AppId("an application");
  seen.exists = seen.converged = true;
  seen.fence = {1, 2};
  seen.serving_run_key = "run";
  seen.route_key = "route";
  seen.ready = seen.wanted = 2;
  seen.reason = "Running";
  seen.message = "Running.";
  seen.phases = {{"pull", Time(std::chrono::seconds(1))}, {"done", Time(std::chrono::seconds(2))}};
  seen.observed_at = Time(std::chrono::seconds(3));
  return seen;
}

TEST(SeenVersion, TimeOfTheLook_DoesNotCount) {
  ObservedApp later = Seen();
  later.observed_at += std::chrono::minutes(3);
  EXPECT_EQ(SeenVersion(7, Seen()), SeenVersion(7, later));
}

TEST(SeenVersion, EverythingElse_Counts) {
  const std::vector<std::function<void(ObservedApp&)>> changes = {
      [](ObservedApp& seen) { seen.id = AppId("another"); },
      [](ObservedApp& seen) { seen.exists = false; },
      [](ObservedApp& seen) { ++seen.fence.epoch; },
      [](ObservedApp& seen) { ++seen.fence.generation; },
      [](ObservedApp& seen) { seen.serving_run_key = "other"; },
      [](ObservedApp& seen) { seen.route_key = "other"; },
      [](ObservedApp& seen) { seen.container = model::ContainerState::kErrored; },
      [](ObservedApp& seen) { seen.state = model::DesiredState::kAsleep; },
      [](ObservedApp& seen) { seen.converged = false; },
      [](ObservedApp& seen) { --seen.ready; },
      [](ObservedApp& seen) { ++seen.wanted; },
      [](ObservedApp& seen) { ++seen.restarts; },
      [](ObservedApp& seen) { ++seen.exit_code; },
      [](ObservedApp& seen) { seen.image_digest = "sha256:b"; },
      [](ObservedApp& seen) { seen.reason = "Drift"; },
      [](ObservedApp& seen) { seen.message = "Differs."; },
      [](ObservedApp& seen) { seen.phases.pop_back(); },
      [](ObservedApp& seen) { seen.phases[0].phase = "start"; },
      [](ObservedApp& seen) { seen.phases[0].at += std::chrono::microseconds(1); },
      [](ObservedApp& seen) { std::swap(seen.reason, seen.message); },
  };
  std::set<int64_t> numbers = {SeenVersion(7, Seen()), SeenVersion(8, Seen())};
  for (const auto& change : changes) {
    ObservedApp seen = Seen();
    change(seen);
    numbers.insert(SeenVersion(7, seen));
  }
  EXPECT_EQ(numbers.size(), changes.size() + 2);
  EXPECT_FALSE(numbers.contains(0));
}

}  // namespace
}  // namespace ns::plan
