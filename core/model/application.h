// What an owner wants to run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "model/app_enums.h"
#include "model/env.h"

namespace ns::model {

// An address an application answers at.
struct Website {
  WebsiteId id;
  std::string fqdn;               // lower case
  std::string path_prefix = "/";  // starts with "/", no trailing "/" unless it is "/"
  bool strip_prefix = false;
  bool https = false;
  bool h2c = false;
  int port = 80;  // of the application
  AuthPolicy auth = AuthPolicy::kOff;
  friend bool operator==(const Website&, const Website&) = default;
};

struct PortPublication {
  int internet_port = 0;
  int application_port = 0;
  Protocol protocol = Protocol::kTcp;
  friend auto operator<=>(const PortPublication&, const PortPublication&) = default;
};

// How a source becomes an image or an artifact.
struct BuildSettings {
  std::string method;  // plugin-chosen name; first party: "runtime-cmd", "runtime-dockerfile",
                       // "runtime-buildpack", "static-..."
  std::string settings = "{}";  // JSON object that fits the method's schema, canonical
  friend bool operator==(const BuildSettings&, const BuildSettings&) = default;
};

// How the main process runs, beyond what the image says.
struct RunSettings {
  std::string entrypoint;  // shell-like words; empty: the image's
  std::string command;     // shell-like words; empty: the image's
  bool use_mariadb = false;
  bool use_mongodb = false;
  bool auto_shutdown = false;
  int startup_behavior = 0;  // AutoShutdownConfig.StartupBehavior
  friend bool operator==(const RunSettings&, const RunSettings&) = default;
};

// Says who may act: `epoch` is the history number of the database, `generation` grows with every
// change of what shall run.
struct Fence {
  int64_t epoch = 0;
  int64_t generation = 0;
  friend auto operator<=>(const Fence&, const Fence&) = default;
};

// What the platform has decided to run, and the keys it was decided by. Changed only by
// compare-and-set on the generation.
struct Target {
  int64_t generation = 0;
  DesiredState state = DesiredState::kStopped;
  ReleaseId release;      // empty: nothing was ever built
  std::string run_key;    // decides whether a container must be replaced
  std::string route_key;  // decides whether routes must be rewritten
  friend bool operator==(const Target&, const Target&) = default;
};

struct Application {
  AppId id;
  std::string name;
  RepositoryId repository;
  std::string ref = "HEAD";
  std::string commit;  // what `ref` is at the remote; kNoCommit while unknown or absent
  DeployType deploy_type = DeployType::kRuntime;
  BuildSettings build;
  RunSettings run;
  std::string artifact_path;  // static
  bool spa = false;           // static
  std::vector<Website> websites;
  std::vector<PortPublication> ports;
  std::vector<UserId> owners;
  std::vector<EnvVar> env;                 // filled by loads that say so
  std::string backend;                     // the backend instance it runs on
  Strategy strategy = Strategy::kRolling;  // rolling: recreated all the same where it must be
  DesiredState desired = DesiredState::kStopped;
  int64_t restart_nonce = 0;  // the moment of the last restart that the owner asked for, in us
  ReleaseId pinned;           // runs whatever the ref does, until unpinned; empty: follows the ref
  bool deleted = false;       // tombstone: the loops clean up, then the row goes
  Target target;
  Time created_at = kNever;
  Time updated_at = kNever;  // last change by a person
  friend bool operator==(const Application&, const Application&) = default;
};

}  // namespace ns::model
