#include "registry/collect.h"

#include <unistd.h>

#include <csignal>

namespace ns::registry {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStart = 30s;
constexpr Duration kLongest = 30min;

Status Become(EmbeddedRegistry registry, bool read_only, supervise::Supervisor& supervisor,
              const std::stop_token& cancel) {
  registry.read_only = read_only;
  NS_ASSIGN(const supervise::HelperSpec helper, PrepareEmbeddedRegistry(registry));
  return supervisor.Ensure(helper, kStart, cancel);
}

Status RunCollector(const EmbeddedRegistry& registry, Clock& clock, const std::stop_token& cancel) {
  supervise::SpawnSpec spec;
  spec.argv = {registry.program, "garbage-collect", EmbeddedRegistryConfig(registry)};
  spec.env = {"OTEL_TRACES_EXPORTER=none"};
  spec.account = ::geteuid() == 0 ? registry.account : std::nullopt;
  spec.die_with_parent = true;  // it must not go on beside the pushes to the next one's registry
  NS_ASSIGN(supervise::Process collector, supervise::Process::Spawn(spec));
  const auto ended = collector.Wait(clock, clock.Monotonic() + kLongest, cancel);
  if (!ended.ok()) {
    collector.KillGroup(SIGKILL);
    (void)collector.Wait(clock, std::nullopt);
    return ended.status();
  }
  if (ended->ok()) return {};
  return Unavailable("the registry's collector ended with " + ended->ToString());
}

}  // namespace

Status CollectGarbage(const EmbeddedRegistry& registry, supervise::Supervisor& supervisor,
                      Clock& clock, const std::stop_token& cancel) {
  Status collected = Become(registry, true, supervisor, cancel);
  if (collected.ok()) collected = RunCollector(registry, clock, cancel);
  // Also when a stop was asked for: nothing that outlives us may stay so.
  const Status back = Become(registry, false, supervisor, {});
  return collected.ok() ? back : collected;
}

}  // namespace ns::registry
