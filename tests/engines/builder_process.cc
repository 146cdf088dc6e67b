#include "builder_process.h"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "plugin_engine.h"

namespace ns::engines {
namespace {

constexpr const char* kAsked = "NS_TEST_BUILDER";

std::string Asked(const std::string& name) {
  const char* value = ::getenv((kAsked + ("_" + name)).c_str());
  return value ? value : "";
}

void Ask(const std::string& name, const std::string& value) {
  ::setenv((kAsked + ("_" + name)).c_str(), value.c_str(), 1);
}

}  // namespace

std::string ExportBegun(const std::string& build) { return "/tmp/ns-engine-export." + build; }

pid_t StartBuilder(const std::string& folder, const std::string& engine, const std::string& config,
                   const ports::EngineJob& job) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setenv(kAsked, folder.c_str(), 1);
  Ask("engine", engine);
  Ask("config", config);
  Ask("app", job.app.str());
  Ask("build", job.build.str());
  Ask("source", job.source);
  Ask("reference", job.reference);
  Ask("text", job.plan.dockerfile_text);
  Ask("path", job.plan.dockerfile_path);
  Ask("export", job.plan.export_path);
  ::execl("/proc/self/exe", "builder", nullptr);
  ::_exit(127);
}

void BuildWhereAsked() {
  const char* folder = ::getenv(kAsked);
  if (!folder) return;
  const Installation installation{std::string(folder)};
  PluginEngine plugin(installation, Asked("engine"), Asked("config"));
  ports::EngineJob job;
  job.app = AppId(Asked("app"));
  job.build = BuildId(Asked("build"));
  job.source = Asked("source");
  job.reference = Asked("reference");
  job.plan.dockerfile_text = Asked("text");
  job.plan.dockerfile_path = Asked("path");
  job.plan.export_path = Asked("export");
  if (!job.plan.export_path.empty()) {
    job.artifact = [](std::string_view) {
      std::ofstream(ExportBegun(Asked("build"))) << "begun";
      ::pause();
      return Status();
    };
  }
  const auto result = plugin.engine().Run({}, job, [](std::string_view) {});
  ::_exit(result.ok() ? 0 : 1);
}

}  // namespace ns::engines
