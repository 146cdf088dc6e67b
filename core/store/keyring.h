// The keys that seal secrets in the database.
#pragma once

#include <functional>
#include <vector>

#include "base/crypto.h"
#include "base/status.h"

namespace ns::store {

// The first seals, all open. `reread`, where given, reads them again, so that a running process
// takes up a new key.
struct Keyring {
  std::vector<Sealer> sealers;  // at least one
  std::function<Result<std::vector<Sealer>>()> reread;
};

}  // namespace ns::store
