// What a backend tells about one application.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ns/abi/status.h"
#include "ns/sdk/app.h"

namespace ns::sdk {

enum class Container {
  kMissing = NS_CONTAINER_MISSING,
  kStarting = NS_CONTAINER_STARTING,
  kRestarting = NS_CONTAINER_RESTARTING,
  kRunning = NS_CONTAINER_RUNNING,
  kExited = NS_CONTAINER_EXITED,
  kErrored = NS_CONTAINER_ERRORED,
  kUnknown = NS_CONTAINER_UNKNOWN,
};

// A step of the newest deploy and when it began: "pull", "start", "probe", "switch", "drain",
// "remove", "done".
struct Phase {
  std::string name;
  UtcTime at;
  friend bool operator==(const Phase&, const Phase&) = default;
};

struct AppStatus {
  bool exists = false;          // anything of this application is there
  Fence fence;                  // the highest accepted, also after removal
  std::string serving_run_key;  // empty: nothing serves
  std::string route_key;        // of the routes in force
  Container container = Container::kMissing;
  AppState state = AppState::kStopped;  // last asked for
  bool converged = false;               // all that the last accepted apply asked for is so
  int ready = 0, wanted = 0;            // replicas
  int restarts = 0, exit_code = 0;
  std::string image_digest;  // of what serves
  std::string reason;        // reasons.h
  std::string message;       // one sentence
  std::vector<Phase> phases;
  friend bool operator==(const AppStatus&, const AppStatus&) = default;
};

namespace detail {

// Calls `use` with the status as the table has it, which lives that long.
template <class Use>
void WithRaw(const AppStatus& status, const Use& use) {
  std::vector<ns_phase> phases;
  for (const Phase& phase : status.phases)
    phases.push_back({sizeof(ns_phase), 0, Str(phase.name), phase.at.time_since_epoch().count()});
  const auto pointers = Pointers(phases);
  ns_app_status raw{};
  raw.struct_size = sizeof(raw);
  raw.exists = status.exists ? 1 : 0;
  raw.fence = {status.fence.epoch, status.fence.generation};
  raw.serving_run_key = Str(status.serving_run_key);
  raw.route_key = Str(status.route_key);
  raw.container = static_cast<int32_t>(status.container);
  raw.state = static_cast<int32_t>(status.state);
  raw.converged = status.converged ? 1 : 0;
  raw.ready = status.ready;
  raw.wanted = status.wanted;
  raw.restarts = status.restarts;
  raw.exit_code = status.exit_code;
  raw.image_digest = Str(status.image_digest);
  raw.reason = Str(status.reason);
  raw.message = Str(status.message);
  raw.phases = pointers.data();
  raw.phase_count = pointers.size();
  use(&raw);
}

}  // namespace detail

// Takes at most one status per call, on the calling thread.
class StatusSink {
 public:
  explicit StatusSink(ns_status_sink raw) : raw_(raw) {}

  void Put(const AppStatus& status) const {
    detail::WithRaw(status, [this](const ns_app_status* raw) { raw_.put(raw_.ctx, raw); });
  }

 private:
  ns_status_sink raw_;
};

}  // namespace ns::sdk
