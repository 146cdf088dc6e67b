// The engine on a real Docker daemon and a real registry. Run by with_registry.sh.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "docker_engine.h"

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const std::string kInstallation = "engine-test-" + std::to_string(::getpid());

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string Shell(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t got = ::fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, got);
  ::pclose(pipe);
  return output;
}

bool Until(const std::function<bool()>& condition, seconds limit = seconds(20)) {
  for (const auto end = Clock::now() + limit; Clock::now() < end; ::usleep(20'000)) {
    if (condition()) return true;
  }
  return condition();
}

// Whether a process with these words in its command line runs.
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

// A host with an installation's name, a data folder and durable state.
class Host {
 public:
  explicit Host(const std::string& data) : data_(data) {
    raw_.struct_size = sizeof(raw_);
    raw_.host_data = this;
    raw_.installation = sdk::Str(kInstallation);
    raw_.data_dir = sdk::Str(data_);
    raw_.service = [](const ns_host*, const char* id) noexcept -> const void* {
      return std::string_view(id) == NS_HOST_STATE ? &kState : nullptr;
    };
  }
  sdk::Host view() const { return sdk::Host(&raw_); }

 private:
  static ns_status Put(const ns_host* host, const ns_call*, ns_str key, ns_bytes value) noexcept {
    static_cast<Host*>(host->host_data)->values_[sdk::Text(key)] = sdk::View(value);
    return NS_OK;
  }
  static ns_status Get(const ns_host* host, const ns_call*, ns_str key, ns_sink out) noexcept {
    const auto& values = static_cast<Host*>(host->host_data)->values_;
    const auto found = values.find(sdk::Text(key));
    return found == values.end() ? static_cast<ns_status>(NS_E_NOT_FOUND)
                                 : out.write(out.ctx, sdk::Bytes(found->second));
  }
  static ns_status List(const ns_host*, const ns_call*, ns_str, ns_sink) noexcept { return NS_OK; }
  static constexpr ns_host_state kState{sizeof(ns_host_state), 0, &Put, &Get, &List};

  const std::string data_;
  ns_host raw_{};
  std::map<std::string, std::string> values_;
};

// A call that can be cancelled from another thread.
class Cancellable {
 public:
  Cancellable() : fd_(::eventfd(0, EFD_CLOEXEC)) {
    raw_.struct_size = sizeof(raw_);
    raw_.cancel_fd = fd_;
    raw_.host_data = this;
    raw_.cancelled = [](const ns_call* call) noexcept -> int32_t {
      return static_cast<Cancellable*>(call->host_data)->cancelled_ ? 1 : 0;
    };
    raw_.fail = [](const ns_call*, const ns_problem*) noexcept {};
  }
  ~Cancellable() { ::close(fd_); }
  void Cancel() {
    cancelled_ = true;
    const uint64_t one = 1;
    EXPECT_EQ(::write(fd_, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  }
  sdk::Call call() const { return sdk::Call(&raw_); }

 private:
  const int fd_;
  std::atomic<bool> cancelled_{false};
  ns_call raw_{};
};

struct Outcome {
  sdk::EngineResult result;
  std::string reason, message;  // empty: succeeded
  sdk::Fault fault = sdk::Fault::kUnknown;
};

class EngineDocker : public testing::Test {
 protected:
  EngineDocker() {
    std::string name = (fs::temp_directory_path() / "ns-engine-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "source");
    fs::create_directories(root_ / "data");
    host_ = std::make_unique<Host>((root_ / "data").string());
    job_.app = "app" + std::to_string(++count_);
    job_.build = "b" + std::to_string(::getpid()) + "n" + std::to_string(count_);
    job_.source = (root_ / "source").string();
    job_.plan.dockerfile_path = "Dockerfile";
    SetAttempt(1);
  }
  ~EngineDocker() override {
    Shell("for i in $(/usr/bin/docker images -q --filter label=neoshowcase.installation=" +
          kInstallation + "); do /usr/bin/docker rmi -f $i; done");
    fs::remove_all(root_);
  }

  void SetAttempt(int attempt, const std::string& registry = Environment("NS_TEST_REGISTRY")) {
    job_.attempt = attempt;
    job_.reference =
        registry + "/apps/" + job_.app + ":" + job_.build + "-" + std::to_string(attempt);
  }
  void File(const std::string& name, const std::string& text) {
    std::ofstream(root_ / "source" / name) << text;
  }
  void Dockerfile(const std::string& rest) {
    File("Dockerfile", "FROM " + Environment("NS_TEST_BASE") + "\n" + rest);
  }
  DockerEngine Engine(const std::string& config = R"({"memory":"300M","timeout":"60s"})") const {
    return DockerEngine({host_->view(), "ns.engine/1", "engine", config});
  }

  Outcome Run(DockerEngine& engine, const sdk::Call& call = sdk::Call()) {
    {
      const std::lock_guard lock(mutex_);
      log_.clear();
    }
    const ns_sink sink{this, [](void* self, ns_bytes bytes) noexcept {
                         auto& test = *static_cast<EngineDocker*>(self);
                         const std::lock_guard lock(test.mutex_);
                         test.log_ += sdk::View(bytes);
                         return static_cast<ns_status>(NS_OK);
                       }};
    Outcome outcome;
    try {
      outcome.result = engine.Run(call, job_, sdk::ByteSink(sink));
    } catch (const sdk::Error& error) {
      outcome.reason = error.reason();
      outcome.message = error.message();
      outcome.fault = error.fault();
    }
    return outcome;
  }
  std::string Log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  std::string ImagesLeft() const {
    return Shell("/usr/bin/docker images -aq --filter label=neoshowcase.installation=" +
                 kInstallation + " --filter label=neoshowcase.build=" + job_.build);
  }
  bool WorkFolderEmpty() const { return fs::is_empty(root_ / "data"); }

  static int count_;
  fs::path root_;
  std::unique_ptr<Host> host_;
  sdk::EngineJob job_;
  std::mutex mutex_;
  std::string log_;
};
int EngineDocker::count_ = 0;

TEST_F(EngineDocker, Build_IsPushedAndItsDigestIsTheRegistrys) {
  File("hello", "hi\n");
  Dockerfile("COPY hello /\nCMD [\"cat\", \"/hello\"]\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(outcome.result.digest, testing::MatchesRegex("sha256:[0-9a-f]{64}"));
  EXPECT_GT(outcome.result.size, 100'000);
  const std::string head = Shell(
      "curl -sI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' http://" +
      Environment("NS_TEST_REGISTRY") + "/v2/apps/" + job_.app + "/manifests/" + job_.build + "-1");
  EXPECT_THAT(head, HasSubstr(outcome.result.digest));
  const std::string labels =
      Shell("/usr/bin/docker inspect --format '{{json .Config.Labels}}' " + job_.reference);
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.installation\":\"" + kInstallation + "\""));
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.app\":\"" + job_.app + "\""));
  EXPECT_THAT(labels, HasSubstr("\"neoshowcase.build\":\"" + job_.build + "\""));
  EXPECT_TRUE(WorkFolderEmpty());
  EXPECT_THAT(Log(), HasSubstr("COPY hello /"));
  EXPECT_THAT(Log(), Not(testing::ContainsRegex("#[0-9]+ sha256:")));
}

TEST_F(EngineDocker, Log_ComesWhileTheBuildRuns) {
  Dockerfile("RUN echo first-$((40+2)); sleep 3; echo last-$((40+3))\n");
  DockerEngine engine = Engine();
  auto running = std::async(std::launch::async, [&] { return Run(engine); });
  ASSERT_TRUE(Until([&] { return Log().find("first-42") != std::string::npos; }));
  EXPECT_EQ(Log().find("last-43"), std::string::npos);
  EXPECT_EQ(running.wait_for(seconds(0)), std::future_status::timeout);
  EXPECT_EQ(running.get().reason, "");
  EXPECT_THAT(Log(), HasSubstr("last-43"));
}

TEST_F(EngineDocker, CommandThatFails_IsTheSourcesFaultAndLeavesNothing) {
  Dockerfile("RUN echo before-$((40+2)); exit 7\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("exit code: 7"));
  EXPECT_THAT(Log(), HasSubstr("before-42"));
  EXPECT_EQ(ImagesLeft(), "");
  EXPECT_TRUE(WorkFolderEmpty());
}

TEST_F(EngineDocker, BadDockerfile_IsTheSourcesFault) {
  File("Dockerfile", "FORM scratch\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED);
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("unknown instruction"));
}

TEST_F(EngineDocker, BaseImageBehindARegistryThatIsDown_IsThePlatformsFault) {
  File("Dockerfile", "FROM 127.0.0.1:1/nobody/nothing:1\nRUN true\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
}

TEST_F(EngineDocker, BaseImageThatTheRegistryDoesNotHave_IsTheSourcesFault) {
  File("Dockerfile", "FROM " + Environment("NS_TEST_REGISTRY") + "/no/such:1\nRUN true\n");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
}

TEST_F(EngineDocker, Cancelled_EndsTheCommandAndLeavesNothing) {
  Dockerfile("RUN echo started-$((40+2)); sleep 4321\n");
  DockerEngine engine = Engine();
  Cancellable cancel;
  auto running = std::async(std::launch::async, [&] { return Run(engine, cancel.call()); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4321"); })) << Log();
  const auto began = Clock::now();
  cancel.Cancel();
  const Outcome outcome = running.get();
  EXPECT_FALSE(Runs("sleep 4321"));
  EXPECT_LT(Clock::now() - began, seconds(5));
  EXPECT_EQ(outcome.reason, NS_REASON_CANCELLED) << outcome.message;
  EXPECT_THAT(Log(), HasSubstr("started-42"));
  EXPECT_EQ(ImagesLeft(), "");
  EXPECT_TRUE(WorkFolderEmpty());
}

TEST_F(EngineDocker, TooLong_IsKilledAndToldAsTimedOut) {
  Dockerfile("RUN echo waiting; sleep 4322\n");
  DockerEngine engine = Engine(R"({"timeout":"3s"})");
  const auto began = Clock::now();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_TIMED_OUT) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_LT(Clock::now() - began, seconds(10));
  EXPECT_FALSE(Runs("sleep 4322"));
}

TEST_F(EngineDocker, TooMuchMemory_IsKilledAndToldAsOutOfMemory) {
  DockerEngine engine = Engine(R"({"memory":"128M","timeout":"60s"})");
  if (!engine.Abilities().memory_limit)
    GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=600M count=1; sleep 1\n");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_OUT_OF_MEMORY) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
}

TEST_F(EngineDocker, ALittleMemory_IsFine) {
  DockerEngine engine = Engine(R"({"memory":"128M","timeout":"60s"})");
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=32M count=1\n");
  EXPECT_EQ(Run(engine).reason, "") << Log();
}

TEST_F(EngineDocker, Secrets_AreThereInTheStepAndNowhereElse) {
  Dockerfile(
      "RUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN; test \"$(cat /run/secrets/TOKEN)\" "
      "= hush-hush-$((2-1))\n");
  job_.plan.secrets = {{"TOKEN", "hush-hush-1", true}};
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  ASSERT_EQ(outcome.reason, "") << outcome.message << Log();
  EXPECT_THAT(Log(), Not(HasSubstr("hush-hush-1")));
  EXPECT_THAT(Log(), HasSubstr("***"));
  EXPECT_THAT(Shell("/usr/bin/docker history --no-trunc " + job_.reference),
              Not(HasSubstr("hush-hush-1")));
  EXPECT_THAT(Shell("/usr/bin/docker inspect " + job_.reference), Not(HasSubstr("hush-hush-1")));
  EXPECT_THAT(Shell("/usr/bin/docker history --no-trunc " + job_.reference),
              Not(HasSubstr("nsbuild")));
  EXPECT_EQ(Shell("/usr/bin/docker save " + job_.reference + " | grep -c hush-hush-1"), "0\n");
}

TEST_F(EngineDocker, SecretThatChanged_IsNotAnsweredFromTheCache) {
  Dockerfile("RUN --mount=type=secret,id=MODE cat /run/secrets/MODE > /mode\n");
  DockerEngine engine = Engine();
  int attempt = 0;
  for (const char* mode : {"one", "one", "two", "two", "one"}) {
    job_.plan.secrets = {{"MODE", mode, false}};
    SetAttempt(++attempt);
    ASSERT_EQ(Run(engine).reason, "") << Log();
    EXPECT_EQ(Shell("/usr/bin/docker run --rm --network none " + job_.reference + " cat /mode"),
              mode)
        << attempt;
  }
  SetAttempt(++attempt);
  ASSERT_EQ(Run(engine).reason, "");
  EXPECT_THAT(Log(), HasSubstr("CACHED"));
}

TEST_F(EngineDocker, SameSourceAgain_ComesFromTheCache) {
  Dockerfile("RUN echo " + job_.build + " > /made\n");
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "");
  job_.build += "x";
  SetAttempt(1);
  ASSERT_EQ(Run(engine).reason, "");
  EXPECT_THAT(Log(), HasSubstr("CACHED"));
}

TEST_F(EngineDocker, GeneratedDockerfile_TakesTheWholeSource) {
  File("kept", "kept\n");
  File(".dockerignore", "kept\n");
  job_.plan.dockerfile_path.clear();
  job_.plan.dockerfile_text =
      "FROM " + Environment("NS_TEST_BASE") +
      "\nWORKDIR /srv\nCOPY . .\nRUN [\"/bin/sh\",\"-c\",\"set -eux\\ncat kept\"]\n";
  job_.plan.ignore_dockerignore = true;
  DockerEngine engine = Engine();
  EXPECT_EQ(Run(engine).reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("+ cat kept"));
  EXPECT_FALSE(fs::exists(root_ / "source/Dockerfile"));
}

// What build-runtime-cmd plans for a script with variables (its golden test holds the text).
TEST_F(EngineDocker, ScriptWithVariables_ReadsThemAndLeavesNoTrace) {
  job_.plan.dockerfile_path.clear();
  job_.plan.dockerfile_text =
      "FROM " + Environment("NS_TEST_BASE") +
      "\nWORKDIR /srv\nCOPY . .\nRUN --mount=type=secret,id=ns-build-env,required=true "
      "[\"/bin/sh\",\"-c\",\". /run/secrets/ns-build-env\\nset -eux\\necho length ${#TOKEN} "
      "$TOKEN\\n"
      "test \\\"$MODE\\\" = \\\"it's fast\\\"\"]\n";
  job_.plan.ignore_dockerignore = true;
  job_.plan.secrets = {
      {"ns-build-env", "export MODE='it'\\''s fast'\nexport TOKEN='hush-hush-3'\n", true},
      {"TOKEN", "hush-hush-3", true}};
  DockerEngine engine = Engine();
  ASSERT_EQ(Run(engine).reason, "") << Log();
  EXPECT_THAT(Log(), HasSubstr("length 11 ***"));
  EXPECT_THAT(Log(), Not(HasSubstr("hush-hush-3")));
  EXPECT_EQ(
      Shell("/usr/bin/docker save " + job_.reference + " | grep -c -e hush-hush-3 -e nsbuild"),
      "0\n");
}

TEST_F(EngineDocker, RegistryDown_IsThePlatformsFaultAndLeavesNothing) {
  Dockerfile("RUN true\n");
  SetAttempt(1, "127.0.0.1:1");
  DockerEngine engine = Engine();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_REGISTRY_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
  EXPECT_EQ(ImagesLeft(), "");
}

TEST_F(EngineDocker, DaemonDown_IsThePlatformsFault) {
  Dockerfile("RUN true\n");
  DockerEngine engine = Engine(R"({"socket":"/nowhere/docker.sock"})");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_ENGINE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
}

TEST_F(EngineDocker, OlderImages_GoButForThePreviousOne) {
  DockerEngine engine = Engine();
  std::vector<std::string> references;
  for (int version = 1; version <= 3; ++version) {
    job_.build = "v" + std::to_string(::getpid()) + "n" + std::to_string(version);
    SetAttempt(1);
    File("version", std::to_string(version));
    Dockerfile("COPY version /\n");
    ASSERT_EQ(Run(engine).reason, "") << Log();
    references.push_back(job_.reference);
  }
  EXPECT_THAT(Shell("/usr/bin/docker inspect " + references[0]), HasSubstr("No such object"));
  for (const int kept : {1, 2})
    EXPECT_THAT(Shell("/usr/bin/docker inspect " + references[kept]),
                Not(HasSubstr("No such object")));
}

TEST_F(EngineDocker, DeadBuildersRun_IsFoundAndEndedByAbort) {
  Dockerfile("RUN sleep 4323\n");
  const pid_t builder = ::fork();
  if (builder == 0) {
    DockerEngine engine = Engine();
    Run(engine);
    ::_exit(0);
  }
  ASSERT_TRUE(Until([&] { return Runs("sleep 4323"); }));
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
  EXPECT_FALSE(WorkFolderEmpty());
  DockerEngine engine = Engine();
  engine.Abort(sdk::Call(), job_.build);
  EXPECT_FALSE(Runs("sleep 4323"));
  EXPECT_TRUE(WorkFolderEmpty());
  EXPECT_EQ(ImagesLeft(), "");
  engine.Abort(sdk::Call(), job_.build);
}

TEST_F(EngineDocker, TwoBuildsAtOnce_EndOneByItself) {
  Dockerfile("RUN sleep 4324\n");
  DockerEngine engine = Engine();
  Cancellable cancel;
  auto running = std::async(std::launch::async, [&] { return Run(engine, cancel.call()); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4324"); }));
  engine.Abort(sdk::Call(), job_.build + "other");
  EXPECT_TRUE(Runs("sleep 4324"));
  cancel.Cancel();
  EXPECT_EQ(running.get().reason, NS_REASON_CANCELLED);
}

// The last one: no other can build after it.
TEST_F(EngineDocker, ZDaemonKilledMeanwhile_IsThePlatformsFault) {
  const int daemon = std::atoi(Environment("NS_TEST_OWN_DOCKERD").c_str());
  if (daemon <= 0) GTEST_SKIP() << "the Docker daemon is not this test's own to kill";
  Dockerfile("RUN echo working; sleep 4325\n");
  DockerEngine engine = Engine();
  auto running = std::async(std::launch::async, [&] { return Run(engine); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4325"); }));
  ::kill(daemon, SIGKILL);
  const Outcome outcome = running.get();
  EXPECT_EQ(outcome.reason, NS_REASON_ENGINE_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
  EXPECT_FALSE(Runs("sleep 4325"));
}

}  // namespace
}  // namespace ns::engine_docker
