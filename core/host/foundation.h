// What every role stands on: folders, keys, helpers, the database.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include "config/config.h"
#include "host/key_file.h"
#include "host/layout.h"
#include "store/cluster.h"
#include "store/pg_store.h"
#include "supervise/supervisor.h"

namespace ns::host {

store::ClusterOptions ClusterOptionsOf(const Layout& layout);
// Of the embedded database or of the operator's own.
std::string ConnectionOf(const config::Config& config, const Layout& layout);
// Where the sealing key and the others are kept.
std::string KeyFileOf(const config::Config& config, const Layout& layout);
// The keys of that file, and how a running process learns of a new one.
store::Keyring KeyringOf(const std::string& key_file, const KeyFile& keys);
// Starts or adopts the embedded cluster, where there is one, with its database in it.
Status EnsureDatabase(const config::Config& config, const Layout& layout,
                      supervise::Supervisor& supervisor, const std::stop_token& cancel);

class Foundation {
 public:
  // Waits for a database that is out of reach: for one of the operator's own half a minute, since
  // its address may be wrong (kUnavailable); for the embedded one until a stop is requested
  // (kCancelled). Any other failure is final, and so is an own database that there is not or that
  // refuses the login ("DatabaseMissing", "DatabaseDenied"). Keys are made for a database that has
  // known none alone: kPrecondition with the reason "KeyFileLost" or "KeyFileWrong" for any other.
  static Result<std::unique_ptr<Foundation>> Lay(const config::Config& config,
                                                 const std::stop_token& cancel);

  const Layout& layout() const { return layout_; }
  const KeyFile& keys() const { return *keys_; }
  supervise::Supervisor& supervisor() { return supervisor_; }
  ports::Store store() { return store_->store(); }
  store::PoolFigures pool_figures() { return store_->figures(); }
  // Receives hints from now on: subscribe before.
  void Listen();
  void StopListening() { listener_ = {}; }

 private:
  explicit Foundation(Layout layout);
  // The database answers and has the schema that this program needs.
  Status AwaitDatabase(const config::Config& config, const std::stop_token& cancel);
  Status OpenStore(const config::Config& config);

  const Layout layout_;
  std::optional<KeyFile> keys_;
  supervise::Supervisor supervisor_;
  std::optional<store::PgStore> store_;
  std::jthread ticker_, listener_;
};

}  // namespace ns::host
