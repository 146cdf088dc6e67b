#include "host/node.h"

#include <optional>

#include "act/builder.h"
#include "act/pause.h"
#include "act/store_desk.h"
#include "base/log.h"
#include "base/mutex.h"
#include "git/git_remote.h"
#include "host/controller.h"
#include "host/edge_calls.h"
#include "host/faults.h"
#include "host/foundation.h"
#include "host/heartbeat.h"
#include "host/outputs.h"
#include "host/program.h"
#include "host/services.h"
#include "host/succession.h"
#include "host/translate.h"
#include "host/version.h"
#include "link/server.h"
#include "supervise/page_server.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHelperLimit = 30s;
constexpr Duration kCare = 2s;

// "runtime-cmd" of "build-runtime-cmd": how applications name a build method.
std::string MethodName(const std::string& plugin) {
  constexpr std::string_view kPrefix = "build-";
  return plugin.starts_with(kPrefix) ? plugin.substr(kPrefix.size()) : plugin;
}

// A failure is told and repaired by the supervisor; the host goes on.
void EnsureHelper(supervise::Supervisor& supervisor, const Result<supervise::HelperSpec>& helper,
                  const std::stop_token& cancel) {
  const Status ensured =
      helper.ok() ? supervisor.Ensure(*helper, kHelperLimit, cancel) : helper.status();
  if (!ensured.ok()) log::Error("a helper does not run", {{"why", ensured.ToString()}});
}

std::vector<plugin::Wanted> WantedOf(const config::Config& config) {
  std::vector<plugin::Wanted> wanted;
  for (const auto& p : config.plugins)
    wanted.push_back({p.name, p.plugin, p.required, p.config, p.where});
  return wanted;
}

std::map<std::string, ports::Backend*> BackendsOf(const std::vector<plugin::Loaded>& loaded) {
  std::map<std::string, ports::Backend*> backends;
  for (const plugin::Loaded& p : loaded) {
    if (p.backend != nullptr) backends.emplace(p.instance, p.backend);
  }
  return backends;
}

std::map<std::string, ports::BuildMethod*> MethodsOf(const std::vector<plugin::Loaded>& loaded) {
  std::map<std::string, ports::BuildMethod*> methods;
  for (const plugin::Loaded& p : loaded) {
    if (p.method != nullptr) methods.emplace(MethodName(p.plugin), p.method);
  }
  return methods;
}

// In the order of preference; without one, all in the order of the file.
std::vector<ports::BuildEngine*> EnginesOf(const std::vector<plugin::Loaded>& loaded,
                                           const std::vector<std::string>& preference) {
  std::vector<ports::BuildEngine*> engines;
  const auto take = [&](const std::string* name) {
    for (const plugin::Loaded& p : loaded) {
      if (p.engine != nullptr && (name == nullptr || p.instance == *name))
        engines.push_back(p.engine);
    }
  };
  for (const std::string& name : preference) take(&name);
  if (preference.empty()) take(nullptr);
  return engines;
}

// What an operator should know of an engine that works; empty for anything else.
std::string EngineRemark(const std::vector<plugin::Loaded>& loaded,
                         const model::PluginState& state) {
  if (!state.healthy) return "";
  for (const plugin::Loaded& p : loaded) {
    if (p.engine == nullptr || p.instance != state.instance || p.engine->Abilities().memory_limit)
      continue;
    return "it cannot hold the memory limit of builds on this machine: that needs root and a "
           "writable memory cgroup";
  }
  return "";
}

}  // namespace

// In the order of construction.
struct Node::Parts {
  Parts(const config::Config& given, std::vector<std::string> its_roles,
        std::unique_ptr<Foundation> its_foundation, const std::string& program)
      : config(given),
        roles(std::move(its_roles)),
        id(HostId::New(SystemRandom())),
        foundation(std::move(its_foundation)),
        store(faults.Through(foundation->store())),
        real_git(git::NewGitRemote(GitOptionsOf(config, layout(), foundation->keys(), program),
                                   SystemClock())),
        git(faults.Through(*real_git)),
        real_registry(registry::NewRegistry(RegistryOptionsOf(config, layout()), SystemClock())),
        registry(faults.Through(*real_registry)),
        outputs(store.hosts) {}

  ~Parts() {
    foundation->StopListening();  // hints go to the parts that end now
    to_relist.With([](Controller*& gone) { gone = nullptr; });
  }

  const Layout& layout() const { return foundation->layout(); }
  void LoadPlugins(const std::string& program);
  Status StartWork(const std::string& program, const std::stop_token& cancel);
  void Subscribe();
  void Relist();
  model::Host Describe();

  const config::Config config;
  const std::vector<std::string> roles;
  const HostId id;
  const std::unique_ptr<Foundation> foundation;
  Faults faults;
  const ports::Store store;
  const std::unique_ptr<ports::GitRemote> real_git;
  ports::GitRemote& git;
  const std::unique_ptr<ports::Registry> real_registry;
  ports::Registry& registry;
  LinkedOutputs outputs;
  std::optional<api::Dispatcher> dispatcher;
  std::optional<EdgeCalls> edge_calls;
  std::optional<plugin::PluginHost> plugins;
  std::vector<plugin::Loaded> loaded;
  Guarded<Controller*> to_relist;      // once there is one
  std::optional<Heartbeat> heartbeat;  // outlives the loops, whose lease it keeps
  std::unique_ptr<link::Server> link;
  std::optional<act::Parts> act_parts;
  std::optional<Controller> controller;
  std::optional<act::StoreDesk> desk;
  std::optional<act::Builder> builder;
  std::optional<Services> services;
};

void Node::Parts::LoadPlugins(const std::string& program) {
  plugin::HostSettings settings;
  settings.search_dirs = config.plugin_dirs;
  if (settings.search_dirs.empty())
    settings.search_dirs = {PluginFolder(program), "/usr/lib/neoshowcase/plugins"};
  settings.copies = layout().plugins();
  settings.instances = layout().instances();
  settings.installation = config.installation;
  settings.version = Version();
  plugins.emplace(std::move(settings), plugin::HostParts{SystemClock(), foundation->supervisor(),
                                                         edge_calls ? &*edge_calls : nullptr});
  loaded = plugins->Load(WantedOf(config), KindsOf(roles)).loaded;
  for (plugin::Loaded& p : loaded) {
    p.backend = faults.Through(p.backend);
    p.method = faults.Through(p.method);
    p.engine = faults.Through(p.engine);
  }
}

Status Node::Parts::StartWork(const std::string& program, const std::stop_token& cancel) {
  act_parts.emplace(act::Parts{store, git, registry, BackendsOf(loaded), SystemRandom(),
                               SystemClock(), id, [this] { return heartbeat->LeaseAlive(); }});
  if (HasRole(roles, "controller")) {
    if (config.registry.embedded) {
      EnsureHelper(foundation->supervisor(),
                   registry::PrepareEmbeddedRegistry(EmbeddedRegistryOf(config, layout())), cancel);
    }
    EnsureHelper(foundation->supervisor(),
                 supervise::PageServerHelper(program, layout().pages(), config.page_listen),
                 cancel);
    NS_ASSIGN(const int64_t epoch, store.deploys.Epoch());
    NS_ASSIGN(const std::string pages, supervise::PageServerAddress(layout().pages()));
    NS_ASSIGN(link, link::Server::Listen(layout().link(id), id, BackendsOf(loaded)));
    controller.emplace(*act_parts, ControllerOptions{foundation->keys().hash, epoch, pages, {}});
    to_relist.With([this](Controller*& loops) { loops = &*controller; });
  }
  if (HasRole(roles, "builder")) {
    desk.emplace(store, registry, DeskKeysOf(foundation->keys()), id);
    builder.emplace(act::BuilderParts{faults.Through(*desk), git, MethodsOf(loaded),
                                      EnginesOf(loaded, config.engines), layout().sources(),
                                      SystemRandom(), SystemClock()},
                    config.builder_concurrency);
  }
  return {};
}

// There may be something to take over.
void Node::Parts::Relist() {
  to_relist.With([](Controller* loops) {
    if (loops != nullptr) loops->Relist();
  });
}

void Node::Parts::Subscribe() {
  store.hints.Subscribe([this](const ports::Hint& hint) {
    if (controller) controller->Hinted(hint);
    if (builder &&
        (hint.kind == ports::Hint::Kind::kQueue || hint.kind == ports::Hint::Kind::kBuild))
      builder->Wake();
  });
}

model::Host Node::Parts::Describe() {
  model::Host host;
  host.id = id;
  host.name = HostName();
  host.roles = roles;
  if (HasRole(roles, "controller")) host.link_address = "unix:" + layout().link(id);
  host.plugins = plugins->States();
  for (model::PluginState& state : host.plugins) state.message += EngineRemark(loaded, state);
  if (HasRole(roles, "builder")) {
    host.build_slots = config.builder_concurrency;
    for (const auto& [method, plugin] : MethodsOf(loaded)) host.build_methods.push_back(method);
  }
  return host;
}

Result<std::unique_ptr<Node>> Node::Start(const config::Config& config,
                                          const std::vector<std::string>& roles,
                                          const std::string& program,
                                          const std::stop_token& cancel) {
  NS_ASSIGN(auto foundation, Foundation::Lay(config, cancel));
  auto parts = std::make_unique<Parts>(config, roles, std::move(foundation), program);
  if (HasRole(roles, "services")) {
    parts->dispatcher.emplace(
        ApiSettingsOf(config, parts->layout(), parts->foundation->keys()),
        api::Parts{parts->store, parts->git, parts->outputs, SystemClock(), SystemRandom()});
    parts->edge_calls.emplace(*parts->dispatcher);
  }
  if (const Status succeeded = Succeed(parts->layout(), roles, parts->id, parts->store.hosts);
      !succeeded.ok()) {
    log::Info("the row of the process before stays until it is out of date",
              {{"why", succeeded.ToString()}});
  }
  parts->LoadPlugins(program);
  // Before the loops: what they take is theirs only while this host's lease is alive.
  parts->heartbeat.emplace(
      parts->store.hosts, [raw = parts.get()] { return raw->Describe(); },
      [raw = parts.get()] { raw->Relist(); }, SystemClock());
  NS_TRY(parts->StartWork(program, cancel));
  parts->Subscribe();
  parts->foundation->Listen();
  if (HasRole(roles, "services")) parts->services.emplace(parts->loaded, config, SystemClock());
  // A builder that has come may take what waits. Should the hint be lost, the relist comes to it.
  if (const Status sent =
          parts->builder ? parts->store.hints.Send({ports::Hint::Kind::kQueue, ""}) : Status();
      !sent.ok()) {
    log::Info("the queue is looked at a little later", {{"why", sent.ToString()}});
  }
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Node::~Node() = default;

Status Node::Run(const std::stop_token& stop) {
  log::Info("host runs", {{"host", parts_->id.str()}, {"version", Version()}});
  while (!stop.stop_requested()) {
    if (parts_->services) parts_->services->Advance();
    parts_->plugins->Retry();
    if (const auto fenced = parts_->plugins->RequiredFenced()) return *fenced;
    act::Pause(stop, kCare);
  }
  return {};
}

}  // namespace ns::host
