// One application as a backend is told of it, as plain values.
#pragma once

#include <string.h>

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "ns/abi/app.h"
#include "ns/sdk/thunk.h"

namespace ns::sdk {

// Decides who may act on an application: compared by epoch, then generation.
struct Fence {
  int64_t epoch = 0, generation = 0;
  friend auto operator<=>(const Fence&, const Fence&) = default;
};

enum class AppState {
  kStopped = NS_STATE_STOPPED,
  kRunning = NS_STATE_RUNNING,
  kAsleep = NS_STATE_ASLEEP
};
enum class Strategy { kRolling = NS_STRATEGY_ROLLING, kRecreate = NS_STRATEGY_RECREATE };
enum class ProbeKind {
  kStaysUp = NS_PROBE_STAYS_UP,
  kTcp = NS_PROBE_TCP,
  kHttp = NS_PROBE_HTTP,
  kCommand = NS_PROBE_COMMAND
};
enum class Auth { kOff = NS_AUTH_OFF, kSoft = NS_AUTH_SOFT, kHard = NS_AUTH_HARD };
enum class Protocol { kTcp = NS_PROTOCOL_TCP, kUdp = NS_PROTOCOL_UDP };

struct EnvVar {
  std::string key, value;
  bool secret = false;  // never log the value
  friend bool operator==(const EnvVar&, const EnvVar&) = default;
};

// When a new process counts as ready.
struct Probe {
  ProbeKind kind = ProbeKind::kStaysUp;
  int port = 0;                                         // TCP, HTTP: of the process
  std::string path = "/";                               // HTTP: any status below 500 is ready
  Nanoseconds period = std::chrono::milliseconds(200);  // between two tries
  Nanoseconds timeout = std::chrono::seconds(60);       // of the whole wait
  Nanoseconds stays_up = std::chrono::seconds(2);       // kStaysUp: running that long is ready
  friend bool operator==(const Probe&, const Probe&) = default;
};

struct Process {
  std::string name;
  std::string image;  // by digest
  std::string pull_username, pull_password;
  std::vector<std::string> entrypoint;  // none: the image's
  std::vector<std::string> command;     // none: the image's
  std::vector<EnvVar> env;              // sorted by key
  int replicas = 1;
  int64_t memory_bytes = 0, cpu_millis = 0, pids = 0;  // 0: the backend's default
  Probe probe;
  Nanoseconds stop_grace{}, drain_limit{};
  friend bool operator==(const Process&, const Process&) = default;
};

struct Route {
  std::string id;
  std::string host;        // lower-case DNS name
  std::string path = "/";  // begins with "/", no trailing "/" unless it is "/"
  std::string process;     // name
  int port = 0;            // of the process
  bool strip_path = false, tls = false, h2c = false;
  Auth auth = Auth::kOff;
  friend bool operator==(const Route&, const Route&) = default;
};

struct Port {
  Protocol protocol = Protocol::kTcp;
  int internet_port = 0, application_port = 0;
  friend bool operator==(const Port&, const Port&) = default;
};

// Where the routes of a static site lead.
struct Site {
  std::string upstream;  // "http://127.0.0.1:4102"
  std::string release;   // sent to it in the header X-Controller-Release-Id
  friend bool operator==(const Site&, const Site&) = default;
};

struct App {
  std::string id, name;
  Fence fence;
  AppState state = AppState::kStopped;
  Strategy strategy = Strategy::kRolling;
  std::string run_key, route_key;  // equal keys: nothing to replace, nothing to rewrite
  std::vector<Process> processes;  // none while nothing was built
  std::optional<Site> site;        // of a static one: routes lead there while it runs
  std::vector<Route> routes;
  std::vector<Port> ports;
  // Where routes lead while nothing runs, and why: sent to it in the header X-NS-Page. Empty:
  // routes are withdrawn instead.
  std::string page_upstream, page_reason;
  std::string settings;  // JSON of the plugin's per-application schema, or empty
  friend bool operator==(const App&, const App&) = default;
};

namespace detail {

template <class To, class From, class Convert>
std::vector<To> ListFrom(const From* const* items, size_t count, const Convert& convert) {
  std::vector<To> list;
  list.reserve(count);
  for (size_t i = 0; i < count; ++i) list.push_back(convert(items[i]));
  return list;
}

inline EnvVar EnvFrom(const ns_env* raw) {
  const ns_env& env = Given(raw, NS_HAS(raw, value));
  return {Text(env.key), Text(env.value), env.secret != 0};
}

inline Probe ProbeFrom(const ns_probe* raw) {
  if (!raw) return {};
  const ns_probe& probe = Given(raw, NS_HAS(raw, stays_up_ns));
  if (probe.kind < NS_PROBE_STAYS_UP || probe.kind > NS_PROBE_COMMAND)
    throw Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
                "This plugin does not know that kind of probe; update it.", Fault::kOperator);
  return {static_cast<ProbeKind>(probe.kind),
          probe.port,
          Text(probe.path),
          Nanoseconds(probe.period_ns),
          Nanoseconds(probe.timeout_ns),
          Nanoseconds(probe.stays_up_ns)};
}

inline Process ProcessFrom(const ns_process* raw) {
  const ns_process& from = Given(raw, NS_HAS(raw, drain_limit_ns));
  Process process;
  process.name = Text(from.name);
  process.image = Text(from.image);
  process.pull_username = Text(from.pull_username);
  process.pull_password = Text(from.pull_password);
  process.entrypoint = Texts(from.entrypoint, from.entrypoint_count);
  process.command = Texts(from.command, from.command_count);
  process.env = ListFrom<EnvVar>(from.env, from.env_count, EnvFrom);
  process.replicas = from.replicas;
  process.memory_bytes = from.memory_bytes;
  process.cpu_millis = from.cpu_millis;
  process.pids = from.pids;
  process.probe = ProbeFrom(from.probe);
  process.stop_grace = Nanoseconds(from.stop_grace_ns);
  process.drain_limit = Nanoseconds(from.drain_limit_ns);
  return process;
}

inline Auth AuthFrom(int32_t auth) {
  return auth == NS_AUTH_OFF ? Auth::kOff : auth == NS_AUTH_SOFT ? Auth::kSoft : Auth::kHard;
}

inline Route RouteFrom(const ns_route* raw) {
  const ns_route& from = Given(raw, NS_HAS(raw, process));
  return {Text(from.id),        Text(from.host), Text(from.path), Text(from.process), from.port,
          from.strip_path != 0, from.tls != 0,   from.h2c != 0,   AuthFrom(from.auth)};
}

inline Port PortFrom(const ns_port* raw) {
  const ns_port& from = Given(raw, NS_HAS(raw, application_port));
  if (from.protocol != NS_PROTOCOL_TCP && from.protocol != NS_PROTOCOL_UDP)
    throw Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
                "This plugin does not know the protocol of a port; update it.", Fault::kOperator);
  return {static_cast<Protocol>(from.protocol), from.internet_port, from.application_port};
}

inline App AppFrom(const ns_app* raw) {
  const ns_app& from = Given(raw, NS_HAS(raw, settings));
  const bool site = from.kind == NS_APP_STATIC && NS_HAS(raw, site_release);
  if (from.kind != NS_APP_PROCESSES && !site)
    throw Error(NS_E_UNSUPPORTED, NS_REASON_UNSUPPORTED,
                "This plugin does not know that kind of application; update it.", Fault::kOperator);
  App app;
  app.id = Text(from.id);
  app.name = Text(from.name);
  app.fence = {from.fence.epoch, from.fence.generation};
  app.state = from.state == NS_STATE_RUNNING  ? AppState::kRunning
              : from.state == NS_STATE_ASLEEP ? AppState::kAsleep
                                              : AppState::kStopped;
  app.strategy = from.strategy == NS_STRATEGY_ROLLING ? Strategy::kRolling : Strategy::kRecreate;
  app.run_key = Text(from.run_key);
  app.route_key = Text(from.route_key);
  app.processes = ListFrom<Process>(from.processes, from.process_count, ProcessFrom);
  app.routes = ListFrom<Route>(from.routes, from.route_count, RouteFrom);
  app.ports = ListFrom<Port>(from.ports, from.port_count, PortFrom);
  app.page_upstream = Text(from.page_upstream);
  app.page_reason = Text(from.page_reason);
  app.settings = Text(from.settings);
  if (site) app.site = {Text(from.site_upstream), Text(from.site_release)};
  return app;
}

// Wipes the copies of secret values when a call ends; the host wipes its own.
template <class T, class Wipe>
class WipedOnExit {
 public:
  WipedOnExit(T& value, Wipe wipe) : value_(value), wipe_(wipe) {}
  ~WipedOnExit() { wipe_(value_); }
  WipedOnExit(const WipedOnExit&) = delete;
  WipedOnExit& operator=(const WipedOnExit&) = delete;

 private:
  T& value_;
  Wipe wipe_;
};

inline void WipeText(std::string& text) { ::explicit_bzero(text.data(), text.size()); }
inline void WipeEnv(std::vector<EnvVar>& env) {
  for (EnvVar& variable : env) {
    if (variable.secret) WipeText(variable.value);
  }
}
inline void WipeApp(App& app) {
  for (Process& process : app.processes) {
    WipeText(process.pull_password);
    WipeEnv(process.env);
  }
}

}  // namespace detail
}  // namespace ns::sdk
