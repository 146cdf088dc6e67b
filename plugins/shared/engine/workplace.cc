#include "engine/workplace.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string_view>

#include "engine/run.h"
#include "engine/syntax_line.h"

namespace ns::engine {
namespace {

namespace fs = std::filesystem;

void WriteFile(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush())
    throw DiskTrouble("The file " + path.string() +
                      " cannot be written; look at the disk's space and the folder's rights.");
}

constexpr const char* kAlive = "alive";
constexpr std::string_view kBuild = "build-";

std::vector<fs::path> FoldersOf(const std::string& folder, const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with(prefix)) found.push_back(entry->path());
  }
  return found;
}

std::string PrefixOf(const std::string& build) { return std::string(kBuild) + build + "-"; }

// -1: somebody else holds it, or it is not there and shall not be made.
int Hold(const fs::path& path, bool make) {
  const int fd = ::open((path / kAlive).c_str(), O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
  if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

constexpr size_t kLongestDockerfile = 4 << 20;  // bytes; no builder takes such a one

// Empty where it is no file, or a link: what that leads to is not the source's.
std::string TextOf(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  std::string text;
  struct stat found {};
  char buffer[16 << 10];
  if (fd >= 0 && ::fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) {
    for (ssize_t got = 0;
         text.size() < kLongestDockerfile && (got = ::read(fd, buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<size_t>(got));
  }
  if (fd >= 0) ::close(fd);
  return text;
}

}  // namespace

Workplace::Workplace(const std::string& folder, const sdk::EngineJob& job)
    : path_(fs::path(folder) / ("build-" + job.build + "-" + std::to_string(job.attempt))),
      source_(job.source) {
  std::error_code error;
  fs::remove_all(path_, error);
  fs::create_directories(path_, error);
  if (error)
    throw DiskTrouble("The folder " + path_.string() + " cannot be made: " + error.message() + ".");
  ::chmod(path_.c_str(), 0700);
  alive_ = Hold(path_, true);
  files_.result = (path_ / "image").string();
  files_.context = (fs::path(job.source) / job.plan.context).lexically_normal().string();
  files_.dockerfile = job.plan.dockerfile_text.empty()
                          ? (fs::path(job.source) / job.plan.dockerfile_path).string()
                          : Generated(job.plan);
  for (const sdk::EnvVar& secret : job.plan.secrets) {
    memory_.emplace_back(secret.value, NS_REASON_ENGINE_UNAVAILABLE);
    files_.secret_fds.push_back(memory_.back().fd());
  }
}

Workplace::~Workplace() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (alive_ >= 0) ::close(alive_);
}

// A file of that name beside the Dockerfile counts instead of the source's .dockerignore.
std::string Workplace::Generated(const sdk::BuildPlan& plan) const {
  WriteFile(path_ / "Dockerfile", plan.dockerfile_text);
  if (plan.ignore_dockerignore)
    WriteFile(path_ / "Dockerfile.dockerignore", "# the whole folder\n");
  return (path_ / "Dockerfile").string();
}

bool Workplace::NamesSyntax() const {
  const std::string text = Dockerfile();
  return WithoutSyntax(text) != text;
}

// A link that leads out of the source is left to the builder, which does not follow it.
std::string Workplace::Dockerfile() const {
  std::error_code error;
  const std::string real = fs::canonical(files_.dockerfile, error).string();
  const auto below = [&real](const fs::path& folder) {
    std::error_code none;
    const fs::path at = fs::canonical(folder, none);
    return !none && Below(at.string(), real);
  };
  if (error || !(below(source_) || below(path_))) return "";
  return TextOf(real);
}

// What is ignored is said beside the Dockerfile, too.
bool Workplace::LeaveOutSyntax() {
  if (!NamesSyntax()) return false;
  const std::string text = WithoutSyntax(Dockerfile());
  const std::string ignored = TextOf(files_.dockerfile + ".dockerignore");
  files_.dockerfile = (path_ / "Dockerfile").string();
  WriteFile(files_.dockerfile, text);
  if (!ignored.empty()) WriteFile(files_.dockerfile + ".dockerignore", ignored);
  return true;
}

void Workplace::Note(const std::string& name, const std::string& text) const {
  WriteFile(path_ / name, text);
}

std::vector<std::string> Workplace::Notes(const std::string& folder, const std::string& build,
                                          const std::string& name) {
  std::vector<std::string> notes;
  for (const fs::path& run : FoldersOf(folder, PrefixOf(build))) {
    if (std::string text = TextOf(run / name); !text.empty()) notes.push_back(std::move(text));
  }
  return notes;
}

void Workplace::Forget(const std::string& folder, const std::string& build) {
  std::error_code ignored;
  for (const fs::path& run : FoldersOf(folder, PrefixOf(build))) fs::remove_all(run, ignored);
}

std::vector<std::string> Workplace::Orphans(const std::string& folder) {
  std::set<std::string> builds;
  for (const fs::path& run : FoldersOf(folder, std::string(kBuild))) {
    const int held = Hold(run, false);
    if (held < 0 && fs::exists(run / kAlive)) continue;
    if (held >= 0) ::close(held);
    const std::string name = run.filename().string().substr(kBuild.size());
    builds.insert(name.substr(0, name.rfind('-')));
  }
  return {builds.begin(), builds.end()};
}

}  // namespace ns::engine
