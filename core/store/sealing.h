// Secrets on their way into columns and out of them.
#pragma once

#include <optional>
#include <string>

#include "base/crypto.h"

namespace ns::store {

// A sealed column's value and the key id beside it.
class Sealing {
 public:
  explicit Sealing(Sealer sealer) : sealer_(std::move(sealer)) {}
  const std::string& key_id() const { return sealer_.key_id(); }

  // nullopt for an empty secret. `place` names table, row and column.
  std::optional<std::string> Seal(const Secret& plain, const std::string& place) const {
    if (plain.empty()) return std::nullopt;
    return SealAlways(plain, place);
  }
  std::string SealAlways(const Secret& plain, const std::string& place) const {
    return sealer_.Seal(plain, place);
  }
  // kInternal when it was sealed with another key or in another place.
  Result<Secret> Open(const std::optional<std::string>& sealed, const std::string& place) const {
    if (!sealed) return Secret();
    Result<Secret> plain = sealer_.Open(*sealed, place);
    if (plain.ok()) return plain;
    return Status(Code::kInternal, "SealBroken",
                  "the secret at " + place + " does not open with the key \"" + key_id() +
                      "\": is this the key file that belongs to the database?")
        .SetFault(Fault::kOperator);
  }

 private:
  Sealer sealer_;
};

}  // namespace ns::store
