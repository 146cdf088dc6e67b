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

  // Whether the head of the Dockerfile names a front end.
  bool NamesSyntax() const;
  // From now on files().dockerfile is a copy whose head names no front end (WithoutSyntax), unless
  // it names none anyway. Whether it did.
  bool LeaveOutSyntax();

  // Keeps a word for whoever finds the folder of a dead run. Throws EngineUnavailable.
  void Note(const std::string& name, const std::string& text) const;

  // What runs of a build have noted under that name.
  static std::vector<std::string> Notes(const std::string& folder, const std::string& build,
                                        const std::string& name);
  // Removes what dead runs of a build have left there.
  static void Forget(const std::string& folder, const std::string& build);
  // Ids of builds of which dead runs have left something there; those that run are not among them.
  static std::vector<std::string> Orphans(const std::string& folder);

 private:
  std::string Generated(const sdk::BuildPlan& plan) const;
  std::string Dockerfile() const;

  const std::filesystem::path path_, source_;
  int alive_ = -1;  // locked while the run lives, whatever ends it
  std::vector<child::MemoryFile> memory_;
  Files files_;
};

}  // namespace ns::engine
