#include "host/foundation.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHelperLimit = 60s;
constexpr Duration kTick = 500ms;
constexpr Duration kDatabaseLimit = 30s;

store::PgOptions PgOptionsOf(const config::Config& config, const Layout& layout) {
  store::PgOptions options;
  options.connection = ConnectionOf(config, layout);
  return options;
}

// For questions about the database as a whole: it opens no secret.
store::PgStore Keyless(const config::Config& config, const Layout& layout) {
  return store::PgStore(PgOptionsOf(config, layout), Sealer("none", Secret(std::string(32, '\0'))),
                        SystemRandom());
}

Status KeysLost(const std::string& path) {
  return Status(Code::kPrecondition, "KeyFileLost",
                "the key file " + path +
                    " is gone, and the database was made with its keys: restore it from its "
                    "backup. New keys are not made: they would open no secret, and everything "
                    "would be built and deployed anew")
      .SetFault(Fault::kOperator);
}

// Of the operator's own database: no waiting mends it. The embedded one is made by ourselves.
bool IsRefused(const config::Config& config, const Status& opened) {
  return !config.database.embedded &&
         (opened.reason() == "DatabaseMissing" || opened.reason() == "DatabaseDenied");
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

store::Keyring KeyringOf(const std::string& key_file, const KeyFile& keys) {
  return {SealersOf(keys), [key_file, own = KeyChecksOf(keys)]() -> Result<std::vector<Sealer>> {
            NS_ASSIGN(const KeyFile read, LoadKeyFile(key_file));
            NS_TRY(store::CompareKeyChecks(own, KeyChecksOf(read)));  // somebody exchanged it
            return SealersOf(read);
          }};
}

Result<std::unique_ptr<Foundation>> Foundation::Lay(const config::Config& config,
                                                    const std::stop_token& cancel) {
  const Layout layout(config.data);
  NS_TRY(MakeFolders(layout));
  const std::string key_file = KeyFileOf(config, layout);
  if (KeyFileExists(key_file)) NS_TRY(LoadKeyFile(key_file).status());  // before any wait
  std::unique_ptr<Foundation> foundation(new Foundation(layout));
  NS_TRY(foundation->AwaitDatabase(config, cancel));
  NS_TRY(foundation->OpenStore(config));
  return foundation;
}

Foundation::Foundation(Layout layout)
    : layout_(std::move(layout)),
      supervisor_(layout_.helpers(), SystemClock()),
      ticker_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) supervisor_.Tick(kTick);
      }) {}

Status Foundation::OpenStore(const config::Config& config) {
  const std::string path = KeyFileOf(config, layout_);
  if (!KeyFileExists(path)) {
    NS_ASSIGN(const bool known, Keyless(config, layout_).HasKeys());
    // Another process may have made the file meanwhile, and used it.
    if (known && !KeyFileExists(path)) return KeysLost(path);
  }
  NS_ASSIGN(keys_, LoadOrMakeKeyFile(path, SystemRandom()));
  store_.emplace(PgOptionsOf(config, layout_), KeyringOf(path, *keys_), SystemRandom());
  return store_->KeepKeys(KeyChecksOf(*keys_));
}

void Foundation::Listen() {
  listener_ = std::jthread([this](const std::stop_token& stop) { store_->Listen(stop); });
}

Status Foundation::AwaitDatabase(const config::Config& config, const std::stop_token& cancel) {
  store::PgStore store = Keyless(config, layout_);
  const Duration give_up = SystemClock().Monotonic() + kDatabaseLimit;
  std::string told;  // one line for each thing that stands in the way
  while (!cancel.stop_requested()) {
    Status opened = EnsureDatabase(config, layout_, supervisor_, cancel);
    if (opened.ok()) opened = store.Check();
    const bool passing = opened.code() == Code::kUnavailable || opened.code() == Code::kDeadline ||
                         opened.code() == Code::kCancelled;
    if (!passing || IsRefused(config, opened)) return opened;
    if (!config.database.embedded && SystemClock().Monotonic() > give_up)
      return opened.Prefixed("the database under `database` has not answered for 30 s");
    if (opened.message() != told) log::Warn("waits for the database", {{"why", opened.ToString()}});
    told = opened.message();
    act::Pause(cancel, 1s);
  }
  return {Code::kCancelled, "asked to stop before the database answered"};
}

}  // namespace ns::host
