// What a backend is told, and what it tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "model/app_enums.h"
#include "model/application.h"

namespace ns::model {

enum class ProbeKind { kStaysUp = 0, kTcp = 1, kHttp = 2 };

// When a new process counts as ready.
struct Probe {
  ProbeKind kind = ProbeKind::kStaysUp;
  int port = 0;
  std::string path = "/";
  Duration period = std::chrono::milliseconds(200);
  Duration timeout = std::chrono::seconds(60);  // of the whole wait
  Duration stays_up = std::chrono::seconds(2);  // for kStaysUp
  friend bool operator==(const Probe&, const Probe&) = default;
};

struct ProcessSpec {
  std::string name = "web";
  std::string image;                    // pinned by digest
  std::vector<std::string> entrypoint;  // empty: the image's
  std::vector<std::string> command;     // empty: the image's
  std::vector<EnvVar> env;
  int replicas = 1;
  int64_t memory_bytes = 0;  // 0: the backend's default
  int64_t cpu_millis = 0;    // 0: the backend's default
  Probe probe;
  Duration stop_grace = std::chrono::seconds(10);
  Duration drain_limit = std::chrono::seconds(30);
  friend bool operator==(const ProcessSpec&, const ProcessSpec&) = default;
};

// Where the routes of a static site lead.
struct SiteRoute {
  std::string upstream;  // "http://127.0.0.1:port" of a server that has many sites
  ReleaseId release;     // that it shall serve
  friend bool operator==(const SiteRoute&, const SiteRoute&) = default;
};

// Everything a backend needs to make one application as it should be.
struct DesiredApp {
  AppId id;
  std::string name;
  Fence fence;
  DesiredState state = DesiredState::kStopped;
  Strategy strategy = Strategy::kRolling;
  std::string run_key, route_key;
  std::vector<ProcessSpec> processes;  // empty while nothing was built, and of static sites
  std::optional<SiteRoute> site;       // of a static one that runs
  std::vector<Website> routes;
  std::vector<PortPublication> ports;
  // Where routes of an application that does not run lead: "http://127.0.0.1:port", and why
  // ("stopped", "building", "failing").
  std::string page_upstream, page_reason;
  friend bool operator==(const DesiredApp&, const DesiredApp&) = default;
};

// One step of a deploy with the time it began; the timeline of a deploy is the list of these.
struct PhaseMark {
  std::string phase;  // "pull", "start", "probe", "switch", "drain", "remove", "done"
  Time at = kNever;
  friend bool operator==(const PhaseMark&, const PhaseMark&) = default;
};

// What a backend saw.
struct ObservedApp {
  AppId id;
  bool exists = false;          // anything of this application is there
  Fence fence;                  // highest accepted
  std::string serving_run_key;  // empty: nothing serves
  std::string route_key;        // of the routes in force
  ContainerState container = ContainerState::kMissing;
  DesiredState state = DesiredState::kStopped;
  bool converged = false;     // all that the last accepted apply asked for is so
  int ready = 0, wanted = 0;  // replicas
  int restarts = 0;
  int exit_code = 0;
  std::string image_digest;
  std::string reason;   // stable code, e.g. "Running", "ContainerExited", "ImagePullFailed"
  std::string message;  // one sentence
  std::vector<PhaseMark> phases;
  Time observed_at = kNever;
  friend bool operator==(const ObservedApp&, const ObservedApp&) = default;
};

struct LogLine {
  Time at = kNever;
  std::string stream;  // "stdout" or "stderr"
  std::string text;    // without the line end
  friend bool operator==(const LogLine&, const LogLine&) = default;
};

}  // namespace ns::model
