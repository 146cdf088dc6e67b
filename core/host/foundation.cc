#include "host/foundation.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHelperLimit = 60s;
constexpr Duration kTick = 500ms;

store::PgOptions PgOptionsOf(const config::Config& config, const Layout& layout) {
  store::PgOptions options;
  options.connection = ConnectionOf(config, layout);
  return options;
}

}  // namespace

store::ClusterOptions ClusterOptionsOf(const Layout& layout) {
  store::ClusterOptions options;
  options.data = layout.postgres();
  options.socket = layout.postgres_socket();
  return options;
}

std::string ConnectionOf(const config::Config& config, const Layout& layout) {
  return config.database.embedded ? store::ClusterConnection(layout.postgres_socket())
                                  : config.database.connection.Reveal();
}

std::string KeyFileOf(const config::Config& config, const Layout& layout) {
  return config.key_file.empty() ? layout.key() : config.key_file;
}

Status EnsureDatabase(const config::Config& config, const Layout& layout,
                      supervise::Supervisor& supervisor, const std::stop_token& cancel) {
  if (!config.database.embedded) return {};
  const store::ClusterOptions options = ClusterOptionsOf(layout);
  NS_ASSIGN(const supervise::HelperSpec helper,
            store::PrepareCluster(options, SystemClock(), cancel));
  NS_TRY(supervisor.Ensure(helper, kHelperLimit, cancel));
  return store::EnsureDatabase(options);
}

Result<std::unique_ptr<Foundation>> Foundation::Lay(const config::Config& config,
                                                    const std::stop_token& cancel) {
  const Layout layout(config.data);
  NS_TRY(MakeFolders(layout));
  NS_ASSIGN(KeyFile keys, LoadOrMakeKeyFile(KeyFileOf(config, layout), SystemRandom()));
  std::unique_ptr<Foundation> foundation(new Foundation(config, layout, std::move(keys)));
  NS_TRY(foundation->Open(config, cancel));
  return foundation;
}

Foundation::Foundation(const config::Config& config, Layout layout, KeyFile keys)
    : layout_(std::move(layout)),
      keys_(std::move(keys)),
      supervisor_(layout_.helpers(), SystemClock()),
      store_(PgOptionsOf(config, layout_), Sealer(keys_.seal_id, keys_.seal), SystemRandom()),
      ticker_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) supervisor_.Tick(kTick);
      }) {}

void Foundation::Listen() {
  listener_ = std::jthread([this](const std::stop_token& stop) { store_.Listen(stop); });
}

Status Foundation::Open(const config::Config& config, const std::stop_token& cancel) {
  std::string told;  // one line for each thing that stands in the way
  while (!cancel.stop_requested()) {
    Status opened = EnsureDatabase(config, layout_, supervisor_, cancel);
    if (opened.ok()) opened = store_.Check();
    const bool passing = opened.code() == Code::kUnavailable || opened.code() == Code::kDeadline ||
                         opened.code() == Code::kCancelled;
    if (!passing) return opened;
    if (opened.message() != told) log::Warn("waits for the database", {{"why", opened.ToString()}});
    told = opened.message();
    act::Pause(cancel, 1s);
  }
  return {Code::kCancelled, "asked to stop before the database answered"};
}

}  // namespace ns::host
