// Tells whether the secrets of an application are others than last time, without keeping them.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/app.h"

namespace ns::engine {

// A keyed fingerprint; empty for no secrets. `key`: 16 bytes or more, known to this machine only.
std::string SecretPrint(const std::string& key, const std::vector<sdk::EnvVar>& secrets);

// Where the host keeps this machine's key (ns.host.state/1).
inline constexpr const char* kPrintKey = "secret-key";

// 32 random bytes.
std::string FreshKey();

}  // namespace ns::engine
