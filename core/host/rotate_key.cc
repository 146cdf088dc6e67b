#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cstdio>

#include "host/commands.h"
#include "host/environment.h"
#include "host/foundation.h"
#include "model/quarantine.h"
#include "supervise/fd.h"

namespace ns::host {
namespace {

using supervise::Fd;

// Two rotations at once would each replace the other's key.
Result<Fd> LockRotation(const std::string& key_file) {
  Fd lock(open((key_file + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return Unavailable("cannot make " + key_file + ".lock");
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Unavailable("another rotation of the key is under way");
  return lock;
}

Result<store::PgStore*> Opened(std::optional<store::PgStore>& store, const config::Config& config,
                               const Layout& layout, const std::string& key_file) {
  NS_ASSIGN(const KeyFile keys, LoadKeyFile(key_file));
  store::PgOptions options;
  options.connection = ConnectionOf(config, layout);
  store.emplace(options, store::Keyring{SealersOf(keys), nullptr}, SystemRandom());
  NS_TRY(store->Check());
  NS_TRY(store->KeepKeys(KeyChecksOf(keys)));
  return &*store;
}

// Whether rows under older keys are left: then an earlier run, or its preparation, made a key for
// them already.
Result<bool> IsUnfinished(store::PgStore& store, const std::string& key_file) {
  NS_ASSIGN(const KeyFile keys, LoadKeyFile(key_file));
  NS_ASSIGN(const auto used, store.KeysInUse());
  return std::ranges::any_of(used, [&](const std::string& id) { return id != keys.seal_id; });
}

// What is left as it was, since no key opens it.
Status Unopened(const store::Resealed& done) {
  for (const std::string& place : done.unopened)
    std::fprintf(stderr, "no key opens the secret at %s\n", place.c_str());
  if (done.unopened.empty()) return {};
  return Status(Code::kPrecondition, model::kSealBroken,
                "secrets that no key opens are left under the key they had: set each again, or "
                "delete it, then run this once more")
      .SetFault(Fault::kOperator);
}

Status Rotate(const config::Config& config, bool prepare) {
  const Layout layout(config.data);
  const std::string key_file = KeyFileOf(config, layout);
  NS_TRY(MakeFolders(layout));
  NS_TRY(LoadKeyFile(key_file).status());
  NS_ASSIGN(const Fd lock, LockRotation(key_file));
  supervise::Supervisor supervisor(layout.helpers(), SystemClock());
  NS_TRY(EnsureDatabase(config, layout, supervisor, {}));
  std::optional<store::PgStore> store;
  NS_ASSIGN(store::PgStore * before, Opened(store, config, layout, key_file));
  NS_ASSIGN(const bool unfinished, IsUnfinished(*before, key_file));
  if (!unfinished) NS_TRY(AddSealKey(key_file, SystemRandom()));
  NS_ASSIGN(store::PgStore * after, Opened(store, config, layout, key_file));
  NS_ASSIGN(const KeyFile keys, LoadKeyFile(key_file));
  std::printf("the key \"%s\" %s %s\n", keys.seal_id.c_str(),
              unfinished ? "of an earlier run is in" : "was made and put into", key_file.c_str());
  if (prepare) {
    std::printf("copy the file to the other machines of this installation, then run this again\n");
    return {};
  }
  NS_ASSIGN(const store::Resealed done, after->Reseal());
  std::printf("%lld rows were sealed anew; back the key file up\n",
              static_cast<long long>(done.rows));
  return Unopened(done);
}

}  // namespace

int RotateKey(const std::string& path, bool prepare) {
  const config::Loaded loaded = config::LoadFile(path, Environment());
  for (const auto& mistake : loaded.mistakes)
    std::fprintf(stderr, "%s\n", mistake.ToString().c_str());
  if (!loaded.ok()) return 2;
  const Status rotated = Rotate(loaded.config, prepare);
  if (rotated.ok()) return 0;
  std::fprintf(stderr, "nsd: %s\n", rotated.message().c_str());
  return 1;
}

}  // namespace ns::host
