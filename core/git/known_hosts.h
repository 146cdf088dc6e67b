// SSH host keys of hosts that none is pinned for: trusted at first sight and kept.
#pragma once

#include <string>

#include "base/status.h"

namespace ns::git {

// Compares the key of `host` ("git.example.com:22") with the one kept in `file`; keeps it when the
// host is new and `keep` says so. "HostKeyChanged" when it has changed, with both fingerprints and
// what to do.
Status CheckHostKey(const std::string& file, const std::string& host,
                    const std::string& fingerprint, bool keep);

}  // namespace ns::git
