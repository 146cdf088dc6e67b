#include "docker_world.h"

#include <cstdlib>

namespace ns::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool Until(const std::function<bool()>& condition, seconds limit) {
  for (const auto end = std::chrono::steady_clock::now() + limit;
       std::chrono::steady_clock::now() < end; ::usleep(20'000)) {
    if (condition()) return true;
  }
  return condition();
}

sdk::Route Route(const std::string& host, const std::string& path) {
  sdk::Route route;
  route.id = "r";
  route.host = host;
  route.path = path;
  route.process = "web";
  route.port = 8080;
  return route;
}

sdk::App MakeApp(const std::string& id, int version, int generation) {
  sdk::App app;
  app.id = id;
  app.name = "test";
  app.fence = {1, generation ? generation : version};
  app.state = sdk::AppState::kRunning;
  app.run_key = "run" + std::to_string(version);
  app.route_key = "route1";
  sdk::Process process;
  process.name = "web";
  process.image = Environment("NS_TEST_IMAGE");
  process.env = {{"VERSION", std::to_string(version), false}};
  process.probe = {sdk::ProbeKind::kTcp, 8080, "/", milliseconds(200), seconds(5), seconds(2)};
  process.stop_grace = seconds(5);
  process.drain_limit = seconds(20);
  app.processes = {process};
  app.routes = {Route(id + ".test")};
  return app;
}

std::string FileConfig() {
  return R"({"networks":"10.214.0.0/16","traefik":{"provider":"file","http":"127.0.0.1:)" +
         std::to_string(kHttp) + R"("}})";
}

int BackendDocker::count_ = 0;

void BackendDocker::SetUp() {
  data_ = std::filesystem::temp_directory_path() / ("ns-docker-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(data_);
  host_ = NewHost();
  id_ = "t" + std::to_string(::getpid()) + "n" + std::to_string(++count_);
}

void BackendDocker::TearDown() {
  for (const auto& [app, generation] : used_) EXPECT_EQ(host_->Remove(app, {2, 0}).code, NS_OK);
  EXPECT_TRUE(Containers().empty());
  EXPECT_TRUE(engine_.Networks(call_, {{"neoshowcase.installation", kInstallation}}).empty());
  host_.reset();
  TestHost::EndHelpers();
  std::filesystem::remove_all(data_);
}

std::unique_ptr<TestHost> BackendDocker::NewHost() const {
  return std::make_unique<TestHost>(Environment("NS_TEST_PLUGIN"), ConfigText(), kInstallation,
                                    data_.string());
}

sdk::App BackendDocker::App(int version, int generation) {
  used_[id_] = 1;
  return MakeApp(id_, version, generation);
}

sdk::App BackendDocker::Stopped(int generation) {
  sdk::App app = App(1, generation);
  app.state = sdk::AppState::kStopped;
  app.route_key = "stopped";
  return app;
}

http::Response BackendDocker::Get(const std::string& host, const std::string& path) {
  try {
    return http_.Do(call_, {.url = "http://127.0.0.1:" + std::to_string(kHttp) + path,
                            .headers = {{"Host", host}}});
  } catch (const sdk::Error&) {
    return {};
  }
}

std::string BackendDocker::Version() {
  const http::Response response = Get(id_ + ".test");
  return response.status == 200 ? response.headers.at("x-version")
                                : std::to_string(response.status);
}

std::vector<docker::Container> BackendDocker::Containers() {
  return engine_.Containers(call_, {{"neoshowcase.installation", kInstallation}});
}

docker::Container BackendDocker::Only() {
  const auto all = Containers();
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? docker::Container() : all[0];
}

std::vector<std::string> BackendDocker::PhaseNames(const Outcome& outcome) {
  std::vector<std::string> names;
  for (const sdk::Phase& phase : outcome.status.phases) names.push_back(phase.name);
  return names;
}

void BackendDocker::Deploy(const sdk::App& app) {
  const Outcome outcome = host_->Apply(app);
  ASSERT_EQ(outcome.code, NS_OK) << outcome.reason << " " << outcome.message;
  ASSERT_TRUE(outcome.status.converged) << outcome.status.reason << " " << outcome.status.message;
}

}  // namespace ns::testing
