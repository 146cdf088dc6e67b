#include "plugin/plugin_host.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "json/check.h"
#include "plugin/adapters.h"
#include "plugin/candidate.h"
#include "plugin/instance.h"

namespace ns::plugin {
namespace {

// One instance as one kind, with the port it is offered as.
struct Entry {
  Wanted wanted;
  Manifest manifest;
  std::string kind;
  std::string file;
  std::unique_ptr<Instance> instance;
  std::unique_ptr<ports::Backend> backend;
  std::unique_ptr<ports::BuildMethod> method;
  std::unique_ptr<ports::BuildEngine> engine;
  std::unique_ptr<Service> service;
  std::unique_ptr<ports::Storage> storage;
  std::unique_ptr<ports::SiteServer> site;

  Loaded ToLoaded() const {
    return {wanted.instance, wanted.plugin, kind,          manifest.app_schema, backend.get(),
            method.get(),    engine.get(),  service.get(), storage.get(),       site.get()};
  }
};

bool IsKnownKind(const std::string& kind) {
  return kind == kBackendKind || kind == kBuildKind || kind == kEngineKind ||
         kind == kServiceKind || kind == kStorageKind || kind == kSiteKind;
}

// The kinds of `manifest` that are among `kinds`.
std::vector<std::string> Common(const Manifest& manifest, const std::vector<std::string>& kinds) {
  std::vector<std::string> common;
  for (const std::string& kind : manifest.kinds) {
    if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) common.push_back(kind);
  }
  return common;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Objection FromStatus(const std::string& reason, const Status& status, std::string remedy) {
  const std::string code = status.reason().empty() ? "" : " (" + status.reason() + ")";
  return {reason, status.message() + code, std::move(remedy)};
}

// What an instance could not reach, or not in time, may be there later.
bool IsTriedAgain(const Status& status) {
  return status.code() == Code::kUnavailable || status.code() == Code::kDeadline;
}

std::optional<Objection> MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && ::chmod(path.c_str(), 0700) == 0) return std::nullopt;
  return Objection{"LoadFailed", "its data folder " + path + " cannot be made",
                   "Make the folder above it writable for nsd"};
}

}  // namespace

std::string Refusal::Message() const {
  return file + ": " + what + " [plugin " + plugin + " " + plugin_version + ", ABI " + plugin_abi +
         "; NeoShowcase " + host_version + ", ABI " + host_abi + "]. " + remedy + ".";
}

struct PluginHost::State {
  HostSettings settings;
  HostParts parts;
  // Both only grow while Load runs; entries stay where they are.
  Mutex mutex;
  std::vector<std::unique_ptr<Entry>> entries NS_GUARDED_BY(mutex);
  std::vector<Refusal> refusals NS_GUARDED_BY(mutex);

  std::vector<Entry*> Entries() {
    const Lock lock(mutex);
    std::vector<Entry*> list;
    for (const auto& entry : entries) list.push_back(entry.get());
    return list;
  }

  void LoadOne(const Wanted& wanted, const std::vector<std::string>& kinds, LoadReport& report);
  std::optional<Objection> CheckKinds(const Manifest& manifest) const;
  std::optional<Objection> CheckConfig(const Wanted& wanted, const Manifest& manifest) const;
  std::optional<Objection> Make(const Wanted& wanted, const Candidate& candidate,
                                const ns_module& module, const std::string& kind,
                                LoadReport& report);
  void Refuse(const Wanted& wanted, const Candidate& candidate, const Objection& objection,
              LoadReport& report);
};

void PluginHost::State::Refuse(const Wanted& wanted, const Candidate& candidate,
                               const Objection& objection, LoadReport& report) {
  Refusal refusal;
  refusal.instance = wanted.instance;
  refusal.plugin = wanted.plugin;
  refusal.file = candidate.file;
  refusal.kind = candidate.manifest ? Joined(candidate.manifest->kinds) : "";
  refusal.plugin_version = candidate.manifest ? candidate.manifest->version : "unknown";
  refusal.plugin_abi = candidate.manifest ? candidate.manifest->Abi() : "unknown";
  refusal.host_version = settings.version;
  refusal.host_abi = HostAbi();
  refusal.reason = objection.reason;
  refusal.what = objection.what;
  refusal.remedy = objection.remedy;
  refusal.required = wanted.required;
  log::Error(
      "plugin refused",
      {{"instance", wanted.instance}, {"reason", refusal.reason}, {"why", refusal.Message()}});
  report.refused.push_back(refusal);
  const Lock lock(mutex);
  refusals.push_back(std::move(refusal));
}

std::optional<Objection> PluginHost::State::CheckKinds(const Manifest& manifest) const {
  if (std::any_of(manifest.kinds.begin(), manifest.kinds.end(), IsKnownKind)) return std::nullopt;
  return Objection{"KindUnknown",
                   "this host knows none of its kinds (" + Joined(manifest.kinds) + ")",
                   "Upgrade NeoShowcase, or take the plugin out of the configuration"};
}

std::optional<Objection> PluginHost::State::CheckConfig(const Wanted& wanted,
                                                        const Manifest& manifest) const {
  const Status status = json::CheckSchema(manifest.config_schema, wanted.config);
  if (status.ok()) return std::nullopt;
  const std::string where = wanted.where.empty() ? "" : " (" + wanted.where + ")";
  return Objection{"ConfigInvalid",
                   "plugins." + wanted.instance + ".config" + where +
                       " does not fit its schema: " + status.message(),
                   "Correct the configuration"};
}

std::optional<Objection> PluginHost::State::Make(const Wanted& wanted, const Candidate& candidate,
                                                 const ns_module& module, const std::string& kind,
                                                 LoadReport& report) {
  const std::string folder = settings.instances + "/" + wanted.instance;
  if (auto objection = MakeFolder(folder)) return objection;
  auto context =
      std::make_unique<HostContext>(wanted.instance, folder, settings.installation,
                                    settings.version, parts.supervisor, parts.api, parts.clock);
  auto instance = Instance::Create(module, std::move(context), kind, wanted.config, settings.grace);
  if (!instance.ok())
    return FromStatus("CreateFailed", instance.status(),
                      "Correct plugins." + wanted.instance + ".config, or what the message names");
  auto entry = std::make_unique<Entry>();
  entry->wanted = wanted;
  entry->manifest = *candidate.manifest;
  entry->kind = kind;
  entry->file = candidate.file;
  entry->instance = std::move(instance).value();
  if (!HasWholeTable(*entry->instance, kind))
    return Objection{"InterfaceMissing", "its table " + kind + " is not whole",
                     "Report it to the plugin's author"};
  if (Status active = entry->instance->Activate(); !active.ok() && !IsTriedAgain(active)) {
    return FromStatus("ActivateFailed", active, "Put right what the message names and restart nsd");
  } else if (!active.ok()) {
    log::Warn("plugin is not active yet",
              {{"instance", wanted.instance}, {"why", active.message()}});
  }
  if (kind == kBackendKind) entry->backend = MakeBackend(*entry->instance, parts.clock);
  if (kind == kBuildKind)
    entry->method = MakeBuildMethod(*entry->instance, entry->manifest.app_schema);
  if (kind == kEngineKind) entry->engine = MakeEngine(*entry->instance);
  if (kind == kServiceKind) entry->service = MakeService(*entry->instance);
  if (kind == kStorageKind) entry->storage = MakeStorage(*entry->instance);
  if (kind == kSiteKind) entry->site = MakeSiteServer(*entry->instance);
  report.loaded.push_back(entry->ToLoaded());
  const Lock lock(mutex);
  entries.push_back(std::move(entry));
  return std::nullopt;
}

void PluginHost::State::LoadOne(const Wanted& wanted, const std::vector<std::string>& kinds,
                                LoadReport& report) {
  const Candidate candidate = Examine(wanted.plugin, settings.search_dirs);
  const bool unsafe = candidate.objection && candidate.objection->reason == "PluginUnsafe";
  if (candidate.manifest && !unsafe) {
    if (auto objection = CheckKinds(*candidate.manifest))
      return Refuse(wanted, candidate, *objection, report);
    if (Common(*candidate.manifest, kinds).empty()) return;
  }
  if (candidate.objection) return Refuse(wanted, candidate, *candidate.objection, report);
  if (auto objection = CheckConfig(wanted, *candidate.manifest))
    return Refuse(wanted, candidate, *objection, report);
  const ns_module* module = nullptr;
  if (auto objection = OpenModule(candidate, settings.copies, &module))
    return Refuse(wanted, candidate, *objection, report);
  for (const std::string& kind : Common(*candidate.manifest, kinds)) {
    if (auto objection = Make(wanted, candidate, *module, kind, report))
      Refuse(wanted, candidate, *objection, report);
  }
}

PluginHost::PluginHost(HostSettings settings, HostParts parts)
    : state_(new State{std::move(settings), parts, {}, {}, {}}) {}

PluginHost::~PluginHost() {
  std::vector<std::unique_ptr<Entry>> entries;
  {
    const Lock lock(state_->mutex);
    entries.swap(state_->entries);
  }
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (!(*entry)->instance->Shut()) (void)entry->release();  // its calls still use it
  }
}

LoadReport PluginHost::Load(const std::vector<Wanted>& wanted,
                            const std::vector<std::string>& kinds) {
  LoadReport report;
  for (const Wanted& one : wanted) state_->LoadOne(one, kinds, report);
  return report;
}

void PluginHost::Retry() {
  for (Entry* entry : state_->Entries()) {
    if (entry->instance->gate().is_open()) continue;
    if (entry->instance->Activate().ok())
      log::Info("plugin is active", {{"instance", entry->wanted.instance}});
  }
}

std::vector<model::PluginState> PluginHost::States() {
  std::vector<model::PluginState> states;
  for (Entry* entry : state_->Entries()) {
    const Status health = entry->instance->Health();
    states.push_back({entry->wanted.instance, entry->wanted.plugin, entry->kind,
                      entry->manifest.version, entry->wanted.required, health.ok(), health.reason(),
                      health.message(), entry->manifest.config_schema, entry->manifest.app_schema});
  }
  const Lock lock(state_->mutex);
  for (const Refusal& refusal : state_->refusals) {
    states.push_back({refusal.instance, refusal.plugin, refusal.kind, refusal.plugin_version,
                      refusal.required, false, refusal.reason, refusal.Message(), "", ""});
  }
  return states;
}

Status PluginHost::Ready() {
  for (const model::PluginState& state : States()) {
    if (!state.required || state.healthy) continue;
    return {Code::kUnavailable, state.reason,
            "the required plugin instance " + state.instance + " is not there: " + state.message};
  }
  return {};
}

std::optional<Status> PluginHost::RequiredFenced() {
  for (Entry* entry : state_->Entries()) {
    if (!entry->wanted.required) continue;
    if (auto fenced = entry->instance->gate().Fenced()) return fenced;
  }
  return std::nullopt;
}

}  // namespace ns::plugin
