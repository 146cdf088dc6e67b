// How sources become images.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "model/build.h"
#include "model/env.h"
#include "ports/call.h"
#include "ports/detect.h"

namespace ns::ports {

struct BuildRequest {
  AppId app;
  BuildId build;
  std::string source;         // folder with the checked-out commit
  std::string settings;       // JSON of the method's schema
  std::string artifact_path;  // static ones
  std::vector<std::string> entrypoint,
      command;                     // of the run settings: some methods write them into the image
  std::vector<model::EnvVar> env;  // of build scope only
};

// What an engine shall run. A value: same request, same plan.
struct BuildPlan {
  std::string dockerfile_text;       // either this
  std::string dockerfile_path;       // or this file below `source`
  std::string context = ".";         // folder below `source`
  std::string target;                // stage, or empty
  bool ignore_dockerignore = false;  // the whole repository is the context
  std::vector<std::pair<std::string, std::string>> args;
  std::vector<model::EnvVar> secrets;  // offered as secret mounts by id
  std::string export_path;             // absolute path of a folder of the image; empty: the image
  // By Cloud Native Buildpacks, where `builder` is not empty; then there is no Dockerfile, and
  // `secrets` are the variables of the build.
  std::string builder;       // reference of the builder image
  std::string run_image;     // that the result stands on; empty: the one that the builder names
  std::string platform_api;  // "0.12"
  friend bool operator==(const BuildPlan&, const BuildPlan&) = default;
};

class BuildMethod {
 public:
  virtual ~BuildMethod() = default;
  // Reads the source, writes nothing. kInvalid with fault kSource and reason "DockerfileMissing",
  // "PathOutsideSource", "SettingsInvalid".
  virtual Result<BuildPlan> Plan(const Call& call, const BuildRequest& request) = 0;
  // Whether and how it would build such a source, the best first; settings fit its schema.
  // kUnsupported: it cannot say.
  virtual Result<std::vector<Suggestion>> Detect(const Call& call, const SourceListing& source) = 0;
};

// Takes an export piece by piece; waits while the receiver is busy. A failure ends the run, which
// fails with it.
using ArtifactSink = std::function<Status(std::string_view)>;

struct EngineJob {
  AppId app;
  BuildId build;
  int attempt = 1;
  std::string source;         // folder
  std::string reference;      // image to push: "host:port/prefix/<app>:<build>-<attempt>"
  std::string push_username;  // at that registry; empty: it asks for none
  Secret push_password;
  BuildPlan plan;
  // For a plan with an export_path: takes a tar archive of that folder, whose names are below it.
  // Its end is whole only if the run succeeds. Called on the thread of the run.
  ArtifactSink artifact;
};

enum class OutputKind { kImage, kArtifact };

// What a run gave.
struct EngineOutput {
  OutputKind kind = OutputKind::kImage;
  model::Image image;          // kImage: pushed
  int64_t artifact_bytes = 0;  // kArtifact: what the sink was given
  friend bool operator==(const EngineOutput&, const EngineOutput&) = default;
};

struct EngineAbilities {
  bool dockerfile = false, secrets = false, cache = false, exports = false, heredoc = false,
       buildpack = false;
  bool memory_limit = false, time_limit = false;
};

class BuildEngine {
 public:
  virtual ~BuildEngine() = default;
  virtual EngineAbilities Abilities() const = 0;
  // Builds, and pushes the image or exports the folder that the plan wants; log bytes go to `log`
  // as they come. Failures say whose fault, reasons "CommandFailed", "OutOfMemory", "TimedOut",
  // "BaseImageUnavailable", "RegistryUnavailable", "EngineUnavailable", "ArtifactMissing",
  // "ArtifactNotAFolder", "PathOutsideSource", "Cancelled".
  virtual Result<EngineOutput> Run(const Call& call, const EngineJob& job,
                                   const std::function<void(std::string_view)>& log) = 0;
  // Removes what a dead builder's run of that build has left.
  virtual Status Abort(const Call& call, const BuildId& build) = 0;
};

}  // namespace ns::ports
