// Secrets on their way into columns and out of them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/mutex.h"
#include "store/keyring.h"

namespace ns::store {

// [any-thread]
class Sealing {
 public:
  explicit Sealing(Keyring keys);

  // What seals now: hold on to it for one row, whose key id stands beside its secrets. Picks up a
  // new key within seconds.
  std::shared_ptr<const Sealer> Current() const;
  // kInternal with the reason "SealBroken" when it was sealed with a key that is not here, or in
  // another place. `place` names table, row and column.
  Result<Secret> Open(const std::optional<std::string>& sealed, const std::string& place) const;
  bool Knows(const std::string& key_id) const;

 private:
  using Sealers = std::vector<std::shared_ptr<const Sealer>>;
  // Reads the keys again where that was not done for `age`.
  Sealers Look(Duration age) const;

  const std::function<Result<std::vector<Sealer>>()> reread_;
  mutable Mutex mutex_;
  mutable Sealers sealers_ NS_GUARDED_BY(mutex_);
  mutable Duration looked_ NS_GUARDED_BY(mutex_);
};

// nullopt for an empty secret.
std::optional<std::string> SealNonEmpty(const Sealer& sealer, const Secret& plain,
                                        const std::string& place);

}  // namespace ns::store
