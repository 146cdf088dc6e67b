// Builds, and the releases made of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/status.h"
#include "model/app_enums.h"
#include "model/env.h"

namespace ns::model {

// What a builder holds while it works: only the holder of the current attempt and token may write a
// result.
struct Lease {
  HostId host;
  std::string token;      // new for every claim
  Time expires = kNever;  // database's clock
  friend bool operator==(const Lease&, const Lease&) = default;
};

// What a build made: an image in the registry, or of a static site an artifact in the storage.
struct Image {
  std::string reference;  // "host:port/prefix/<app>:<build>-<attempt>", or "artifact:<key>"
  std::string digest;     // "sha256:..."
  int64_t size = 0;       // bytes
  // "host:port/prefix/<app>@sha256:...", empty when there is none.
  std::string Pinned() const;
  // The key of an artifact in the storage; empty: it is an image.
  std::string ArtifactKey() const;
  bool IsArtifact() const { return !ArtifactKey().empty(); }
  friend bool operator==(const Image&, const Image&) = default;
};

// All keys of artifacts of the application begin so.
std::string ArtifactPrefix(const AppId& app);
// An artifact of one attempt at a build. `sha256`: 64 lower-case hex characters.
Image ArtifactOf(const AppId& app, const BuildId& build, int attempt, const std::string& sha256,
                 int64_t size);

// Whether the registry, or the storage, still has what a build made. Condemned: it may be deleted
// at any moment, and nothing may be released from it any more.
enum class ImageState { kKept = 0, kCondemned = 1, kGone = 2 };

struct Build {
  BuildId id;
  AppId app;
  std::string commit;
  std::string build_key;  // everything the build sees
  BuildStatus status = BuildStatus::kQueued;
  int attempt = 0;  // claims so far
  Lease lease;      // while kBuilding
  bool cancel_requested = false;
  bool retriable = false;  // a retry was asked for; no longer counts as a duplicate
  Time queued_at = kNever, started_at = kNever, updated_at = kNever, finished_at = kNever;
  Time not_before = kNever;  // a platform fault waits before the next attempt
  Image image;
  ImageState image_state = ImageState::kKept;
  // Why it ended so: code, reason, sentence, whose fault.
  Status outcome;
  friend bool operator==(const Build&, const Build&) = default;
};

// Outcome reason of a build that a newer one has made needless: it may be built again without being
// asked for.
inline constexpr char kSuperseded[] = "Superseded";

// True when no second build with this application and build key shall be registered beside `build`.
inline bool CountsAsDuplicate(const Build& build) {
  if (!IsTerminal(build.status)) return true;
  if (build.status == BuildStatus::kSucceeded && build.image_state != ImageState::kKept)
    return false;
  return !build.retriable && build.outcome.reason() != kSuperseded;
}

// Attempts of one build where the platform is at fault.
inline constexpr int kMaxAttempts = 3;

// Which build for which builder.
struct BuildClaim {
  BuildId build;
  HostId host;
  friend bool operator==(const BuildClaim&, const BuildClaim&) = default;
};

// How a claim ended.
struct BuildResult {
  BuildStatus status =
      BuildStatus::kFailed;  // kSucceeded, kFailed, kCancelled; kQueued: again in `retry_in`
  Status outcome;
  Image image;
  Duration retry_in{};  // added to the database's clock gives `not_before`
};

// A build plus the run-time settings that are applied with it: what is rolled back to, whole.
struct Release {
  ReleaseId id;
  AppId app;
  BuildId build;
  std::string commit;
  Image image;
  int64_t generation = 0;   // of the target that made it
  std::string entrypoint;   // shell-like words; empty: the image's
  std::string command;      // shell-like words; empty: the image's
  std::vector<EnvVar> env;  // of run scope, by key; filled by loads that say so
  bool image_gone = false;  // its image was cleaned up: it cannot run again
  Time created_at = kNever;
  friend bool operator==(const Release&, const Release&) = default;
};

}  // namespace ns::model
