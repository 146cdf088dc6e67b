// The folder of one run, and its secrets in memory; gone with it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "child/child.h"
#include "ns/sdk/engine.h"

namespace ns::engine {

struct Files {
  std::string dockerfile;  // absolute
  std::string context;     // absolute
  std::string result;      // absolute, a file that is not there yet: what the build was given as
  std::vector<int>
      secret_fds;  // in the order of the plan's secrets: descriptors that a child inherits
};

class Workplace {
 public:
  // `folder`: of the engine. Throws EngineUnavailable where it cannot be written.
  Workplace(const std::string& folder, const sdk::EngineJob& job);
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const Files& files() const { return files_; }
  const std::filesystem::path& path() const { return path_; }

  // Removes what dead runs of a build have left there.
  static void Forget(const std::string& folder, const std::string& build);

 private:
  std::string Generated(const sdk::BuildPlan& plan) const;

  const std::filesystem::path path_;
  std::vector<child::MemoryFile> memory_;
  Files files_;
};

}  // namespace ns::engine
