// What the containers of all applications have used.
#include "docker_backend.h"
#include "kernel_usage.h"
#include "marks.h"

namespace ns::backend_docker {
namespace {

// From the kernel where its files can be read, else one question to the Engine.
std::optional<docker::Usage> Used(const sdk::Call& call, docker::Engine& engine,
                                  const docker::Container& container) {
  if (auto usage = UsageOf(container.id, container.pid)) return usage;
  return engine.Stats(call, container.id);
}

}  // namespace

void DockerBackend::Usages(const sdk::Call& call, const sdk::UsageSink& sink) {
  for (const docker::Listed& listed :
       engine_.List(call, {{kInstallation, host().installation()}})) {
    const auto app = listed.labels.find(kApp);
    if (listed.state != "running" || app == listed.labels.end()) continue;
    call.Check();
    auto container = inspections_.Find(listed);
    if (!container) container = Inspected(call, listed);
    if (!container) continue;
    const auto usage = Used(call, engine_, *container);
    if (!usage) continue;
    // A container that was started again counts anew, on another process.
    sink.Put({app->second, container->id + "/" + std::to_string(container->pid), usage->cpu_ns,
              usage->memory_bytes, usage->received_bytes, usage->sent_bytes});
  }
}

}  // namespace ns::backend_docker
