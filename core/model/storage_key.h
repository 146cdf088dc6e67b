// Names of what a storage keeps. Pure.
#pragma once

#include <string_view>

namespace ns::model {

// 1 to 512 bytes: names of [a-z0-9._-] with '/' in between, each of at most 200 bytes and not
// beginning with '.' (ns/abi/storage.h).
bool IsStorageKey(std::string_view key);

}  // namespace ns::model
