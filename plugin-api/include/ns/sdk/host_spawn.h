// Helper processes that outlive the host and are adopted by the next one.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "ns/abi/host_spawn.h"
#include "ns/sdk/ask.h"

namespace ns::sdk {

struct Helper {
  std::string name;               // unique within the instance: "traefik"
  std::vector<std::string> argv;  // argv[0] is an absolute path
  std::vector<std::string> env;   // "KEY=value"; nothing else is inherited
  std::string health_address;  // "tcp:127.0.0.1:80", "http://127.0.0.1:8080/ping", "unix:/x.sock";
                               // empty: running is healthy
  std::string config_hash;     // another hash: the helper is restarted
  std::chrono::nanoseconds stop_grace = std::chrono::seconds(10);
  int stop_signal = 0;                   // that ends it well; 0: SIGTERM
  std::vector<std::string> listen = {};  // "127.0.0.1:80": sockets of the host that listen already,
                                         // its descriptors 3, 4, ...; other helpers may share them
};

enum class HelperPhase {
  kStopped = NS_HELPER_STOPPED,
  kStarting = NS_HELPER_STARTING,
  kRunning = NS_HELPER_RUNNING,
  kBackingOff = NS_HELPER_BACKING_OFF
};

struct HelperState {
  HelperPhase phase = HelperPhase::kStopped;
  int64_t pid = 0;       // 0: none
  bool adopted = false;  // was running before this host came
  int restarts = 0;
};

class Spawn {
 public:
  Spawn() = default;
  Spawn(const ns_host* host, const ns_host_spawn* table) : host_(host), table_(table) {}

  // Sees to it that the helper runs as described: starts, adopts or restarts it, and restarts it
  // when it dies, with back-off. Returns once it is healthy; throws when the deadline has passed.
  // [worker]
  void Ensure(const Call& call, const Helper& helper) const {
    const auto argv = Slices(helper.argv), env = Slices(helper.env), listen = Slices(helper.listen);
    ns_helper raw{};
    raw.struct_size = sizeof(raw);
    raw.name = Str(helper.name);
    raw.argv = argv.data();
    raw.argv_count = argv.size();
    raw.env = env.data();
    raw.env_count = env.size();
    raw.health_address = Str(helper.health_address);
    raw.config_hash = Str(helper.config_hash);
    raw.stop_grace_ns = helper.stop_grace.count();
    raw.stop_signal = helper.stop_signal;
    raw.listen = listen.data();
    raw.listen_count = listen.size();
    detail::Asking asking(call);
    asking.Check(Table().ensure(host_, asking.raw(), &raw), "Starting a helper");
  }

  // [any-thread]
  HelperState StateOf(std::string_view name) const {
    ns_helper_state raw{};
    raw.struct_size = sizeof(raw);
    detail::Asking(Call()).Check(Table().state(host_, Str(name), &raw), "Looking at a helper");
    return {static_cast<HelperPhase>(raw.state), raw.pid, raw.adopted != 0, raw.restarts};
  }

  // Ends it for good. [worker]
  void Stop(const Call& call, std::string_view name) const {
    detail::Asking asking(call);
    asking.Check(Table().stop(host_, asking.raw(), Str(name)), "Stopping a helper");
  }

 private:
  const ns_host_spawn& Table() const { return detail::Offered(table_, NS_HOST_SPAWN); }

  const ns_host* host_ = nullptr;
  const ns_host_spawn* table_ = nullptr;
};

}  // namespace ns::sdk
