#include "plugin_engine.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

namespace ns::engines {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::vector<std::string> Engines() { return {"docker", "buildkit", "buildah"}; }

namespace {

const std::vector<std::string> kMethods = {"runtime-cmd", "runtime-dockerfile", "static-cmd",
                                           "static-dockerfile"};

// Where run.d/tools.sh has put BuildKit.
std::string Buildkitd() {
  const char* given = ::getenv("NS_TOOLS");
  const char* home = ::getenv("HOME");
  const fs::path tools =
      given ? given : std::string(home ? home : "") + "/.cache/neoshowcase/tools";
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(tools, missing)) {
    if (entry.path().filename().string().starts_with("buildkit-") &&
        fs::exists(entry.path() / "bin/buildkitd"))
      return (entry.path() / "bin/buildkitd").string();
  }
  return "";
}

std::string WithPrograms(const std::string& engine, const std::string& config) {
  if (engine != "buildkit") return config;
  return "{\"buildkitd\": \"" + Buildkitd() + "\"" +
         (config == "{}" ? "}" : ", " + config.substr(1));
}

void CopyLibrary(const std::string& folder, const std::string& name) {
  for (const std::string suffix : {".so", ".nsplugin.json"}) {
    const std::string target = folder + "/" + name + suffix;
    if (fs::exists(target)) continue;
    fs::copy_file(std::string(NS_PLUGINS) + "/" + name + suffix, target);
    ::chmod(target.c_str(), 0644);
  }
}

}  // namespace

std::string MissingFor(const std::string& engine) {
  if (engine == "buildkit" && Buildkitd().empty()) return "BuildKit is not installed";
  if (engine == "buildkit" && ::access("/usr/lib/cni/bridge", X_OK) != 0)
    return "containernetworking-plugins is not installed";
  if (engine == "buildah" && ::access("/usr/bin/buildah", X_OK) != 0)
    return "buildah is not installed";
  return "";
}

Installation::Installation(const std::string& given) : own_(given.empty()), folder_(given) {
  if (!own_) return;
  std::string pattern = "/tmp/ns-engines.XXXXXX";
  if (!::mkdtemp(pattern.data())) std::abort();
  folder_ = pattern;
  ::chmod(folder_.c_str(), 0755);
  // A library is loaded only from where nobody else may write.
  fs::create_directory(folder_ + "/lib");
  ::chmod((folder_ + "/lib").c_str(), 0755);
}

Installation::~Installation() {
  if (!own_) return;
  if (testing::UnitTest::GetInstance()->Failed() && fs::exists(folder_ + "/helpers")) {
    for (const auto& entry : fs::directory_iterator(folder_ + "/helpers"))
      if (entry.path().extension() == ".log")
        std::cout << entry.path() << ":\n" << std::ifstream(entry.path()).rdbuf() << "\n";
  }
  (void)supervise::Supervisor::StopAll(folder_ + "/helpers", SystemClock());
  std::error_code error;
  fs::remove_all(folder_, error);
  EXPECT_FALSE(error) << folder_ << ": " << error.message();
}

std::string Installation::name() const { return fs::path(folder_).filename().string(); }

PluginEngine::PluginEngine(const Installation& installation, const std::string& engine,
                           const std::string& config) {
  const std::string& folder = installation.folder();
  std::vector<plugin::Wanted> wanted = {
      {engine, "engine-" + engine, true, WithPrograms(engine, config), ""}};
  for (const std::string& method : kMethods)
    wanted.push_back({method, "build-" + method, true, "{}", ""});
  for (const plugin::Wanted& one : wanted) CopyLibrary(folder + "/lib", one.plugin);
  supervisor_ = std::make_unique<supervise::Supervisor>(folder + "/helpers", SystemClock());
  ticks_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) supervisor_->Tick(20ms);
  });
  plugin::HostSettings settings;
  settings.search_dirs = {folder + "/lib"};
  settings.copies = folder + "/copies";
  settings.instances = folder + "/instances";
  settings.installation = installation.name();
  settings.version = "0.1.0";
  host_ = std::make_unique<plugin::PluginHost>(
      settings, plugin::HostParts{SystemClock(), *supervisor_, nullptr});
  auto report = host_->Load(wanted, {plugin::kEngineKind, plugin::kBuildKind});
  for (const plugin::Refusal& refusal : report.refused) ADD_FAILURE() << refusal.Message();
  loaded_ = std::move(report.loaded);
  for (const plugin::Loaded& one : loaded_)
    if (one.engine) engine_ = one.engine;
  if (!engine_) std::abort();
}

PluginEngine::~PluginEngine() {
  ticks_ = {};
  host_.reset();
}

ports::BuildMethod& PluginEngine::method(const std::string& name) {
  for (const plugin::Loaded& one : loaded_)
    if (one.instance == name && one.method) return *one.method;
  std::abort();
}

}  // namespace ns::engines
