#include "host/remote_builder.h"

#include <atomic>
#include <optional>
#include <thread>

#include "act/builder.h"
#include "act/pause.h"
#include "base/log.h"
#include "git/git_remote.h"
#include "host/link_files.h"
#include "host/loaded_plugins.h"
#include "host/memory_pressure.h"
#include "host/mirror_keeper.h"
#include "host/storage_health.h"
#include "host/translate.h"
#include "host/version.h"
#include "link/remote_desk.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kCare = 2s;
constexpr Duration kTick = 500ms;

}  // namespace

bool IsRemoteBuilder(const config::Config& config, const std::vector<std::string>& roles) {
  return !config.link.connect.empty() && roles == std::vector<std::string>{"builder"};
}

// In the order of construction.
struct RemoteBuilder::Parts {
  Parts(const config::Config& given, link::Identity identity, const std::string& program)
      : config(given),
        layout(config.data),
        supervisor(layout.helpers(), SystemClock()),
        ticker([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) supervisor.Tick(kTick);
        }),
        // Every key that a remote asks for comes with the order.
        git(git::NewGitRemote(GitOptionsOf(config, layout, KeyFile(), program), SystemClock())),
        mirrors(layout.git(), nullptr, SystemClock()),
        plugins(PluginSettingsOf(config, layout, program),
                plugin::HostParts{SystemClock(), supervisor, nullptr}),
        loaded(plugins.Load(WantedOf(config), KindsOf({"builder"})).loaded),
        storage_health(config.storage, loaded, SystemClock()),
        desk(DeskOptions(std::move(identity)), SystemRandom(), SystemClock()) {
    PutFaults(faults, loaded);
    builder.emplace(act::BuilderParts{faults.Through(desk), faults.Through(*git), MethodsOf(loaded),
                                      EnginesOf(loaded, config.engines), layout.sources(),
                                      SystemRandom(), SystemClock()},
                    config.builder_concurrency);
    line = std::jthread([this](const std::stop_token& stop) { desk.Run(stop); });
  }
  // While the line still stands: first no more builds are given to us, then what runs goes back.
  ~Parts() {
    leaving = true;
    desk.Tell();
    builder->Leave();
  }

  link::RemoteDeskOptions DeskOptions(link::Identity identity) {
    link::RemoteDeskOptions options;
    options.connect = config.link.connect;
    options.identity = std::move(identity);
    options.process = NewIdText(SystemRandom());
    options.state = [this] {
      model::Host host;
      host.build_slots = leaving ? 0
                                 : SlotsUnder(MemoryPressure(), config.builder_memory_pressure,
                                              config.builder_concurrency);
      for (const auto& [method, plugin] : MethodsOf(loaded)) host.build_methods.push_back(method);
      host.plugins = StatesOf(plugins, loaded);
      storage_health.AddTo(host.plugins);
      return host;
    };
    options.look = [this] { builder->Wake(); };
    return options;
  }

  const config::Config config;
  const Layout layout;
  supervise::Supervisor supervisor;
  const std::jthread ticker;
  Faults faults;
  std::atomic<bool> leaving = false;
  const std::unique_ptr<ports::GitRemote> git;
  const MirrorKeeper mirrors;
  plugin::PluginHost plugins;
  std::vector<plugin::Loaded> loaded;
  StorageHealth storage_health;
  link::RemoteDesk desk;
  std::optional<act::Builder> builder;
  std::jthread line;  // ends before the builder that it wakes
};

Result<std::unique_ptr<RemoteBuilder>> RemoteBuilder::Start(const config::Config& config,
                                                            const std::string& program) {
  NS_ASSIGN(link::Identity identity, IdentityOf(config.link));
  NS_TRY(MakeFolders(Layout(config.data)));
  auto parts = std::make_unique<Parts>(config, std::move(identity), program);
  return std::unique_ptr<RemoteBuilder>(new RemoteBuilder(std::move(parts)));
}

RemoteBuilder::RemoteBuilder(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

RemoteBuilder::~RemoteBuilder() = default;

Status RemoteBuilder::Run(const std::stop_token& stop) {
  log::Info("builder runs", {{"version", Version()}});
  while (!stop.stop_requested()) {
    parts_->plugins.Retry();
    if (const auto fenced = parts_->plugins.RequiredFenced()) return *fenced;
    act::Pause(stop, kCare);
  }
  return {};
}

}  // namespace ns::host
