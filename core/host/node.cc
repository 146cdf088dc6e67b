#include "host/node.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "act/builder.h"
#include "act/pause.h"
#include "act/store_desk.h"
#include "act/worker_pool.h"
#include "base/log.h"
#include "base/mutex.h"
#include "git/git_remote.h"
#include "host/controller.h"
#include "host/edge_calls.h"
#include "host/faults.h"
#include "host/foundation.h"
#include "host/heartbeat.h"
#include "host/link_files.h"
#include "host/loaded_plugins.h"
#include "host/memory_pressure.h"
#include "host/metrics_page.h"
#include "host/mirror_keeper.h"
#include "host/outputs.h"
#include "host/place.h"
#include "host/program.h"
#include "host/received_care.h"
#include "host/registry_collector.h"
#include "host/services.h"
#include "host/storage_health.h"
#include "host/stray_servers.h"
#include "host/succession.h"
#include "host/translate.h"
#include "host/version.h"
#include "link/entrance.h"
#include "link/server.h"
#include "ssgen/site_role.h"
#include "supervise/page_server.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHelperLimit = 30s;
constexpr Duration kCare = 2s;
constexpr size_t kLinkThreads = 4;  // that work for builders elsewhere

// A failure is told and repaired by the supervisor; the host goes on.
void EnsureHelper(supervise::Supervisor& supervisor, const Result<supervise::HelperSpec>& helper,
                  const std::stop_token& cancel) {
  const Status ensured =
      helper.ok() ? supervisor.Ensure(*helper, kHelperLimit, cancel) : helper.status();
  if (!ensured.ok()) log::Error("a helper does not run", {{"why", ensured.ToString()}});
}

// The database has answered before, and may be gone again for a while.
Result<int64_t> EpochOf(const ports::Store& store, const std::stop_token& cancel) {
  for (;;) {
    const Result<int64_t> epoch = store.deploys.Epoch();
    if (epoch.ok() || epoch.status().code() != Code::kUnavailable || cancel.stop_requested())
      return epoch;
    log::Warn("waits for the database", {{"why", epoch.status().ToString()}});
    act::Pause(cancel, 1s);
  }
}

}  // namespace

// In the order of construction.
struct Node::Parts {
  Parts(const config::Config& given, std::vector<std::string> its_roles,
        std::unique_ptr<Foundation> its_foundation, link::Identity its_identity,
        std::string its_place, const std::string& program)
      : config(given),
        place(std::move(its_place)),
        roles(std::move(its_roles)),
        id(HostId::New(SystemRandom())),
        foundation(std::move(its_foundation)),
        store(faults.Through(foundation->store())),
        real_git(git::NewGitRemote(GitOptionsOf(config, layout(), foundation->keys(), program),
                                   SystemClock())),
        remotes(*real_git, store, ReceivedPlacesOf(layout(), foundation->keys(), place),
                SystemClock()),
        git(faults.Through(remotes)),
        received(git::NewGitReceive(ReceiveOptionsOf(config, layout(), foundation->keys(), program),
                                    SystemClock())),
        mirrors(layout().git(), &foundation->store().repositories, SystemClock()),
        real_registry(registry::NewRegistry(RegistryOptionsOf(config, layout()), SystemClock())),
        registry(faults.Through(*real_registry)),
        outputs(store.hosts, its_identity) {}

  ~Parts() {
    Retire();
    foundation->StopListening();  // hints go to the parts that end now
    to_relist.With([](Controller*& gone) { gone = nullptr; });
  }

  const Layout& layout() const { return foundation->layout(); }
  void LoadPlugins(const std::string& program);
  Status StartWork(const std::string& program, const std::stop_token& cancel);
  Status OpenEntrance();
  Status StartSites();
  Status EndStrays() { return EndStraySiteServers(layout(), loaded, foundation->supervisor()); }
  void TellQueue();
  void Subscribe();
  void Relist();
  void Retire();
  model::Host Describe();
  std::string Metrics();

  const config::Config config;
  const std::string place;  // the data folder
  const std::vector<std::string> roles;
  const HostId id;
  Succession succession;
  const std::unique_ptr<Foundation> foundation;
  Faults faults;
  const ports::Store store;
  const std::unique_ptr<ports::GitRemote> real_git;
  ReceivedRemotes remotes;
  ports::GitRemote& git;
  const std::unique_ptr<ports::GitReceive> received;  // served by the role services
  const MirrorKeeper mirrors;                         // looks past failpoints
  const std::unique_ptr<ports::Registry> real_registry;
  ports::Registry& registry;
  LinkedOutputs outputs;
  metrics::Calls counted;
  std::optional<api::Dispatcher> dispatcher;
  std::optional<EdgeCalls> edge_calls;
  std::optional<plugin::PluginHost> plugins;
  std::vector<plugin::Loaded> loaded;
  std::optional<StorageHealth> storage_health;
  std::atomic<bool> leaving = false;
  std::atomic<bool> sites_served = false;  // the role ssgen is carried out
  Guarded<Controller*> to_relist;          // once there is one
  std::optional<Heartbeat> heartbeat;      // outlives the loops, whose lease it keeps
  std::unique_ptr<link::Server> link;
  act::WorkerPool link_workers{kLinkThreads};
  std::unique_ptr<link::Entrance> entrance;
  std::optional<act::Parts> act_parts;
  std::optional<Controller> controller;
  std::optional<RegistryCollector> collector;
  std::optional<act::StoreDesk> desk;
  std::optional<act::Builder> builder;
  std::unique_ptr<ssgen::SiteRole> sites;
  std::optional<Services> services;
  std::optional<ReceivedCare> received_care;
};

void Node::Parts::LoadPlugins(const std::string& program) {
  plugins.emplace(PluginSettingsOf(config, layout(), program),
                  plugin::HostParts{SystemClock(), foundation->supervisor(),
                                    edge_calls ? &*edge_calls : nullptr});
  loaded = plugins->Load(WantedOf(config), KindsOf(roles)).loaded;
  storage_health.emplace(config.storage, loaded, SystemClock());  // looks past failpoints
  PutFaults(faults, loaded);
}

Status Node::Parts::StartWork(const std::string& program, const std::stop_token& cancel) {
  act_parts.emplace(act::Parts{store, git, registry, BackendsOf(loaded), SystemRandom(),
                               SystemClock(), id, [this] { return heartbeat->LeaseAlive(); },
                               StorageOf(loaded, config.storage),
                               [this] { return !collector || !collector->collects(); }});
  if (HasRole(roles, "controller")) {
    if (config.registry.embedded) {
      EnsureHelper(foundation->supervisor(),
                   registry::PrepareEmbeddedRegistry(EmbeddedRegistryOf(config, layout())), cancel);
      collector.emplace(EmbeddedRegistryOf(config, layout()), config.registry.collect, store.builds,
                        foundation->supervisor(), SystemClock());
    }
    EnsureHelper(foundation->supervisor(),
                 supervise::PageServerHelper(program, layout().pages(), config.page_listen),
                 cancel);
    NS_ASSIGN(const int64_t epoch, EpochOf(store, cancel));
    NS_ASSIGN(const std::string pages, supervise::PageServerAddress(layout().pages()));
    NS_ASSIGN(link, link::Server::Listen(layout().link(id), id, BackendsOf(loaded)));
    NS_TRY(OpenEntrance());
    controller.emplace(*act_parts, ControllerOptions{foundation->keys().hash,
                                                     epoch,
                                                     pages,
                                                     "http://" + config.sites.listen,
                                                     {config.keep.releases, config.keep.logs,
                                                      config.keep.history}});
    to_relist.With([this](Controller*& loops) { loops = &*controller; });
  }
  if (HasRole(roles, "builder")) {
    desk.emplace(store, registry, StorageOf(loaded, config.storage),
                 DeskKeysOf(config, foundation->keys()), id);
    builder.emplace(act::BuilderParts{faults.Through(*desk), git, MethodsOf(loaded),
                                      EnginesOf(loaded, config.engines), layout().sources(),
                                      SystemRandom(), SystemClock()},
                    config.builder_concurrency);
  }
  if (HasRole(roles, "ssgen")) NS_TRY(StartSites());
  return {};
}

// Without what sites need there are none here, and nobody waits for this host.
Status Node::Parts::StartSites() {
  std::vector<ssgen::NamedServer> servers = SiteServersOf(loaded, config, layout());
  ports::Storage* const storage = StorageOf(loaded, config.storage);
  const bool chosen =
      std::ranges::find(servers, config.site_server, &ssgen::NamedServer::name) != servers.end();
  if (!chosen || storage == nullptr) {
    log::Warn("no static sites are served here: the site server or the storage is not loaded",
              {{"site_server", config.site_server}, {"storage", config.storage}});
    return config.site_server.empty() ? EndStrays() : Status();
  }
  NS_ASSIGN(sites, ssgen::SiteRole::Start({store, *storage, id, HostName(), SystemRandom(),
                                           SystemClock(), [this] { return EndStrays(); }},
                                          std::move(servers), config.site_server));
  sites_served = true;
  return {};
}

// There may be something to take over.
void Node::Parts::Relist() {
  to_relist.With([](Controller* loops) {
    if (loops != nullptr) loops->Relist();
  });
}

// Where hosts on other machines come in, if any may.
Status Node::Parts::OpenEntrance() {
  if (config.link.listen.empty()) return {};
  NS_ASSIGN(link::EntranceOptions options, EntranceOptionsOf(config.link));
  link::EntranceParts parts{
      id,
      BackendsOf(loaded),
      store.hosts,
      [this](const HostId& host) -> std::unique_ptr<ports::BuildDesk> {
        act::DeskKeys keys = DeskKeysOf(config, foundation->keys());
        keys.reach = [this](ports::Remote remote) {
          return remotes.ForElsewhere(std::move(remote));
        };
        return std::make_unique<act::StoreDesk>(store, registry, StorageOf(loaded, config.storage),
                                                std::move(keys), host);
      },
      [this] { TellQueue(); },
      [this](std::function<void()> work) { link_workers.Submit(std::move(work)); },
      SystemClock()};
  NS_ASSIGN(entrance, link::Entrance::Open(std::move(options), std::move(parts)));
  return {};
}

// A builder that has come may take what waits. Should the hint be lost, the relist comes to it.
void Node::Parts::TellQueue() {
  const Status sent = store.hints.Send({ports::Hint::Kind::kQueue, ""});
  if (!sent.ok()) log::Info("the queue is looked at a little later", {{"why", sent.ToString()}});
}

void Node::Parts::Subscribe() {
  store.hints.Subscribe([this](const ports::Hint& hint) {
    if (controller) controller->Hinted(hint);
    if (sites) sites->Hinted(hint);
    const bool for_builders = hint.kind == ports::Hint::Kind::kQueue ||
                              hint.kind == ports::Hint::Kind::kBuild ||
                              hint.kind == ports::Hint::Kind::kDetection;
    if (!for_builders) return;
    if (builder) builder->Wake();
    if (entrance) entrance->Look();
  });
}

// A builder that goes is given nothing more before it gives back what it has: else it would get
// that again.
void Node::Parts::Retire() {
  leaving = true;
  if (!builder) return;
  const Status told = store.hosts.Beat(Describe(), kHostLease).status();
  if (!told.ok()) log::Info("the builder leaves unannounced", {{"why", told.ToString()}});
}

std::string Node::Parts::Metrics() {
  return MetricsText({store, [this] { return foundation->pool_figures(); },
                      [this] { return edge_calls ? edge_calls->open() : 0; }, SystemClock()},
                     counted);
}

model::Host Node::Parts::Describe() {
  model::Host host;
  host.id = id;
  host.name = HostName();
  host.roles = roles;
  if (!sites_served) std::erase(host.roles, "ssgen");
  if (HasRole(roles, "controller")) {
    host.link_address = "unix:" + layout().link(id);
    if (!config.link.listen.empty()) host.link_address += AdvertisedBy(config.link);
  }
  host.figures = to_relist.With([](Controller* loops) {
    return loops == nullptr ? std::vector<std::string>() : loops->Figures();
  });
  host.plugins = StatesOf(*plugins, loaded);
  storage_health->AddTo(host.plugins);
  if (HasRole(roles, "builder")) {
    host.build_slots = leaving ? 0
                               : SlotsUnder(MemoryPressure(), config.builder_memory_pressure,
                                            config.builder_concurrency);
    for (const auto& [method, plugin] : MethodsOf(loaded)) host.build_methods.push_back(method);
  }
  return host;
}

Result<std::unique_ptr<Node>> Node::Start(const config::Config& config,
                                          const std::vector<std::string>& roles,
                                          const std::string& program,
                                          const std::stop_token& cancel) {
  NS_ASSIGN(link::Identity identity, IdentityOf(config.link));
  NS_ASSIGN(auto foundation, Foundation::Lay(config, cancel));
  NS_ASSIGN(std::string place,
            PlaceName(foundation->layout().place(), MachineName(), SystemRandom()));
  auto parts = std::make_unique<Parts>(config, roles, std::move(foundation), std::move(identity),
                                       std::move(place), program);
  if (HasRole(roles, "services")) {
    parts->dispatcher.emplace(
        ApiSettingsOf(config, parts->foundation->keys(), parts->place),
        api::Parts{parts->store, parts->git, parts->outputs, SystemClock(), SystemRandom(),
                   [raw = parts.get()] { return StorageOf(raw->loaded, raw->config.storage); },
                   [raw = parts.get()] { return raw->Metrics(); },
                   config.receive.enabled ? parts->received.get() : nullptr});
    // Twice as many threads as turns, so that who waits for one is told so in time.
    parts->edge_calls.emplace(*parts->dispatcher, parts->counted, SystemClock(),
                              2 * static_cast<size_t>(config.receive.concurrency));
  }
  if (const Status succeeded =
          parts->succession.Take(parts->layout(), roles, parts->id, parts->store.hosts);
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
  if (HasRole(roles, "services") && config.receive.enabled)
    parts->received_care.emplace(ReceivedCarer(parts->store.received, *parts->received,
                                               parts->place, config.receive.address, SystemClock()),
                                 SystemClock());
  if (parts->builder) parts->TellQueue();
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

void Node::Reload(const config::Config& now) {
  if (!parts_->sites) return;
  const Status chosen = parts_->sites->Choose(now.site_server);
  if (!chosen.ok())
    log::Error(
        "the site server stays: one that is new among the plugins is loaded at the next start",
        {{"why", chosen.ToString()}});
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Node::~Node() = default;

Status Node::Run(const std::stop_token& stop) {
  log::Info("host runs", {{"host", parts_->id.str()}, {"version", Version()}});
  while (!stop.stop_requested()) {
    if (parts_->services) parts_->services->Advance();
    if (parts_->dispatcher) parts_->dispatcher->SendOwed();
    parts_->plugins->Retry();
    if (const auto fenced = parts_->plugins->RequiredFenced()) return *fenced;
    act::Pause(stop, kCare);
  }
  return {};
}

}  // namespace ns::host
