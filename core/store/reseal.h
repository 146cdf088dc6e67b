// Which keys the rows were sealed with, and the same secrets under the newest one.
#pragma once

#include <string>
#include <vector>

#include "store/pool.h"
#include "store/resealed.h"
#include "store/sealing.h"

namespace ns::store {

// Ids of the keys that sealed anything in the database.
Result<std::vector<std::string>> SealKeysInUse(Pool& pool);

// Seals every secret under another key than the newest anew, some rows in a transaction. Rows with
// a secret that no key opens stay as they are. Goes on where an earlier run was ended; others may
// read and write meanwhile.
Result<Resealed> Reseal(Pool& pool, const Sealing& sealing);

}  // namespace ns::store
