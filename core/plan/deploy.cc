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
        !build.image.digest.empty() && build.image_state == model::ImageState::kKept)
      return &build;
  }
  return nullptr;
}

std::vector<model::EnvVar> RunEnv(const model::Application& app) {
  std::vector<model::EnvVar> env;
  std::copy_if(app.env.begin(), app.env.end(), std::back_inserter(env),
               [](const auto& v) { return v.InRun(); });
  std::sort(env.begin(), env.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return env;
}

// What the snapshot asks for: the pinned release, else the fitting build, or the one that is
// released, with the settings of now. Without id where it is a new one.
std::optional<model::Release> WantedRelease(const model::AppSnapshot& snapshot, const Secret& key) {
  const model::Application& app = snapshot.app;
  if (!app.pinned.empty()) return snapshot.pinned ? snapshot.pinned : snapshot.release;
  const Build* build = NewestFitting(snapshot, key);
  if (build == nullptr && !snapshot.release) return std::nullopt;
  model::Release wanted = build != nullptr
                              ? NewRelease(app, build->id, build->commit, build->image)
                              : NewRelease(app, snapshot.release->build, snapshot.release->commit,
                                           snapshot.release->image);
  if (snapshot.release && SameContent(*snapshot.release, wanted)) return snapshot.release;
  return wanted;
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

Result<model::ProcessSpec> MakeProcess(const model::Application& app,
                                       const model::Release& release) {
  model::ProcessSpec process;
  process.image = release.image.Pinned();
  NS_ASSIGN(process.entrypoint, model::ParseCommand(release.entrypoint));
  NS_ASSIGN(process.command, model::ParseCommand(release.command));
  process.env = release.env;
  process.probe = ProbeFor(app);
  return process;
}

}  // namespace

bool SameContent(const model::Release& a, const model::Release& b) {
  return a.build == b.build && a.entrypoint == b.entrypoint && a.command == b.command &&
         a.env == b.env;
}

bool BuiltAsOfNow(const model::AppSnapshot& snapshot, const model::Release& release,
                  const Secret& key) {
  const auto build = std::find_if(snapshot.builds.begin(), snapshot.builds.end(),
                                  [&](const Build& one) { return one.id == release.build; });
  return build != snapshot.builds.end() &&
         build->build_key == BuildKey(key, snapshot.app, snapshot.app.commit);
}

bool PinHoldsBack(const model::AppSnapshot& snapshot, const Secret& key) {
  if (snapshot.app.pinned.empty() || !snapshot.pinned) return false;
  if (!BuiltAsOfNow(snapshot, *snapshot.pinned, key)) return true;
  model::AppSnapshot free = snapshot;
  free.app.pinned = {};
  free.pinned.reset();
  const auto wanted = WantedRelease(free, key);
  return wanted && !SameContent(*snapshot.pinned, *wanted);
}

std::string PageReason(const model::AppSnapshot& snapshot) {
  return PageReasonFor(snapshot, snapshot.release.has_value());
}

model::Release NewRelease(const model::Application& app, const BuildId& build,
                          const std::string& commit, const model::Image& image) {
  model::Release release;
  release.app = app.id;
  release.build = build;
  release.commit = commit;
  release.image = image;
  if (image.IsArtifact()) return release;  // nothing of it runs
  release.entrypoint = app.run.entrypoint;
  release.command = app.run.command;
  release.env = RunEnv(app);
  return release;
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
    out.next.run_key = RunKey(key, app, *release);
    out.next.release = release->id;
    if (release->id.empty()) out.release = std::move(release);
  }
  if (!out.release && out.next == app.target) return std::nullopt;
  return out;
}

bool TargetFits(const model::AppSnapshot& snapshot, const Secret& key) {
  const model::Target& target = snapshot.app.target;
  if (RouteKey(key, snapshot.app, PageReason(snapshot)) != target.route_key) return false;
  return !snapshot.release || RunKey(key, snapshot.app, *snapshot.release) == target.run_key;
}

Result<model::DesiredApp> MakeDesired(const model::AppSnapshot& snapshot,
                                      const DeployDefaults& defaults) {
  const model::Application& app = snapshot.app;
  model::DesiredApp out;
  out.id = app.id;
  out.name = app.name;
  out.fence = {defaults.epoch, app.target.generation};
  out.state = app.target.state;
  out.strategy = app.ports.empty() ? app.strategy : model::Strategy::kRecreate;
  out.run_key = app.target.run_key;
  out.route_key = app.target.route_key;
  out.routes = app.websites;
  out.ports = app.ports;
  out.page_upstream = defaults.page_upstream;
  out.page_reason = PageReason(snapshot);
  if (snapshot.release && snapshot.release->image.IsArtifact()) {
    out.strategy = model::Strategy::kRolling;
    if (out.state == DesiredState::kRunning)
      out.site = {defaults.site_upstream, snapshot.release->id};
  } else if (snapshot.release) {
    NS_ASSIGN(model::ProcessSpec process, MakeProcess(app, *snapshot.release));
    out.processes.push_back(std::move(process));
  }
  return out;
}

Status SiteReady(const model::AppSnapshot& snapshot) {
  const model::SiteSpread spread = snapshot.site.value_or(model::SiteSpread{});
  if (spread.hosts > 0 && spread.ready == spread.hosts) return {};
  for (const model::Condition& one : snapshot.conditions) {
    if (one.type == "Site" && !one.ok) return {Code::kUnavailable, one.reason, one.message};
  }
  if (spread.hosts == 0)
    return {Code::kUnavailable, "SitePending",
            "no host that serves static sites is alive; give one the role ssgen"};
  return {Code::kUnavailable, "SitePending",
          std::to_string(spread.ready) + " of " + std::to_string(spread.hosts) +
              " hosts of static sites have the release on disk"};
}

bool Converged(const model::DesiredApp& desired, const model::ObservedApp& observed) {
  return observed.fence == desired.fence && AsDesired(desired, observed);
}

bool AsDesired(const model::DesiredApp& desired, const model::ObservedApp& observed) {
  if (!observed.converged || observed.fence.generation != desired.fence.generation ||
      observed.state != desired.state)
    return false;
  if (observed.route_key != desired.route_key) return false;
  return desired.state != DesiredState::kRunning || observed.serving_run_key == desired.run_key;
}

bool HasEnded(const model::DesiredApp& desired, const model::ObservedApp& observed) {
  return desired.state == DesiredState::kRunning && observed.fence == desired.fence &&
         (observed.container == model::ContainerState::kExited ||
          observed.container == model::ContainerState::kErrored);
}

}  // namespace ns::plan
