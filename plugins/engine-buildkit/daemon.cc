#include "daemon.h"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "child/child.h"
#include "digest/digest.h"
#include "engine/run.h"

namespace ns::engine_buildkit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHelper = "buildkitd";
constexpr auto kConnects = std::chrono::seconds(20);
constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

sdk::Error Unavailable(const std::string& what, sdk::Fault fault) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE, what, fault};
}

// Two instances on one machine must not have the same network.
std::string SubnetOf(const std::string& folder) {
  const int number = std::stoi(digest::Sha256Hex(folder).substr(0, 2), nullptr, 16);
  return "10.214." + std::to_string(number) + ".0/24";
}

bool Before(const timespec& one, const timespec& other) {
  return one.tv_sec < other.tv_sec || (one.tv_sec == other.tv_sec && one.tv_nsec < other.tv_nsec);
}

std::vector<fs::path> Subfolders(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) found.push_back(entry->path());
  }
  return found;
}

// Whoever reads it meanwhile finds the one or the other.
void WriteWhole(const std::string& file, const std::string& text) {
  std::ofstream out(file + ".new", std::ios::binary);
  out << text;
  out.close();
  if (!out || ::chmod((file + ".new").c_str(), 0600) != 0 ||
      ::rename((file + ".new").c_str(), file.c_str()) != 0)
    throw engine::DiskTrouble("The file " + file +
                              " cannot be written; look at the disk's space and the folder's "
                              "rights.");
}

}  // namespace

std::string DaemonToml(const Config& config, const std::string& folder, const std::string& cgroup,
                       const std::string& runc) {
  std::string text = "root = \"" + folder + "/root\"\n";
  text += "[grpc]\n  address = [\"unix://" + folder + "/buildkitd.sock\"]\n";
  text += "[history]\n  maxAge = 0\n  maxEntries = 0\n";
  text += "[worker.containerd]\n  enabled = false\n";
  text += "[worker.oci]\n  enabled = true\n  binary = \"" + runc + "\"\n";
  text += "  defaultCgroupParent = \"" + cgroup + "/rest\"\n";
  if (config.bridge) {
    text += "  networkMode = \"bridge\"\n  cniBinaryPath = \"" + config.cni + "\"\n";
    text += "  bridgeName = \"nsbk" + digest::Sha256Hex(folder).substr(0, 8) + "\"\n";
    text +=
        "  bridgeSubnet = \"" + (config.subnet.empty() ? SubnetOf(folder) : config.subnet) + "\"\n";
  } else {
    text += "  networkMode = \"host\"\n";
  }
  text += "  gc = true\n";
  text += "  [[worker.oci.gcpolicy]]\n    all = true\n    maxUsedSpace = " +
          std::to_string(config.cache) + "\n";
  return text;
}

Daemon::Daemon(sdk::Host host, const Config& config, std::string folder, std::string cgroup)
    : host_(host), config_(config), folder_(std::move(folder)), cgroup_(std::move(cgroup)) {}

void Daemon::CheckMachine() const {
  if (::geteuid() != 0)
    throw Unavailable("buildkitd needs root; run nsd as root, or use another engine.",
                      sdk::Fault::kOperator);
  if (config_.bridge && ::access((config_.cni + "/bridge").c_str(), X_OK) != 0)
    throw Unavailable("There is no " + config_.cni +
                          "/bridge, which makes the network of steps; install "
                          "containernetworking-plugins, set `cni`, or set `network` to \"host\".",
                      sdk::Fault::kOperator);
  if (Socket().size() >= sizeof(sockaddr_un::sun_path))
    throw Unavailable("The path " + Socket() + " is too long for a socket; set a shorter `data`.",
                      sdk::Fault::kOperator);
}

void Daemon::Ensure(const sdk::Call& call) {
  const std::lock_guard lock(mutex_);
  CheckMachine();
  const std::string program = engine::FindProgram(config_.buildkitd, "buildkitd", "BuildKit 0.32");
  const std::string text =
      DaemonToml(config_, folder_, cgroup_, engine::FindProgram(config_.runc, "runc", "runc"));
  const std::string file = folder_ + "/buildkitd.toml";
  WriteWhole(file, text);
  sdk::Helper helper;
  helper.name = kHelper;
  helper.argv = {program, "--config", file};
  // Whole logs of steps: those who read them have limits of their own.
  helper.env = {kPath, "HOME=" + folder_, "BUILDKIT_STEP_LOG_MAX_SIZE=-1",
                "BUILDKIT_STEP_LOG_MAX_SPEED=-1"};
  helper.health_address = "unix:" + Socket();
  helper.config_hash = digest::Sha256Hex(text);
  try {
    // One that was killed a moment ago may count as running still.
    const auto until = std::chrono::steady_clock::now() + kConnects;
    for (host_.spawn().Ensure(call, helper); !Answers(); host_.spawn().Ensure(call, helper)) {
      if (std::chrono::steady_clock::now() >= until)
        throw Unavailable("buildkitd takes no connections.", sdk::Fault::kPlatform);
      call.Wait(std::chrono::milliseconds(50));
    }
  } catch (const sdk::Stopped&) {
    throw;
  } catch (const sdk::Error& error) {
    call.Check();
    throw Unavailable("buildkitd does not run: " + error.message(), sdk::Fault::kPlatform);
  }
  SweepMounts();
}

// Those that are older than the socket are of the daemon before.
void Daemon::SweepMounts() {
  const int64_t now = pid();
  struct stat socket {};
  if (now == swept_for_ || ::stat(Socket().c_str(), &socket) != 0) return;
  swept_for_ = now;
  for (const fs::path& worker : Subfolders(folder_ + "/root")) {
    for (const fs::path& step : Subfolders(worker / "executor")) {
      struct stat made {};
      if (::stat(step.c_str(), &made) != 0 || !Before(made.st_mtim, socket.st_mtim)) continue;
      ::umount2((step / "rootfs").c_str(), MNT_DETACH);
      std::error_code ignored;
      fs::remove(step / "rootfs", ignored);
      fs::remove(step, ignored);
    }
  }
}

bool Daemon::Answers() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, Socket().c_str(), sizeof(address.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  if (fd >= 0) ::close(fd);
  return connected;
}

int64_t Daemon::pid() const {
  try {
    return host_.spawn().StateOf(kHelper).pid;
  } catch (const sdk::Error&) {
    return 0;
  }
}

// Beside buildkitd, where nothing else is said.
std::string Daemon::Buildctl() const {
  const std::string beside =
      config_.buildkitd.empty() ? "" : fs::path(config_.buildkitd).replace_filename("buildctl");
  if (config_.buildctl.empty() && !beside.empty() && ::access(beside.c_str(), X_OK) == 0)
    return beside;
  return engine::FindProgram(config_.buildctl, "buildctl", "BuildKit 0.32");
}

Daemon::Said Daemon::Ask(const sdk::Call& call, const std::vector<std::string>& words,
                         int seconds) const {
  Said said;
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = {Buildctl(), "--addr", address()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.env = {kPath, "HOME=" + folder_};
  spec.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  spec.output = [&said](std::string_view bytes) { said.text += bytes; };
  spec.tick = [] { return true; };
  const child::ChildResult result = child::RunChild(call, spec);
  said.exited = result.ending == child::Ending::kExited;
  said.exit_code = result.exit_code;
  return said;
}

// Records whose logs are gone already make it end with a failure, after the others.
void Daemon::ForgetHistory(const sdk::Call& call) const {
  const Said said = Ask(call, {"prune-histories", "--format", "{{.Record.Ref}}"}, 30);
  const bool gone = said.text.find("lease") != std::string::npos &&
                    said.text.find("not found") != std::string::npos;
  if (!said.exited || (said.exit_code != 0 && !gone))
    host_.log().Warn("buildkitd keeps logs of builds, in which secrets may stand that they print",
                     {{"said", said.text.substr(0, 300)}});
}

void Daemon::BoundCache(const sdk::Call& call) const {
  constexpr double kMegabyte = 1e6;
  const Said said = Ask(call,
                        {"prune", "--all", "--keep-storage",
                         std::to_string(static_cast<double>(config_.cache) / kMegabyte)},
                        600);
  if (!said.exited || said.exit_code != 0)
    host_.log().Warn("the layer cache of buildkitd is not bounded for now",
                     {{"said", said.text.substr(0, 300)}});
}

}  // namespace ns::engine_buildkit
