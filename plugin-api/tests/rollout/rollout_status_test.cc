#include "ns/sdk/rollout_status.h"

#include <gtest/gtest.h>

namespace ns::sdk {
namespace {

constexpr Fence kFence{1, 3};

AppRecord Settled() {
  AppRecord record;
  record.fence = kFence;
  record.state = AppState::kRunning;
  record.key = "key";
  record.run_key = "run";
  record.route_key = record.written_route_key = "route";
  record.wanted = 1;
  record.settled = true;
  record.targets = {"r1"};
  record.phases = {{"done", UtcTime(std::chrono::microseconds(5))}};
  return record;
}

ReplicaReport Report(const std::string& id, Life life = Life::kRunning) {
  ReplicaReport report;
  report.replica = {.id = id, .key = "key", .life = life, .order = 1};
  report.name = "name-" + id;
  report.run_key = "run";
  report.image_digest = "sha256:1";
  return report;
}

Look Serving() { return {{Report("r1")}, true, ""}; }
AppStatus StatusOf(const AppRecord& record, const Look& look) {
  return sdk::StatusOf(record, look, kFence, 1'000'000);
}

TEST(StatusOf, Settled_IsConvergedAndRunning) {
  const AppStatus status = StatusOf(Settled(), Serving());
  EXPECT_TRUE(status.converged);
  EXPECT_TRUE(status.exists);
  EXPECT_EQ(status.fence, kFence);
  EXPECT_EQ(status.serving_run_key, "run");
  EXPECT_EQ(status.route_key, "route");
  EXPECT_EQ(status.container, Container::kRunning);
  EXPECT_EQ(status.ready, 1);
  EXPECT_EQ(status.wanted, 1);
  EXPECT_EQ(status.image_digest, "sha256:1");
  EXPECT_EQ(status.reason, NS_REASON_RUNNING);
  EXPECT_EQ(status.phases.size(), 1u);
}

TEST(StatusOf, NeverHeardOf_IsNothing) {
  const AppStatus status = sdk::StatusOf(AppRecord(), Look(), {}, 0);
  EXPECT_FALSE(status.exists);
  EXPECT_FALSE(status.converged);
  EXPECT_EQ(status.container, Container::kMissing);
}

TEST(StatusOf, NewerFence_IsNotConverged) {
  EXPECT_FALSE(sdk::StatusOf(Settled(), Serving(), {1, 4}, 0).converged);
}

TEST(StatusOf, UnderWay_SaysSo) {
  AppRecord record = Settled();
  record.settled = false;
  const AppStatus status = StatusOf(record, Serving());
  EXPECT_FALSE(status.converged);
  EXPECT_EQ(status.reason, NS_REASON_STARTING);
}

TEST(StatusOf, NewOneBesideTheOld_OldOneIsToldAsServing) {
  AppRecord record = Settled();
  record.settled = false;
  Look look = Serving();
  look.replicas.push_back(Report("r2"));
  look.replicas.back().run_key = "newer";
  look.replicas.back().replica.order = 2;
  const AppStatus status = StatusOf(record, look);
  EXPECT_EQ(status.serving_run_key, "run");
  EXPECT_EQ(status.container, Container::kRunning);
}

TEST(StatusOf, FirstOneNotRoutedYet_IsStarting) {
  AppRecord record = Settled();
  record.settled = false;
  record.targets.clear();
  record.written_route_key.clear();
  const AppStatus status = StatusOf(record, Serving());
  EXPECT_EQ(status.container, Container::kStarting);
  EXPECT_EQ(status.serving_run_key, "");
  EXPECT_EQ(status.ready, 0);
}

TEST(StatusOf, FailedRollout_GoesOnBeingTold) {
  AppRecord record = Settled();
  record.settled = false;
  record.failure_reason = NS_REASON_PROBE_FAILED;
  record.failure_message = "Nothing listens.";
  const AppStatus status = StatusOf(record, Serving());
  EXPECT_EQ(status.reason, NS_REASON_PROBE_FAILED);
  EXPECT_EQ(status.message, "Nothing listens.");
  EXPECT_EQ(status.serving_run_key, "run");
  EXPECT_FALSE(status.converged);
}

TEST(StatusOf, Stopped_IsConvergedWithoutContainers) {
  AppRecord record = Settled();
  record.state = AppState::kStopped;
  record.wanted = 0;
  record.targets.clear();
  const AppStatus status = StatusOf(record, Look());
  EXPECT_TRUE(status.converged);
  EXPECT_TRUE(status.exists) << "its routes lead to the page";
  EXPECT_EQ(status.reason, NS_REASON_STOPPED);
  EXPECT_EQ(status.container, Container::kMissing);
}

TEST(StatusOf, Mended_IsToldForAnHour) {
  AppRecord record = Settled();
  record.mended = "a container was removed";
  record.mended_at_us = 500'000;
  EXPECT_EQ(StatusOf(record, Serving()).message,
            "Running. Drift was put right: a container was removed.");
  EXPECT_EQ(sdk::StatusOf(record, Serving(), kFence, 3'600'500'000).message, "Running.");
}

TEST(StatusOf, RestartsAgainAndAgain_SaysWithWhichCode) {
  Look look = Serving();
  look.replicas[0].replica.life = Life::kRestarting;
  look.replicas[0].exit_code = 4;
  look.replicas[0].restarts = 9;
  AppStatus status = StatusOf(Settled(), look);
  EXPECT_EQ(status.reason, NS_REASON_CONTAINER_EXITED);
  EXPECT_EQ(status.container, Container::kRestarting);
  EXPECT_EQ(status.restarts, 9);
  EXPECT_EQ(status.exit_code, 4);
  EXPECT_FALSE(status.converged);
  look.replicas[0].out_of_memory = true;
  EXPECT_EQ(StatusOf(Settled(), look).reason, NS_REASON_OUT_OF_MEMORY);
}

TEST(DriftOf, Changes_AreNamed) {
  const std::vector<std::pair<std::string, std::function<void(Look&)>>> changes = {
      {"", [](Look&) {}},
      {"a container was removed", [](Look& look) { look.replicas.clear(); }},
      {"container name-r1: it was renamed",
       [](Look& look) { look.replicas[0].flaw = "it was renamed"; }},
      {"container name-r1 ended with exit code 137",
       [](Look& look) {
         look.replicas[0].replica.life = Life::kEnded, look.replicas[0].exit_code = 137;
       }},
      {"container name-r9 does not belong to it",
       [](Look& look) { look.replicas.push_back(Report("r9")); }},
      {"its route file was removed",
       [](Look& look) {
         look.routes_intact = false, look.route_flaw = "its route file was removed";
       }},
      {"its routes were changed", [](Look& look) { look.routes_intact = false; }},
  };
  for (const auto& [drift, change] : changes) {
    Look look = Serving();
    change(look);
    EXPECT_EQ(DriftOf(Settled(), look), drift);
    const AppStatus status = StatusOf(Settled(), look);
    EXPECT_EQ(status.converged, drift.empty()) << drift;
    EXPECT_EQ(status.reason, drift.empty() ? NS_REASON_RUNNING : NS_REASON_DRIFT);
  }
}

TEST(DriftOf, InTheMiddleOfARollout_IsNotSpokenOf) {
  AppRecord record = Settled();
  record.settled = false;
  EXPECT_EQ(DriftOf(record, Look()), "");
}

TEST(DriftOf, EditedRoutes_AreNotInForce) {
  Look look = Serving();
  look.routes_intact = false;
  EXPECT_EQ(StatusOf(Settled(), look).route_key, "");
}

TEST(SeenOf, RecordAndLook_AreJoined) {
  AppRecord record = Settled();
  record.draining_since = {{"r2", 77}};
  Look look = Serving();
  look.replicas.push_back(Report("r2"));
  look.routes_intact = false;
  const Seen seen = SeenOf(record, look, {9, 9});
  EXPECT_EQ(seen.newest, (Fence{9, 9}));
  EXPECT_EQ(seen.targets, std::set<std::string>{"r1"});
  EXPECT_EQ(seen.route_key, "route");
  EXPECT_FALSE(seen.routes_intact);
  ASSERT_EQ(seen.replicas.size(), 2u);
  EXPECT_EQ(seen.replicas[0].draining_since, Nanoseconds(0));
  EXPECT_EQ(seen.replicas[1].draining_since, Nanoseconds(77));
}

}  // namespace
}  // namespace ns::sdk
