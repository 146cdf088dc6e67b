// SSH host keys, trusted at first sight and kept.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

// "SHA256:..." as ssh-keygen prints it, of the 32 bytes of a key's digest.
std::string KeyFingerprint(std::string_view sha256);

// Compares the key of `host` ("git.example.com:22") with the one kept in `file`; keeps it when the
// host is new. "AuthenticationFailed" when it has changed, with both fingerprints and what to do.
Status CheckHostKey(const std::string& file, const std::string& host,
                    const std::string& fingerprint);

}  // namespace ns::git
