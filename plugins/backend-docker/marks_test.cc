#include "marks.h"

#include <gtest/gtest.h>

namespace ns::backend_docker {
namespace {

sdk::App App() {
  sdk::App app;
  app.id = "a1";
  app.fence = {1, 7};
  app.run_key = "run";
  sdk::Process process;
  process.name = "web";
  process.image = "r/a@sha256:1";
  process.env = {{"A", "1", false}, {"B", "two words", true}};
  process.memory_bytes = 1 << 20;
  app.processes = {process};
  app.ports = {{sdk::Protocol::kUdp, 53, 5353}};
  return app;
}

// A container as the Engine shows what MakeSpec() asked for.
docker::Container Made() {
  const docker::ContainerSpec spec = MakeSpec(App(), Config(), "home", "key", 2, "10.0.0.2");
  docker::Container container;
  container.id = "id";
  container.name = spec.name;
  container.image = spec.image;
  container.labels = spec.labels;
  container.state = "running";
  container.memory = spec.memory;
  container.nano_cpus = spec.nano_cpus;
  container.pids = spec.pids;
  container.networks = {{spec.network, {"n", spec.address, spec.address}}};
  return container;
}

TEST(MakeSpec, Application_IsNamedLabelledAndLimited) {
  const docker::ContainerSpec spec = MakeSpec(App(), Config(), "home", "key", 2, "10.0.0.2");
  EXPECT_EQ(spec.name, "nsapp-a1-7-2");
  EXPECT_EQ(spec.network, "nsapp-a1");
  EXPECT_EQ(spec.address, "10.0.0.2");
  EXPECT_EQ(spec.labels.at("neoshowcase.installation"), "home");
  EXPECT_EQ(spec.labels.at("neoshowcase.app"), "a1");
  EXPECT_EQ(spec.env, (std::vector<std::string>{"A=1", "B=two words"}));
  EXPECT_EQ(spec.memory, 1 << 20);
  EXPECT_EQ(spec.pids, 512);
  EXPECT_EQ(spec.restart_policy, "no") << "until it serves";
  EXPECT_EQ(spec.ports, (std::vector<docker::PublishedPort>{{true, 53, 5353}}));
}

TEST(LimitsOf, OwnOnes_GoBeforeTheInstances) {
  Config config;
  config.memory = 100;
  config.cpu_millis = 500;
  sdk::Process process;
  EXPECT_EQ(LimitsOf(process, config), (Limits{100, 500'000'000, 512}));
  process.memory_bytes = 50;
  process.cpu_millis = 1500;
  process.pids = 9;
  EXPECT_EQ(LimitsOf(process, config), (Limits{50, 1'500'000'000, 9}));
}

TEST(NextNumber, Names_OfThatGenerationCount) {
  EXPECT_EQ(NextNumber("a", 1, {}), 1);
  EXPECT_EQ(
      NextNumber("a", 1, {"nsapp-a-1-3", "nsapp-a-1-1", "nsapp-a-2-9", "nsapp-ab-1-8", "someone"}),
      4);
}

TEST(AppOfNetwork, Names_GiveTheApplication) {
  EXPECT_EQ(AppOfNetwork("nsapp-a1"), "a1");
  EXPECT_EQ(AppOfNetwork("bridge"), "");
}

TEST(Report, AsMade_HasNoFlaw) {
  const sdk::ReplicaReport report = Report(Made());
  EXPECT_EQ(report.flaw, "");
  EXPECT_TRUE(report.replica.sound);
  EXPECT_EQ(report.replica.key, "key");
  EXPECT_EQ(report.run_key, "run");
  EXPECT_EQ(report.image_digest, "sha256:1");
  EXPECT_EQ(report.replica.life, sdk::Life::kRunning);
}

TEST(Report, States_AreLives) {
  docker::Container container = Made();
  const std::vector<std::pair<const char*, sdk::Life>> lives = {
      {"created", sdk::Life::kNew},
      {"running", sdk::Life::kRunning},
      {"restarting", sdk::Life::kRestarting},
      {"exited", sdk::Life::kEnded},
      {"dead", sdk::Life::kEnded},
      {"removing", sdk::Life::kEnded}};
  for (const auto& [state, life] : lives) {
    container.state = state;
    EXPECT_EQ(Report(container).replica.life, life) << state;
  }
}

TEST(Report, ChangedByHand_IsAFlaw) {
  const std::vector<std::pair<std::string, std::function<void(docker::Container&)>>> changes = {
      {"it was renamed from nsapp-a1-7-2", [](auto& c) { c.name = "other"; }},
      {"it was paused", [](auto& c) { c.state = "paused"; }},
      {"its limits were changed", [](auto& c) { c.pids = 7; }},
      {"its limits were changed", [](auto& c) { c.memory = 0; }},
      {"it was disconnected from its network", [](auto& c) { c.networks.clear(); }},
      {"its address was changed",
       [](auto& c) { c.networks.begin()->second.configured = "10.0.0.9"; }},
      {"it was connected to another network", [](auto& c) { c.networks["bridge"] = {}; }},
  };
  for (const auto& [flaw, change] : changes) {
    docker::Container container = Made();
    change(container);
    EXPECT_EQ(Report(container).flaw, flaw);
    EXPECT_FALSE(Report(container).replica.sound);
  }
}

}  // namespace
}  // namespace ns::backend_docker
