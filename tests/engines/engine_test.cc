#include "engine_test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "builder_process.h"

namespace ns::engines {

std::string Environment(const char* name) {
  const char* value = ::getenv(name);
  return value ? value : "";
}

std::string Shell(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t got = ::fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, got);
  ::pclose(pipe);
  return output;
}

bool Until(const std::function<bool()>& condition, seconds limit) {
  for (const auto end = SteadyClock::now() + limit; SteadyClock::now() < end; ::usleep(20'000)) {
    if (condition()) return true;
  }
  return condition();
}

bool Runs(const std::string& words) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::stringstream text;
    text << std::ifstream(entry.path() / "cmdline", std::ios::binary).rdbuf();
    std::string line = text.str();
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.starts_with(words)) return true;
  }
  return false;
}

static std::unique_ptr<Installation> shared_installation;

// Ended before the program: what it checks is part of the tests.
class Shared : public testing::Environment {
 public:
  void TearDown() override { shared_installation.reset(); }
};
static testing::Environment* const kShared = testing::AddGlobalTestEnvironment(new Shared);

Installation& SharedInstallation() {
  if (!shared_installation) shared_installation = std::make_unique<Installation>();
  return *shared_installation;
}

SilentRegistry::SilentRegistry() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  ::listen(fd_, 64);
  address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

SilentRegistry::~SilentRegistry() { ::close(fd_); }

bool SilentRegistry::Asked() const {
  pollfd ready{fd_, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

EngineTest::EngineTest() {
  std::string name = "/tmp/ns-engine-source.XXXXXX";
  root_ = ::mkdtemp(name.data());
  fs::create_directories(root_ / "source");
  const std::string number = std::to_string(++count_);
  job_.app = AppId("app" + std::to_string(::getpid()) + "n" + number);
  job_.source = (root_ / "source").string();
  job_.plan.dockerfile_path = "Dockerfile";
  SetBuild("b" + std::to_string(::getpid()) + "n" + number);
}

EngineTest::~EngineTest() {
  plugin_.reset();
  for (const std::string& image : pulled_) Shell("/usr/bin/docker rmi -f " + image);
  Shell("/usr/bin/docker images -q --filter label=neoshowcase.installation=" +
        SharedInstallation().name() + " | xargs -r /usr/bin/docker rmi -f");
  fs::remove_all(root_);
}

void EngineTest::SetUp() {
  Use(GetParam());
  if (const std::string missing = MissingFor(GetParam()); !missing.empty())
    GTEST_SKIP() << "LEFT OUT: " << missing;
}

void EngineTest::SetBuild(const std::string& id) {
  job_.build = BuildId(id);
  SetAttempt(1);
}

void EngineTest::SetAttempt(int attempt, const std::string& registry) {
  job_.attempt = attempt;
  job_.reference =
      registry + "/apps/" + job_.app.str() + ":" + job_.build.str() + "-" + std::to_string(attempt);
}

void EngineTest::File(const std::string& name, const std::string& text) const {
  fs::create_directories((root_ / "source" / name).parent_path());
  std::ofstream(root_ / "source" / name) << text;
}

void EngineTest::Dockerfile(const std::string& rest) {
  File("Dockerfile", "FROM " + Environment("NS_TEST_BASE") + "\n" + rest);
}

std::string EngineTest::CommandSettings(const std::string& script) {
  std::string quoted;
  for (const char c : script) quoted += c == '\n' ? "\\n" : c == '"' ? "\\\"" : std::string(1, c);
  return R"({"base_image":")" + Environment("NS_TEST_BASE") + R"(","build_cmd":")" + quoted + "\"}";
}

void EngineTest::Plan(const std::string& method, const std::string& settings,
                      const std::string& artifact_path, const std::vector<model::EnvVar>& env) {
  ports::BuildRequest request;
  request.app = job_.app;
  request.build = job_.build;
  request.source = job_.source;
  request.settings = settings;
  request.artifact_path = artifact_path;
  request.env = env;
  const auto plan = Plugin().method(method).Plan({}, request);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  job_.plan = *plan;
  if (!job_.plan.export_path.empty()) TakeExport();
}

void EngineTest::Commands(const std::string& script, const std::string& artifact_path) {
  Plan("static-cmd", CommandSettings(script), artifact_path);
}

void EngineTest::TakeExport() {
  tar_.clear();
  if (!take_) take_ = [this](std::string_view piece) { tar_ += piece; };
  job_.artifact = [this](std::string_view piece) {
    take_(piece);
    return answer_;
  };
}

void EngineTest::Configure(const std::string& config) {
  config_ = config;
  plugin_.reset();
}

void EngineTest::Use(const std::string& engine) {
  engine_ = engine;
  plugin_.reset();
}

PluginEngine& EngineTest::Plugin() {
  if (!plugin_) plugin_ = std::make_unique<PluginEngine>(SharedInstallation(), engine_, config_);
  return *plugin_;
}

Outcome EngineTest::Run(const std::stop_token& cancel) {
  {
    const std::lock_guard lock(mutex_);
    log_.clear();
  }
  const auto result = Plugin().engine().Run({cancel, {}}, job_, [this](std::string_view text) {
    const std::lock_guard lock(mutex_);
    log_ += text;
  });
  if (result.ok()) return {*result, "", "", Fault::kUnknown};
  return {{}, result.status().reason(), result.status().message(), result.status().fault()};
}

std::string EngineTest::Log() {
  const std::lock_guard lock(mutex_);
  return log_;
}

void EngineTest::RunInAKilledBuilder(const std::function<bool()>& reached) {
  const pid_t builder = StartBuilder(SharedInstallation().folder(), engine_, config_, job_);
  EXPECT_TRUE(Until(reached)) << "the builder does not get there";
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
}

Status EngineTest::Abort(const std::string& build) {
  return Plugin().engine().Abort({}, BuildId(build));
}

std::string EngineTest::Pulled(const Outcome& outcome) {
  const std::string image =
      job_.reference.substr(0, job_.reference.rfind(':')) + "@" + outcome.output.image.digest;
  const std::string said = Shell("/usr/bin/docker pull -q " + image);
  EXPECT_THAT(said, testing::HasSubstr(image));
  pulled_.push_back(image);
  return image;
}

std::string EngineTest::Listing() const {
  std::ofstream(root_ / "tar", std::ios::binary) << tar_;
  return Shell("tar -tf " + (root_ / "tar").string() + " | LC_ALL=C sort");
}

std::string EngineTest::Content(const std::string& name) const {
  return Shell("tar -xOf " + (root_ / "tar").string() + " " + name);
}

void EngineTest::ExpectNothingLeft() {
  const std::string build = job_.build.str();
  const std::string data = SharedInstallation().Data(engine_);
  EXPECT_EQ(Shell("find " + data + " -maxdepth 2 -name 'build-*'"), "");
  // Containers of buildah, and with them their secrets.
  EXPECT_EQ(Shell("cd " + data +
                  " && ls -d slot*/apps/*/store/overlay-containers "
                  "2>/dev/null"),
            "");
  EXPECT_EQ(Shell("find /sys/fs/cgroup -type d -name " + build), "");
  // engine-buildkit has those of an application, below one of the instance.
  EXPECT_EQ(Shell("find /sys/fs/cgroup -type d -path \"*/neoshowcase-$(basename " + data +
                  ")-$(printf %s " + data + " | sha256sum | cut -c1-8)/app-*\""),
            "");
  EXPECT_EQ(Shell("/usr/bin/docker ps -aq --filter name=nsexport-" + build), "");
  EXPECT_EQ(Shell("/usr/bin/docker images -aq --filter label=neoshowcase.installation=" +
                  SharedInstallation().name() + " --filter label=neoshowcase.build=" + build),
            "");
  EXPECT_EQ(Shell("grep -sl NEOSHOWCASE_BUILD=nsbuild." + build + "\\\\. /proc/[0-9]*/environ"),
            "");
}

}  // namespace ns::engines
