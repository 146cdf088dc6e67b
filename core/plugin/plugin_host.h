// Finds, loads and guards the plugins that the configuration names, and offers them as ports.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "model/host.h"
#include "plugin/api_calls.h"
#include "plugin/service.h"
#include "ports/backend.h"
#include "ports/build.h"
#include "ports/site.h"
#include "ports/storage.h"
#include "supervise/supervisor.h"

namespace ns::plugin {

inline constexpr char kBackendKind[] = "ns.backend/1";
inline constexpr char kBuildKind[] = "ns.build/1";
inline constexpr char kEngineKind[] = "ns.engine/1";
inline constexpr char kServiceKind[] = "ns.service/1";
inline constexpr char kStorageKind[] = "ns.storage/1";
inline constexpr char kSiteKind[] = "ns.site/1";

struct HostSettings {
  std::vector<std::string>
      search_dirs;     // absolute, searched in order for <plugin>.so and <plugin>.nsplugin.json
  std::string copies;  // folder of ours for <sha256>.so; made when absent, 0700
  std::string
      instances;  // <instances>/<instance> is the data folder of each; made when absent, 0700
  std::string installation;
  std::string version;  // of NeoShowcase
  Duration grace = std::chrono::seconds(
      5);  // for a plugin to return once its call was cancelled or its deadline has passed
};

struct HostParts {
  Clock& clock;  // Monotonic() is CLOCK_MONOTONIC
  supervise::Supervisor&
      supervisor;           // behind ns.host.spawn/1; helpers are named "<instance>.<name>"
  ApiCalls* api = nullptr;  // behind ns.host.api/1; null: not offered
};

// A plugin as the configuration names it.
struct Wanted {
  std::string instance;  // key under `plugins`
  std::string plugin;    // name of the library: "backend-docker"; or its absolute path
  bool required = false;
  std::string config = "{}";  // JSON
  std::string where;          // "file:line:column" of it, for complaints
};

// One instance as one kind. Exactly one pointer is set; all live as long as the host, and are
// [any-thread] as their ports say. An instance that could not be activated yet answers kUnavailable
// until Retry() has succeeded.
struct Loaded {
  std::string instance, plugin, kind;
  std::string app_schema;  // JSON Schema of per-application settings, or empty; BuildMethod::Plan
                           // checks it itself
  ports::Backend* backend = nullptr;
  ports::BuildMethod* method = nullptr;
  ports::BuildEngine* engine = nullptr;
  Service* service = nullptr;
  ports::Storage* storage = nullptr;
  ports::SiteServer* site = nullptr;
};

// Why a plugin is not there.
struct Refusal {
  std::string instance, plugin;
  std::string kind;                        // as the library says; empty while unknown
  std::string file;                        // looked at, or the folders searched
  std::string plugin_version, plugin_abi;  // "unknown" where it could not be read
  std::string host_version, host_abi;
  std::string reason;  // stable code: "PluginMissing", "PluginUnsafe", "AbiMajor",
                       // "ManifestDiffers", "CreateFailed", ...
  std::string what;    // one sentence
  std::string remedy;  // one sentence
  bool required = false;
  // File, what, both versions and the remedy.
  std::string Message() const;
};

struct LoadReport {
  std::vector<Loaded> loaded;
  std::vector<Refusal> refused;
};

// A loaded library stays mapped for the life of the process. Load, Retry and the destructor belong
// to one thread; the rest is [any-thread]. No lock is held while a plugin runs.
class PluginHost {
 public:
  PluginHost(HostSettings settings, HostParts parts);
  // Deactivates and destroys in reverse order. An instance that does not let go of its calls within
  // the grace time is left as it is.
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  // Checks, loads, creates and activates each that offers one of `kinds`; the others are left
  // alone, unloaded. One that fails is refused and the rest goes on. Blocks while plugins activate.
  // Logs what is refused.
  LoadReport Load(const std::vector<Wanted>& wanted, const std::vector<std::string>& kinds);
  // Activates again what could not be reached so far (activate failed with kUnavailable or
  // kDeadline). Cheap when there is none.
  void Retry();

  // Every plugin that Load was asked for and that has (or may have) one of the kinds, refused ones
  // too; for the hosts table.
  std::vector<model::PluginState> States();
  // Ok, or the first required plugin that is refused, not active or fenced, and why.
  Status Ready();
  // A required plugin that is fenced: the process shall restart. A plugin is fenced while one of
  // its calls is later than the grace time; it gets no new calls meanwhile.
  std::optional<Status> RequiredFenced();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ns::plugin
