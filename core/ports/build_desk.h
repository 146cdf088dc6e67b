// What a builder asks of whoever hands out builds: the store itself, or a controller elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/status.h"
#include "model/build.h"
#include "model/env.h"
#include "ports/call.h"
#include "ports/detect.h"
#include "ports/git_remote.h"
#include "ports/storage.h"

namespace ns::ports {

// How long a claim of a build holds without being renewed.
inline constexpr Duration kBuildLease = std::chrono::seconds(15);

// Reason of calls that find nobody to ask; whoever keeps the connection says so once.
inline constexpr char kControllerAway[] = "ControllerAway";

// What a builder names when it speaks about a build that it was given.
struct Claim {
  BuildId build;
  std::string token;
  friend bool operator==(const Claim&, const Claim&) = default;
};

// All that one build needs to know, and nothing of anybody else.
struct BuildOrder {
  AppId app;
  std::string method;               // "runtime-dockerfile"
  std::string settings;             // JSON of the method's schema
  std::string artifact_path;        // static ones
  std::string entrypoint, command;  // as the user wrote them
  std::vector<model::EnvVar> env;   // of build scope only
  Remote remote;                    // with credentials
  std::string image;                // "host:port/prefix/<app>", without a tag
  std::string registry_username;    // to push it with; empty: none is asked for
  Secret registry_password;
  friend bool operator==(const BuildOrder&, const BuildOrder&) = default;
};

// A question which build methods fit a commit.
struct DetectionOrder {
  DetectionClaim claim;
  Remote remote;  // with credentials
  std::string commit;
  friend bool operator==(const DetectionOrder&, const DetectionOrder&) = default;
};

// Of one builder host. Calls block until their deadline at most. kUnavailable: out of reach, and
// whether the call had its effect is not known; each may be made again. [any-thread]
class BuildDesk {
 public:
  virtual ~BuildDesk() = default;
  // The builds that are claimed for this host now.
  virtual Result<std::vector<model::Build>> Claimed(const Call& call) = 0;
  // Prolongs claims by kBuildLease. One status each, in order: kStale, the claim is lost;
  // kCancelled, it is prolonged but the build shall be cancelled.
  virtual Result<std::vector<Status>> Renew(const Call& call, const std::vector<Claim>& claims) = 0;
  // kStale: not given to this host. kCancelled with reason model::kSuperseded: the application has
  // changed since the build was asked for, so that its result would bear the wrong name.
  virtual Result<BuildOrder> Order(const Call& call, const Claim& claim) = 0;
  // As BuildLogStore::Append.
  virtual Result<int64_t> AppendLog(const Call& call, const Claim& claim, int64_t offset,
                                    std::string_view bytes) = 0;
  // Records that a phase ("checkout", "plan", "build", "pushed") has begun. kStale: not held.
  virtual Status Phase(const Call& call, const Claim& claim, const std::string& phase,
                       const std::string& message) = 0;
  // Keeps the artifact of a static site, which `bytes` gives and which has that digest; what a
  // build that succeeded is settled with. kStale: not held. kInvalid with "DigestMismatch"; what
  // the storage says ("DiskFull", "StorageUnavailable", "NoStorage"); what `bytes` says unchanged.
  virtual Result<model::Image> PutArtifact(const Call& call, const Claim& claim,
                                           const Digest& digest, const ObjectSource& bytes) = 0;
  // Ends a claim. kStale: it is not held, or has been settled already.
  virtual Status Settle(const Call& call, const Claim& claim, const model::BuildResult& result) = 0;
  // Takes the oldest question for this host, as DetectionStore::Take. None: nobody asks.
  virtual Result<std::optional<DetectionOrder>> TakeDetection(const Call& call) = 0;
  // kStale: it is not this host's any more, or has been answered already.
  virtual Status AnswerDetection(const Call& call, const DetectionClaim& claim,
                                 const DetectionAnswer& answer) = 0;
};

}  // namespace ns::ports
