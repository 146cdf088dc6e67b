// What tests of engines on real parts share. Run by with_registry.sh.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "plugin_engine.h"

namespace ns::engines {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::seconds;

std::string Environment(const char* name);
// What the command prints.
std::string Shell(const std::string& command);
bool Until(const std::function<bool()>& condition, seconds limit = seconds(20));
// Whether a process whose command line begins so runs.
bool Runs(const std::string& words);
// All installed engines' shared folder; made by the first who asks, gone with the program.
Installation& SharedInstallation();

// A registry that takes connections and never answers.
class SilentRegistry {
 public:
  SilentRegistry();
  ~SilentRegistry();
  std::string address() const { return address_; }
  // Whether somebody waits for it.
  bool Asked() const;

 private:
  int fd_;
  std::string address_;
};

struct Outcome {
  ports::EngineOutput output;
  std::string reason, message;  // empty: succeeded
  Fault fault = Fault::kUnknown;
};

// One job of an application and a build of its own. The parameter is the engine's name, unless
// SetUp says otherwise.
class EngineTest : public testing::TestWithParam<std::string> {
 protected:
  EngineTest();
  ~EngineTest() override;
  void SetUp() override;

  void SetAttempt(int attempt, const std::string& registry = Environment("NS_TEST_REGISTRY"));
  void SetBuild(const std::string& id);
  void File(const std::string& name, const std::string& text) const;
  // FROM the base, and the rest.
  void Dockerfile(const std::string& rest);
  // What the method plans for the source. `artifact_path`: of a static one.
  void Plan(const std::string& method, const std::string& settings,
            const std::string& artifact_path = "", const std::vector<model::EnvVar>& env = {});
  // Plans a site by commands: `script` runs in /srv, where the files of the source are.
  void Commands(const std::string& script, const std::string& artifact_path);
  static std::string CommandSettings(const std::string& script);
  // Takes the export into tar_, or what take_ says.
  void TakeExport();

  void Configure(const std::string& config);
  // Another engine from now on.
  void Use(const std::string& engine);
  PluginEngine& Plugin();
  Outcome Run(const std::stop_token& cancel = {});
  // A process of its own begins to run the job and is killed once `reached` holds.
  void RunInAKilledBuilder(const std::function<bool()>& reached);
  Status Abort(const std::string& build);
  std::string Log();

  // Image of the job as dockerd has pulled it, by digest; its name there.
  std::string Pulled(const Outcome& outcome);
  std::string Listing() const;
  std::string Content(const std::string& name) const;
  // Nothing of the build is left: processes, folders, images, containers, cgroups.
  void ExpectNothingLeft();
  bool Is(const std::string& engine) const { return engine_ == engine; }

  static inline int count_ = 0;
  std::string engine_;
  fs::path root_;
  ports::EngineJob job_;
  std::string config_ = R"({"memory":"300M","timeout":"60s"})";
  std::unique_ptr<PluginEngine> plugin_;
  std::string tar_;
  std::function<void(std::string_view)> take_;
  Status answer_;
  std::vector<std::string> pulled_;
  std::mutex mutex_;
  std::string log_;
};

inline std::string NameOfEngine(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}
#define NS_ON_EVERY_ENGINE(suite) \
  INSTANTIATE_TEST_SUITE_P(On, suite, testing::ValuesIn(Engines()), NameOfEngine)

}  // namespace ns::engines
