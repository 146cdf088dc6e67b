// What tests of the engine on a real Docker daemon and a real registry share. Run by
// with_registry.sh.
#pragma once

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "docker_engine.h"

namespace ns::engine_docker {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

inline const std::string kInstallation = "engine-test-" + std::to_string(::getpid());

inline std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

inline std::string Shell(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t got = ::fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, got);
  ::pclose(pipe);
  return output;
}

inline bool Until(const std::function<bool()>& condition, seconds limit = seconds(20)) {
  for (const auto end = Clock::now() + limit; Clock::now() < end; ::usleep(20'000)) {
    if (condition()) return true;
  }
  return condition();
}

// Whether a process with these words in its command line runs.
inline bool Runs(const std::string& words) {
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

  bool WorkFolderEmpty() const { return fs::is_empty(root_ / "data"); }

  static inline int count_ = 0;
  fs::path root_;
  std::unique_ptr<Host> host_;
  sdk::EngineJob job_;
  std::mutex mutex_;
  std::string log_;
};

}  // namespace ns::engine_docker
