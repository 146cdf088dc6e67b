#include "engine/workplace.h"

#include <sys/stat.h>

#include <fstream>

#include "engine/run.h"

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

}  // namespace

Workplace::Workplace(const std::string& folder, const sdk::EngineJob& job)
    : path_(fs::path(folder) / ("build-" + job.build + "-" + std::to_string(job.attempt))) {
  std::error_code error;
  fs::remove_all(path_, error);
  fs::create_directories(path_, error);
  if (error)
    throw DiskTrouble("The folder " + path_.string() + " cannot be made: " + error.message() + ".");
  ::chmod(path_.c_str(), 0700);
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
}

// A file of that name beside the Dockerfile counts instead of the source's .dockerignore.
std::string Workplace::Generated(const sdk::BuildPlan& plan) const {
  WriteFile(path_ / "Dockerfile", plan.dockerfile_text);
  if (plan.ignore_dockerignore)
    WriteFile(path_ / "Dockerfile.dockerignore", "# the whole folder\n");
  return (path_ / "Dockerfile").string();
}

void Workplace::Forget(const std::string& folder, const std::string& build) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().filename().string().starts_with("build-" + build + "-"))
      fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace ns::engine
