#include "ns/sdk/rollout_backend.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace ns::sdk {
namespace {

using std::chrono::milliseconds;

// A platform in memory; each primitive may be told to fail once.
class Memory final : public RolloutBackend {
 public:
  explicit Memory(const Setup& setup) : RolloutBackend(setup) { OpenRecords(); }

  std::vector<ReplicaReport> replicas;
  std::set<std::string> routed;
  std::vector<std::string> did;
  std::string fails;  // name of the primitive
  ns_status fails_with = NS_E_UNAVAILABLE;
  bool intact = true, rest_removed = false;
  using RolloutBackend::records;

 protected:
  Look LookAt(const Call&, const std::string&, const AppRecord&) override {
    Did("look", false);
    return {replicas, intact, ""};
  }
  std::map<std::string, Look> LookAtAll(const Call& call,
                                        const std::map<std::string, AppRecord>& records) override {
    Did("look at all", false);
    std::map<std::string, Look> looks = {{"not asked for", {}}};
    for (const auto& [app, record] : records) {
      if (app != "left-out") looks[app] = app == "a" ? LookAt(call, app, record) : Look();
    }
    return looks;
  }
  void Pull(const Call&, const App&) override { Did("pull"); }
  void Start(const Call&, const App& app, const std::string& key, const Look&) override {
    Did("start");
    ReplicaReport report;
    report.replica = {
        .id = "r" + std::to_string(++made_), .key = key, .life = Life::kRunning, .order = made_};
    report.name = report.replica.id;
    report.run_key = app.run_key;
    replicas.push_back(report);
  }
  ProbeAnswer Probe(const Call&, const App&, const std::string&) override {
    Did("probe", false);
    return {Readiness::kReady, "", ""};
  }
  void SetRoutes(const Call&, const App&, const std::set<std::string>& targets,
                 AppRecord& record) override {
    Did("routes");
    routed = targets;
    intact = true;
    record.notes["count"] = std::to_string(targets.size());
  }
  std::string Unconfirmed(const Call&, const App&, const std::set<std::string>&,
                          const AppRecord&) override {
    Did("confirm", false);
    return "";
  }
  int CountOpen(const Call&, const App&, const std::string&) override { return 0; }
  void Stop(const Call&, const std::string& id, bool) override {
    Did("stop");
    for (ReplicaReport& report : replicas) {
      if (report.replica.id == id) report.replica.life = Life::kEnded;
    }
  }
  void Resume(const Call&, const std::string&) override { Did("resume"); }
  void RemoveReplica(const Call&, const std::string& id) override {
    Did("remove");
    std::erase_if(replicas, [&](const ReplicaReport& report) { return report.replica.id == id; });
  }
  void RemoveRest(const Call&, const std::string&, bool) override { rest_removed = true; }
  Goal GoalOf(const App& app) const override {
    Goal goal = RolloutBackend::GoalOf(app);
    goal.stays_up = goal.drain_quiet = milliseconds(1);
    return goal;
  }

 private:
  void Did(const std::string& what, bool tell = true) {
    if (tell) did.push_back(what);
    if (std::exchange(fails, fails == what ? "" : fails) == what)
      throw Error(fails_with, NS_REASON_BACKEND_UNAVAILABLE, what + " failed.");
  }
  int made_ = 0;
};

class RolloutBackendTest : public ::testing::Test {
 protected:
  RolloutBackendTest() { SetUpAgain(); }
  void SetUpAgain() {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
    std::string name = (std::filesystem::temp_directory_path() / "ns-rollout.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    raw_.struct_size = sizeof(raw_);
    raw_.data_dir = Str(folder_);
    backend_ = std::make_unique<Memory>(sdk::Setup{Host(&raw_), NS_BACKEND, "memory", "{}"});
  }
  ~RolloutBackendTest() override { std::filesystem::remove_all(folder_); }

  static App Running(int64_t generation, const std::string& key = "run") {
    App app;
    app.id = "a";
    app.fence = {1, generation};
    app.state = AppState::kRunning;
    app.run_key = key;
    app.route_key = "route";
    app.processes.emplace_back();
    return app;
  }
  static App OfSite(int64_t generation, const std::string& release) {
    App app = Running(generation);
    app.processes.clear();
    app.site = {"http://127.0.0.1:4102", release};
    return app;
  }
  // The code of an apply; the status goes to status_.
  ns_status Apply(const App& app) {
    puts_ = 0;
    const StatusSink sink({this, [](void* ctx, const ns_app_status* raw) noexcept {
                             auto& self = *static_cast<RolloutBackendTest*>(ctx);
                             ++self.puts_;
                             self.converged_ = raw->converged != 0;
                             self.reason_ = Text(raw->reason);
                             self.serving_ = Text(raw->serving_run_key);
                             self.phases_.clear();
                             for (size_t i = 0; i < raw->phase_count; ++i)
                               self.phases_.push_back(Text(raw->phases[i]->name));
                           }});
    try {
      backend_->Apply(Call(), app, sink);
      return NS_OK;
    } catch (const Error& error) {
      return error.code();
    }
  }
  using Words = std::vector<std::string>;

  std::string folder_;
  ns_host raw_{};
  std::unique_ptr<Memory> backend_;
  int puts_ = 0;
  bool converged_ = false;
  std::string reason_, serving_;
  Words phases_;
};

TEST_F(RolloutBackendTest, Deploy_PutsOneStatusWithTheTimeline) {
  EXPECT_EQ(Apply(Running(1)), NS_OK);
  EXPECT_EQ(backend_->did, (Words{"pull", "start", "routes"}));
  EXPECT_EQ(puts_, 1);
  EXPECT_TRUE(converged_);
  EXPECT_EQ(serving_, "run");
  EXPECT_EQ(phases_, (Words{"pull", "start", "probe", "switch", "done"}));
  EXPECT_EQ(backend_->records().Read("a").notes.at("count"), "1");
}

TEST_F(RolloutBackendTest, Site_IsRoutedWithoutReplicas) {
  EXPECT_EQ(Apply(OfSite(1, "r1")), NS_OK);
  EXPECT_EQ(backend_->did, (Words{"routes"}));
  EXPECT_TRUE(converged_);
  EXPECT_EQ(serving_, "run");
  EXPECT_EQ(backend_->Observe(Call(), "a").route_key, "route");
  EXPECT_EQ(backend_->Observe(Call(), "a").state, AppState::kRunning);
  backend_->intact = false;
  EXPECT_EQ(backend_->Observe(Call(), "a").serving_run_key, "") << "nobody knows where they lead";
}

TEST_F(RolloutBackendTest, SiteOfAnotherRelease_IsRoutedAgainThoughTheKeysAreTheSame) {
  Apply(OfSite(1, "r1"));
  backend_->did.clear();
  EXPECT_EQ(Apply(OfSite(2, "r1")), NS_OK);
  EXPECT_TRUE(backend_->did.empty());
  EXPECT_EQ(Apply(OfSite(3, "r2")), NS_OK);
  EXPECT_EQ(backend_->did, (Words{"routes"}));
  EXPECT_TRUE(converged_);
}

TEST_F(RolloutBackendTest, SiteWithANewRunKey_ConvergesWithoutAnything) {
  Apply(OfSite(1, "r1"));
  backend_->did.clear();
  App restarted = OfSite(2, "r1");
  restarted.run_key = "restarted";
  EXPECT_EQ(Apply(restarted), NS_OK);
  EXPECT_TRUE(backend_->did.empty());
  EXPECT_EQ(serving_, "restarted");
}

TEST_F(RolloutBackendTest, SiteInsteadOfAProcessAndBack_MovesRoutesBeforeAnythingEnds) {
  Apply(Running(1));
  backend_->did.clear();
  EXPECT_EQ(Apply(OfSite(2, "r1")), NS_OK);
  EXPECT_EQ(backend_->did, (Words{"routes", "stop", "remove"}));
  EXPECT_TRUE(converged_);
  backend_->did.clear();
  EXPECT_EQ(Apply(Running(3)), NS_OK);
  EXPECT_EQ(backend_->did, (Words{"pull", "start", "routes"}));
  EXPECT_EQ(serving_, "run");
  App stopped = OfSite(4, "r1");
  stopped.site.reset();
  stopped.state = AppState::kStopped;
  EXPECT_EQ(Apply(stopped), NS_OK);
  EXPECT_EQ(serving_, "");
}

TEST_F(RolloutBackendTest, SiteThatCannotBeRouted_IsNotToldAsServed) {
  Apply(OfSite(1, "r1"));
  backend_->fails = "routes";
  App next = OfSite(2, "r2");
  next.run_key = "next";
  EXPECT_EQ(Apply(next), NS_E_UNAVAILABLE);
  EXPECT_EQ(serving_, "run") << "the one before goes on";
  EXPECT_FALSE(converged_);
}

TEST_F(RolloutBackendTest, SameAgain_ChangesNothingNotEvenTheRecord) {
  Apply(Running(1));
  const AppRecord before = backend_->records().Read("a");
  backend_->did.clear();
  EXPECT_EQ(Apply(Running(1)), NS_OK);
  EXPECT_TRUE(backend_->did.empty());
  EXPECT_EQ(backend_->records().Read("a"), before);
}

TEST_F(RolloutBackendTest, SameWithANewerFence_IsAcceptedAndConverged) {
  Apply(Running(1));
  backend_->did.clear();
  EXPECT_EQ(Apply(Running(2)), NS_OK);
  EXPECT_TRUE(backend_->did.empty());
  EXPECT_TRUE(converged_);
  EXPECT_EQ(backend_->Observe(Call(), "a").fence, (Fence{1, 2}));
}

TEST_F(RolloutBackendTest, LowerFence_IsRefusedAlsoAfterRemove) {
  Apply(Running(5));
  backend_->did.clear();
  EXPECT_EQ(Apply(Running(4)), NS_E_STALE);
  EXPECT_TRUE(backend_->did.empty());
  EXPECT_THROW(backend_->Remove(Call(), "a", {1, 4}, false), Error);
  backend_->Remove(Call(), "a", {1, 6}, false);
  EXPECT_TRUE(backend_->rest_removed);
  EXPECT_TRUE(backend_->replicas.empty());
  EXPECT_EQ(Apply(Running(5)), NS_E_STALE);
  EXPECT_EQ(backend_->Observe(Call(), "a").reason, NS_REASON_NEVER_DEPLOYED);
}

TEST_F(RolloutBackendTest, EachPrimitiveFails_OldOneServesAndTheNextApplyFinishes) {
  for (const char* primitive :
       {"pull", "start", "probe", "routes", "confirm", "stop", "remove", "look"}) {
    SetUpAgain();
    ASSERT_EQ(Apply(Running(1, "old")), NS_OK);
    backend_->fails = primitive;
    EXPECT_EQ(Apply(Running(2, "new")), NS_E_UNAVAILABLE) << primitive;
    EXPECT_FALSE(backend_->routed.empty()) << primitive;
    for (const std::string& id : backend_->routed) {
      const bool alive =
          std::any_of(backend_->replicas.begin(), backend_->replicas.end(),
                      [&](const auto& r) { return r.replica.id == id && r.replica.Alive(); });
      EXPECT_TRUE(alive) << primitive << ": routes lead to what does not run";
    }
    EXPECT_EQ(Apply(Running(2, "new")), NS_OK) << primitive;
    EXPECT_TRUE(converged_) << primitive;
    EXPECT_EQ(serving_, "new");
    EXPECT_EQ(backend_->replicas.size(), 1u) << primitive;
  }
}

// Whoever died between writing routes and saying so left a replica that serves, and that no record
// names.
TEST_F(RolloutBackendTest, RoutesNobodySpokeOf_WhatTheyMayLeadToIsNotStoppedWhenTheNextOnesFail) {
  ASSERT_EQ(Apply(Running(1)), NS_OK);
  AppRecord record = backend_->records().Read("a");
  record.targets.clear();
  backend_->records().Write("a", record);
  backend_->intact = false;
  App stopped = Running(2);
  stopped.state = AppState::kStopped;
  stopped.route_key = "page";
  backend_->fails = "confirm";
  EXPECT_EQ(Apply(stopped), NS_E_UNAVAILABLE);
  EXPECT_EQ(backend_->did, (Words{"pull", "start", "routes", "routes"})) << "nothing was stopped";
  EXPECT_EQ(Apply(stopped), NS_OK);
  EXPECT_TRUE(backend_->replicas.empty());
}

// Stopped and started again at once: the proxy may still lead to what the stop would have ended.
TEST_F(RolloutBackendTest, StartAfterAStopThatFailed_WhatMayStillServeIsNotStoppedWhenItFailsToo) {
  ASSERT_EQ(Apply(Running(1)), NS_OK);
  App stopped = Running(2);
  stopped.state = AppState::kStopped;
  stopped.route_key = "page";
  backend_->fails = "confirm";
  EXPECT_EQ(Apply(stopped), NS_E_UNAVAILABLE);
  backend_->fails = "routes";
  EXPECT_EQ(Apply(Running(3)), NS_E_UNAVAILABLE);
  EXPECT_EQ(backend_->did, (Words{"pull", "start", "routes", "routes", "routes"}))
      << "nothing was stopped";
  EXPECT_EQ(Apply(Running(3)), NS_OK);
  EXPECT_EQ(backend_->routed, std::set<std::string>{"r1"});
}

TEST_F(RolloutBackendTest, Failure_IsToldByObserveUntilItIsMended) {
  Apply(Running(1, "old"));
  backend_->fails = "pull";
  EXPECT_EQ(Apply(Running(2, "new")), NS_E_UNAVAILABLE);
  EXPECT_EQ(puts_, 1);
  EXPECT_EQ(reason_, NS_REASON_BACKEND_UNAVAILABLE);
  EXPECT_EQ(serving_, "old");
  EXPECT_EQ(backend_->Observe(Call(), "a").message, "pull failed.");
  EXPECT_EQ(Apply(Running(2, "new")), NS_OK);
  EXPECT_EQ(backend_->Observe(Call(), "a").reason, NS_REASON_RUNNING);
}

TEST_F(RolloutBackendTest, Survey_TellsWhatObserveTells) {
  Apply(Running(1));
  using Told = std::map<std::string, std::string>;  // application -> reason, and what serves
  const auto survey = [&] {
    Told told;
    const auto put = [](void* ctx, ns_str app, const ns_app_status* status) noexcept -> ns_status {
      (*static_cast<Told*>(ctx))[Text(app)] = Text(status->reason) + Text(status->serving_run_key);
      return NS_OK;
    };
    backend_->Survey(Call(), {"a", "b", "left-out"}, SurveySink({&told, put}));
    return told;
  };
  const auto observed = [&](const std::string& app) {
    const AppStatus status = backend_->Observe(Call(), app);
    return status.reason + status.serving_run_key;
  };
  EXPECT_EQ(survey(), (Told{{"a", observed("a")}, {"b", NS_REASON_NEVER_DEPLOYED}}));
  backend_->replicas.at(0).flaw = "its limits were changed";
  EXPECT_EQ(survey().at("a"), observed("a"));
  EXPECT_NE(survey().at("a").find(NS_REASON_DRIFT), std::string::npos);
  backend_->fails = "look at all";
  EXPECT_THROW(survey(), Error);
}

TEST_F(RolloutBackendTest, CannotLook_ObserveFailsAndRemoveRemovesNothing) {
  Apply(Running(1));
  backend_->fails = "look";
  EXPECT_THROW(backend_->Observe(Call(), "a"), Error);
  backend_->fails = "look";
  EXPECT_THROW(backend_->Remove(Call(), "a", {1, 1}, false), Error);
  EXPECT_EQ(backend_->replicas.size(), 1u);
}

TEST_F(RolloutBackendTest, Drift_IsSeenMendedAndTold) {
  Apply(Running(1));
  backend_->replicas[0].flaw = "it was renamed";
  backend_->replicas[0].replica.sound = false;
  const AppStatus seen = backend_->Observe(Call(), "a");
  EXPECT_FALSE(seen.converged);
  EXPECT_EQ(seen.reason, NS_REASON_DRIFT);
  EXPECT_EQ(Apply(Running(1)), NS_OK);
  EXPECT_EQ(backend_->Observe(Call(), "a").message,
            "Running. Drift was put right: container r1: it was renamed.");
  ASSERT_EQ(backend_->replicas.size(), 1u);
  EXPECT_EQ(backend_->replicas[0].name, "r2");
}

TEST_F(RolloutBackendTest, Stop_RemovesReplicasAndKeepsRoutes) {
  Apply(Running(1));
  App stopped = Running(2);
  stopped.state = AppState::kStopped;
  stopped.route_key = "page";
  EXPECT_EQ(Apply(stopped), NS_OK);
  EXPECT_TRUE(converged_);
  EXPECT_EQ(reason_, NS_REASON_STOPPED);
  EXPECT_TRUE(backend_->replicas.empty());
  EXPECT_TRUE(backend_->routed.empty());
}

TEST_F(RolloutBackendTest, RunningWithoutAProcess_IsStopped) {
  App nothing = Running(1);
  nothing.processes.clear();
  EXPECT_EQ(Apply(nothing), NS_OK);
  EXPECT_TRUE(backend_->replicas.empty());
  EXPECT_EQ(backend_->Observe(Call(), "a").state, AppState::kStopped);
}

// Else it is applied again and again, and its condition tells of a failure.
TEST_F(RolloutBackendTest, StoppedWithoutAProcess_IsConverged) {
  App nothing = Running(1);
  nothing.state = AppState::kStopped;
  nothing.processes.clear();
  EXPECT_EQ(Apply(nothing), NS_OK);
  EXPECT_TRUE(backend_->Observe(Call(), "a").converged);
}

}  // namespace
}  // namespace ns::sdk
