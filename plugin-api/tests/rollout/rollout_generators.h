// Random goals, looks and mishaps for property tests of the planner.
#pragma once

#include <rapidcheck.h>

#include <ostream>
#include <string>
#include <vector>

#include "faulty_world.h"

namespace ns::sdk::testing {

inline int Number(int most) {  // 0 to `most`, each as likely from the first case on
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, most + 1));
}
inline bool Coin() { return Number(1) == 1; }
inline std::string AnyKey() { return Coin() ? "a" : "b"; }

inline Goal AnyGoal(int64_t generation) {
  Goal goal;
  goal.fence = {1, generation};
  goal.run = Number(5) != 0;
  goal.key = AnyKey();
  goal.route_key = AnyKey();
  goal.replicas = goal.run ? 1 + Number(2) : 0;
  goal.probe_timeout = std::chrono::seconds(5);
  goal.stays_up = std::chrono::milliseconds(300);
  goal.confirm_timeout = std::chrono::seconds(2);
  goal.drain_limit = std::chrono::seconds(3);
  goal.stop_grace = std::chrono::seconds(1);
  return goal;
}

inline Program AnyProgram() {
  Program program;
  program.ready_after = std::chrono::milliseconds(Number(3) * 400 - (Number(7) == 0 ? 10'000 : 0));
  if (Number(3) == 0) program.ends_after = std::chrono::milliseconds(Number(3) * 200);
  program.requests_last = std::chrono::milliseconds(Number(3) * 1500);
  program.deaf = Number(3) == 0;
  return program;
}

inline std::vector<Event> AnyEvents(int most, int last_step) {
  std::vector<Event> events;
  for (int n = Number(most); n > 0; --n)
    events.push_back({1 + Number(last_step), static_cast<Mishap>(Number(kMishaps - 1)),
                      static_cast<size_t>(Number(4))});
  return events;
}

// Something serves.
inline FaultyWorld AnyWorld() {
  FaultyWorld world;
  world.programs = {{"a", AnyProgram()}, {"b", AnyProgram()}};
  world.proxy_takes = std::chrono::milliseconds(Number(4) * 700);  // the last one: too long
  std::set<std::string> serving;
  for (int n = 1 + Number(2); n > 0; --n) serving.insert(world.Add("a"));
  world.Route(serving, "a");
  for (int n = Number(2); n > 0; --n) world.Add(AnyKey(), static_cast<Life>(Number(3)));
  return world;
}

// Whatever a platform might show, sensible or not.
inline Seen AnySeen() {
  Seen seen;
  seen.newest = {1, Number(3)};
  for (int n = Number(4); n > 0; --n) {
    Replica replica{.id = "r" + std::to_string(n), .key = AnyKey()};
    replica.life = static_cast<Life>(Number(3));
    replica.sound = Number(3) != 0;
    replica.order = Number(3);
    replica.draining_since = std::chrono::seconds(Number(2) * 1000);
    seen.replicas.push_back(replica);
  }
  for (int n = 1; n <= 5; ++n) {
    if (Coin()) seen.targets.insert("r" + std::to_string(n));
  }
  seen.route_key = AnyKey();
  seen.routes_intact = Coin();
  return seen;
}

}  // namespace ns::sdk::testing
