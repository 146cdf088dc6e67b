// What containers use, as from within a container, where the Engine must be asked for it.
#include "docker_world.h"
#include "engine_between.h"

namespace ns::testing {
namespace {

using std::chrono::seconds;

class AskedUsages : public BackendDocker {
 protected:
  std::string ConfigText() const override {
    std::string config = FileConfig();
    return config.insert(1, R"("socket":")" + socket_ + R"(",)");
  }
  // Three, by name.
  void DeployThree() {
    between_.HideProcesses();
    for (const char* suffix : {"a", "b", "c"}) {
      sdk::App app = MakeApp(id_ + suffix, 1);
      used_[app.id] = 1;
      Deploy(app);
    }
  }
  std::string ContainerOf(const std::string& app) {
    for (const docker::Container& one : Containers()) {
      if (one.name == "nsapp-" + app + "-1-1") return one.id;
    }
    return "";
  }
  std::map<std::string, int64_t> Read(seconds limit) {
    std::map<std::string, int64_t> memory;
    const auto begun = std::chrono::steady_clock::now();
    const Outcome outcome = host_->Usages(memory);
    EXPECT_EQ(outcome.code, NS_OK) << outcome.message;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, limit);
    for (const auto& [app, bytes] : memory) EXPECT_GT(bytes, 0) << app;
    return memory;
  }

  const std::string socket_ = "/tmp/ns-engine-" + std::to_string(::getpid());
  EngineBetween between_{socket_};
};

TEST_F(AskedUsages, OneContainerThatFails_IsLeftOutOfTheSample) {
  DeployThree();
  EXPECT_EQ(Read(seconds(8)).size(), 3u);
  for (const auto fate : {EngineBetween::Fate::kRefused, EngineBetween::Fate::kSilent}) {
    between_.Break(ContainerOf(id_ + "b"), fate);
    const auto memory = Read(seconds(8));
    EXPECT_EQ(memory.size(), 2u);
    EXPECT_FALSE(memory.contains(id_ + "b"));
  }
}

}  // namespace
}  // namespace ns::testing
