// What tells in a database whether a key file is the one that it was made with.
#pragma once

#include <map>
#include <string>

#include "base/status.h"

namespace ns::store {

class Pool;

// A keyed hash of a constant for each key of a key file, by the key's name: whoever has the key
// can tell that it is the same, and nobody learns the key.
using KeyChecks = std::map<std::string, std::string>;

// kPrecondition with the reason "KeyFileWrong" where a key of `own` has another value in `kept`.
// Keys that only one of the two has are no mistake: keys are made, and copied, one after the other.
Status CompareKeyChecks(const KeyChecks& kept, const KeyChecks& own);

Result<KeyChecks> LoadKeyChecks(Pool& pool);
// Compares, and adds those that are not kept yet; others stay as they are.
Status KeepKeyChecks(Pool& pool, const KeyChecks& own);

}  // namespace ns::store
