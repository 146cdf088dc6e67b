#include "plan/deploy.h"

#include <algorithm>

#include "model/shell_words.h"
#include "plan/keys.h"

namespace ns::plan {
namespace {

using model::Build;
using model::BuildStatus;
using model::DesiredState;

// The build the current commit and settings ask for, or null.
const Build* NewestFitting(const model::AppSnapshot& snapshot, const Secret& key) {
  const std::string wanted = BuildKey(key, snapshot.app, snapshot.app.commit);
  for (const Build& build : snapshot.builds) {  // newest first
    if (build.status == BuildStatus::kSucceeded && build.build_key == wanted &&
        !build.image.digest.empty())
      return &build;
  }
  return nullptr;
}

// The release the snapshot asks for: that of the fitting build, else the one there is.
std::optional<model::Release> WantedRelease(const model::AppSnapshot& snapshot, const Secret& key) {
  const Build* build = NewestFitting(snapshot, key);
  if (build == nullptr) return snapshot.release;
  if (snapshot.release && snapshot.release->build == build->id) return snapshot.release;
  model::Release release;
  release.app = snapshot.app.id;
  release.build = build->id;
  release.commit = build->commit;
  release.image = build->image;
  return release;
}

std::string PageReasonFor(const model::AppSnapshot& snapshot, bool has_release) {
  if (snapshot.app.desired != DesiredState::kRunning) return "stopped";
  if (has_release) return "";
  const bool failing =
      !snapshot.builds.empty() && snapshot.builds.front().status == BuildStatus::kFailed;
  return failing ? "failing" : "building";
}

model::Probe ProbeFor(const model::Application& app) {
  model::Probe probe;
  if (!app.websites.empty()) {
    probe.kind = model::ProbeKind::kTcp;
    probe.port = app.websites.front().port;
    return probe;
  }
  for (const model::PortPublication& port : app.ports) {
    if (port.protocol != model::Protocol::kTcp) continue;
    probe.kind = model::ProbeKind::kTcp;
    probe.port = port.application_port;
    return probe;
  }
  return probe;
}

std::vector<model::EnvVar> RunEnv(const model::Application& app) {
  std::vector<model::EnvVar> env;
  std::copy_if(app.env.begin(), app.env.end(), std::back_inserter(env),
               [](const auto& v) { return v.InRun(); });
  std::sort(env.begin(), env.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return env;
}

Result<model::ProcessSpec> MakeProcess(const model::Application& app,
                                       const model::Release& release) {
  model::ProcessSpec process;
  process.image = release.image.Pinned();
  NS_ASSIGN(process.entrypoint, model::ParseCommand(app.run.entrypoint));
  NS_ASSIGN(process.command, model::ParseCommand(app.run.command));
  process.env = RunEnv(app);
  process.probe = ProbeFor(app);
  return process;
}

}  // namespace

std::string PageReason(const model::AppSnapshot& snapshot) {
  return PageReasonFor(snapshot, snapshot.release.has_value());
}

std::optional<Retarget> DecideTarget(const model::AppSnapshot& snapshot, const Secret& key) {
  const model::Application& app = snapshot.app;
  if (app.deleted) return std::nullopt;
  std::optional<model::Release> release = WantedRelease(snapshot, key);

  Retarget out;
  out.next.generation = app.target.generation;
  out.next.state = app.desired == DesiredState::kRunning && release ? DesiredState::kRunning
                                                                    : DesiredState::kStopped;
  out.next.route_key = RouteKey(key, app, PageReasonFor(snapshot, release.has_value()));
  if (release) {
    out.next.run_key = RunKey(key, app, release->image);
    const bool same = snapshot.release && snapshot.release->build == release->build &&
                      app.target.run_key == out.next.run_key;
    if (same) {
      out.next.release = snapshot.release->id;
    } else {
      out.release = std::move(release);
      out.release->id = ReleaseId();
    }
  }
  if (!out.release && out.next == app.target) return std::nullopt;
  return out;
}

Result<model::DesiredApp> MakeDesired(const model::AppSnapshot& snapshot,
                                      const DeployDefaults& defaults) {
  const model::Application& app = snapshot.app;
  model::DesiredApp out;
  out.id = app.id;
  out.name = app.name;
  out.fence = {defaults.epoch, app.target.generation};
  out.state = app.target.state;
  out.strategy = app.ports.empty() ? model::Strategy::kRolling : model::Strategy::kRecreate;
  out.run_key = app.target.run_key;
  out.route_key = app.target.route_key;
  out.routes = app.websites;
  out.ports = app.ports;
  out.page_upstream = defaults.page_upstream;
  out.page_reason = PageReason(snapshot);
  if (snapshot.release) {
    NS_ASSIGN(model::ProcessSpec process, MakeProcess(app, *snapshot.release));
    out.processes.push_back(std::move(process));
  }
  return out;
}

bool Converged(const model::DesiredApp& desired, const model::ObservedApp& observed) {
  if (!observed.converged || observed.fence != desired.fence || observed.state != desired.state)
    return false;
  if (observed.route_key != desired.route_key) return false;
  return desired.state != DesiredState::kRunning || observed.serving_run_key == desired.run_key;
}

}  // namespace ns::plan
