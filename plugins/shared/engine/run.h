// What every engine does around a run: names that are safe, marks by which it is found, failures
// that all engines tell alike.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ns/sdk/engine.h"

namespace ns::engine {

// Names one run so that its processes can be found by anyone.
struct Mark {
  std::string installation, build;
  std::string text() const { return "nsbuild." + build + "." + installation + ".invalid"; }
  // Of the environment of programs that the engine starts for it.
  std::string variable() const { return "NEOSHOWCASE_BUILD=" + text(); }
};

// SIGKILL to the processes that bear the mark's variable; only those that this account may look at.
void KillMarked(const Mark& mark);

// What an image of this job is labelled with, in this order.
std::vector<std::pair<std::string, std::string>> LabelsOf(const std::string& installation,
                                                          const sdk::EngineJob& job);

// Ids become names of files and labels: throws Defect for one that holds more than letters, digits,
// _ and -.
void CheckId(const std::string& id, const std::string& what);
// The ids of a job, its build arguments, and what it wants exported: methods of others may plan
// anything. Throws Defect, and SettingsInvalid for an argument that only an engine may set.
void CheckJob(const sdk::EngineJob& job);

// The secrets' values that must not be in a log.
std::vector<std::string> HiddenValues(const sdk::BuildPlan& plan);
// "A, B": for whoever writes the Dockerfile.
std::string SecretNames(const sdk::BuildPlan& plan);
// Of the image "host:port/name:tag": "host:port".
std::string RegistryOf(const std::string& reference);

// Of the account that this process runs as: where credentials of registries are looked for.
std::string HomeFolder();
// The Docker configuration `text` of the operator, with the credentials of the job for the registry
// that it pushes to.
std::string RegistryLogins(const std::string& text, const sdk::EngineJob& job);

// The path of a program: `configured`, or the first `name` on the PATH or in the usual folders.
// Throws EngineUnavailable, the operator's fault, naming the `package` that brings it.
std::string FindProgram(const std::string& configured, const std::string& name,
                        const std::string& package);

// The reason of OutOfDisk.
inline constexpr const char* kOutOfDisk = "OutOfDisk";

// Failures, each with its fault. `what` of a limit: "A step of the build", "The build".
sdk::Error OutOfMemory(const std::string& what, int64_t limit);
sdk::Error OutOfDisk(int64_t limit);
sdk::Error TimedOut(std::chrono::seconds limit);
sdk::Error TimedOutReading();
sdk::Error DiskTrouble(const std::string& what);
// What became of an artifact path. `at`: the part of it that is meant.
sdk::Error ArtifactMissing(const std::string& path, const std::string& at);
sdk::Error ArtifactNoFolder(const std::string& path, const std::string& at);
sdk::Error ArtifactLinksOut(const std::string& path, const std::string& at,
                            const std::string& target, const std::string& folder);

// Whether `path` is `folder` ("" is the root) or below it; both absolute and clean.
bool Below(const std::string& folder, const std::string& path);

}  // namespace ns::engine
