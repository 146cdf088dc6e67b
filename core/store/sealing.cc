#include "store/sealing.h"

#include <algorithm>

#include "base/log.h"
#include "model/quarantine.h"

namespace ns::store {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFresh = 5s;  // a new key seals from then on at the latest
// A text that does not open may be of a key that was made a moment ago, so the keys are read again
// at once, however short ago that was done.
constexpr Duration kAtOnce = 0s;

Duration Now() { return SystemClock().Monotonic(); }

std::vector<std::shared_ptr<const Sealer>> Shared(std::vector<Sealer> sealers) {
  std::vector<std::shared_ptr<const Sealer>> shared;
  for (Sealer& sealer : sealers)
    shared.push_back(std::make_shared<const Sealer>(std::move(sealer)));
  return shared;
}

}  // namespace

Sealing::Sealing(Keyring keys)
    : reread_(std::move(keys.reread)), sealers_(Shared(std::move(keys.sealers))), looked_(Now()) {}

Sealing::Sealers Sealing::Look(Duration age) const {
  Lock lock(mutex_);
  if (!reread_ || Now() - looked_ < age) return sealers_;
  looked_ = Now();
  Result<std::vector<Sealer>> read = reread_();
  if (read.ok())
    sealers_ = Shared(std::move(read).value());
  else
    log::Warn("the keys cannot be read again", {{"error", read.status().ToString()}});
  return sealers_;
}

std::shared_ptr<const Sealer> Sealing::Current() const { return Look(kFresh).front(); }

Result<Secret> Sealing::Open(const std::optional<std::string>& sealed,
                             const std::string& place) const {
  if (!sealed) return Secret();
  for (const Duration age : {Duration::max(), kAtOnce}) {
    for (const auto& sealer : Look(age)) {
      // A wrong key opens nothing, so trying is safe.
      Result<Secret> plain = sealer->Open(*sealed, place);
      if (plain.ok()) return plain;
    }
  }
  return Status(Code::kInternal, model::kSealBroken,
                "the secret at " + place +
                    " opens with none of the keys: is this the key file that belongs to the "
                    "database?")
      .SetFault(Fault::kOperator);
}

bool Sealing::Knows(const std::string& key_id) const {
  for (const Duration age : {Duration::max(), kAtOnce}) {
    const Sealers sealers = Look(age);
    if (std::ranges::any_of(sealers, [&](const auto& each) { return each->key_id() == key_id; }))
      return true;
  }
  return false;
}

std::optional<std::string> SealNonEmpty(const Sealer& sealer, const Secret& plain,
                                        const std::string& place) {
  if (plain.empty()) return std::nullopt;
  return sealer.Seal(plain, place);
}

}  // namespace ns::store
