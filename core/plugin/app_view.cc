#include "plugin/app_view.h"

#include <algorithm>

#include "ns/sdk/text.h"
#include "plugin/text.h"

namespace ns::plugin {
namespace {

constexpr size_t kMostPhases = 64;

ns_probe ProbeOf(const model::Probe& probe) {
  return {sizeof(ns_probe),
          static_cast<int32_t>(probe.kind),
          probe.port,
          0,
          sdk::Str(probe.path),
          probe.period.count(),
          probe.timeout.count(),
          probe.stays_up.count()};
}

ns_fence FenceOf(const model::Fence& fence) { return {fence.epoch, fence.generation}; }

model::ContainerState ContainerFrom(int32_t state) {
  const bool known = state >= NS_CONTAINER_MISSING && state <= NS_CONTAINER_UNKNOWN;
  return known ? static_cast<model::ContainerState>(state) : model::ContainerState::kUnknown;
}

model::DesiredState StateFrom(int32_t state) {
  return state == NS_STATE_RUNNING  ? model::DesiredState::kRunning
         : state == NS_STATE_ASLEEP ? model::DesiredState::kAsleep
                                    : model::DesiredState::kStopped;
}

}  // namespace

EnvView::EnvView(const std::vector<model::EnvVar>& env) {
  items_.reserve(env.size());
  for (const model::EnvVar& variable : env) {
    items_.push_back({sizeof(ns_env), variable.secret ? 1 : 0, sdk::Str(variable.key),
                      sdk::Str(variable.value.Reveal())});
  }
  pointers_ = sdk::Pointers(items_);
  std::sort(pointers_.begin(), pointers_.end(),
            [](const ns_env* a, const ns_env* b) { return sdk::View(a->key) < sdk::View(b->key); });
}

AppView::AppView(const model::DesiredApp& app) {
  for (const auto& process : app.processes) Add(process);
  for (const auto& site : app.routes) Add(site);
  for (const auto& port : app.ports) Add(port);
  raw_.struct_size = sizeof(raw_);
  raw_.kind = app.site ? NS_APP_STATIC : NS_APP_PROCESSES;
  raw_.id = sdk::Str(app.id.str());
  raw_.name = sdk::Str(app.name);
  raw_.fence = FenceOf(app.fence);
  raw_.state = static_cast<int32_t>(app.state);
  raw_.strategy = static_cast<int32_t>(app.strategy);
  raw_.run_key = sdk::Str(app.run_key);
  raw_.route_key = sdk::Str(app.route_key);
  raw_.processes = process_pointers_.data();
  raw_.process_count = process_pointers_.size();
  raw_.routes = route_pointers_.data();
  raw_.route_count = route_pointers_.size();
  raw_.ports = port_pointers_.data();
  raw_.port_count = port_pointers_.size();
  raw_.page_upstream = sdk::Str(app.page_upstream);
  raw_.page_reason = sdk::Str(app.page_reason);
  if (!app.site) return;
  raw_.site_upstream = sdk::Str(app.site->upstream);
  raw_.site_release = sdk::Str(app.site->release.str());
}

void AppView::Add(const model::ProcessSpec& process) {
  const auto& entrypoint = words_.emplace_back(sdk::Slices(process.entrypoint));
  const auto& command = words_.emplace_back(sdk::Slices(process.command));
  const auto& env = envs_.emplace_back(process.env);
  ns_process raw{};
  raw.struct_size = sizeof(raw);
  raw.replicas = process.replicas;
  raw.name = sdk::Str(process.name);
  raw.image = sdk::Str(process.image);
  raw.entrypoint = entrypoint.data();
  raw.entrypoint_count = entrypoint.size();
  raw.command = command.data();
  raw.command_count = command.size();
  raw.env = env.data();
  raw.env_count = env.size();
  raw.memory_bytes = process.memory_bytes;
  raw.cpu_millis = process.cpu_millis;
  raw.probe = &probes_.emplace_back(ProbeOf(process.probe));
  raw.stop_grace_ns = process.stop_grace.count();
  raw.drain_limit_ns = process.drain_limit.count();
  process_pointers_.push_back(&processes_.emplace_back(raw));
}

void AppView::Add(const model::Website& site) {
  ns_route raw{};
  raw.struct_size = sizeof(raw);
  raw.port = site.port;
  raw.id = sdk::Str(site.id.str());
  raw.host = sdk::Str(site.fqdn);
  raw.path = sdk::Str(site.path_prefix);
  raw.strip_path = site.strip_prefix ? 1 : 0;
  raw.tls = site.https ? 1 : 0;
  raw.h2c = site.h2c ? 1 : 0;
  raw.auth = static_cast<int32_t>(site.auth);
  raw.process = processes_.empty() ? sdk::Str("web") : processes_.front().name;
  route_pointers_.push_back(&routes_.emplace_back(raw));
}

void AppView::Add(const model::PortPublication& port) {
  port_pointers_.push_back(
      &ports_.emplace_back(ns_port{sizeof(ns_port), static_cast<int32_t>(port.protocol),
                                   port.internet_port, port.application_port}));
}

model::ObservedApp ObservedFrom(const AppId& id, const ns_app_status& raw, Time observed_at) {
  model::ObservedApp app;
  app.id = id;
  app.exists = raw.exists != 0;
  app.fence = {raw.fence.epoch, raw.fence.generation};
  app.serving_run_key = CleanText(sdk::View(raw.serving_run_key), 256);
  app.route_key = CleanText(sdk::View(raw.route_key), 256);
  app.container = ContainerFrom(raw.container);
  app.state = StateFrom(raw.state);
  app.converged = raw.converged != 0;
  app.ready = raw.ready;
  app.wanted = raw.wanted;
  app.restarts = raw.restarts;
  app.exit_code = raw.exit_code;
  app.image_digest = CleanText(sdk::View(raw.image_digest), 256);
  app.reason = CleanText(sdk::View(raw.reason), 100);
  app.message = CleanText(sdk::View(raw.message), 4096);
  for (size_t i = 0; i < std::min(raw.phase_count, kMostPhases); ++i) {
    const ns_phase* phase = raw.phases[i];
    if (NS_HAS(phase, at_us))
      app.phases.push_back(
          {CleanText(sdk::View(phase->name), 100), Time(std::chrono::microseconds(phase->at_us))});
  }
  app.observed_at = observed_at;
  return app;
}

}  // namespace ns::plugin
