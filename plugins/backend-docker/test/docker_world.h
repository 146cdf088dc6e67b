// What the tests on a real Docker Engine with a real Traefik share. Run by with_dockerd.sh.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "docker/engine.h"
#include "test_host.h"

namespace ns::testing {

inline constexpr int kHttp = 18080;
inline const std::string kInstallation = "docker-test-" + std::to_string(::getpid());

std::string Environment(const char* name);
bool Until(const std::function<bool()>& condition,
           std::chrono::seconds limit = std::chrono::seconds(20));
sdk::Route Route(const std::string& host, const std::string& path = "/");
// The test application; VERSION is what it answers. Another version is another run key.
sdk::App MakeApp(const std::string& id, int version, int generation = 0);
std::string FileConfig();

class BackendDocker : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  virtual std::string ConfigText() const { return FileConfig(); }
  std::unique_ptr<TestHost> NewHost() const;

  sdk::App App(int version, int generation = 0);
  sdk::App Stopped(int generation);

  http::Response Get(const std::string& host, const std::string& path = "/");
  std::string Version();
  std::vector<docker::Container> Containers();
  docker::Container Only();
  std::string RouteFile() const { return (data_ / "traefik/dynamic" / (id_ + ".yml")).string(); }
  static std::vector<std::string> PhaseNames(const Outcome& outcome);
  void Deploy(const sdk::App& app);

  static int count_;
  const sdk::Call call_;
  docker::Engine engine_;
  http::Client http_;
  std::filesystem::path data_;
  std::unique_ptr<TestHost> host_;
  std::string id_;
  std::map<std::string, int> used_;
};

}  // namespace ns::testing
