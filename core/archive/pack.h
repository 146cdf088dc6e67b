// From a folder to an artifact.
#pragma once

#include <cstdint>
#include <string>

#include "archive/limits.h"
#include "archive/stream.h"
#include "base/status.h"

namespace ns::archive {

struct Packed {
  std::string sha256;  // 64 hex characters, of what the sink was given
  uint64_t size = 0;   // bytes of it
  uint64_t entries = 0;
  friend bool operator==(const Packed&, const Packed&) = default;
};

// Writes the files and folders below `folder`, which is left out itself, as tar.gz to `sink`. The
// same content gives the same bytes: entries in the order of their paths as bytes (a folder's ends
// in "/"), no owner, no time, 0644 or 0755.
// Anything but files and folders is refused with its path, and so is what Unpack would refuse
// ("ArtifactInvalid", "ArtifactTooLarge" of the source) or cannot be read (kUnavailable). What
// changes meanwhile is an error. Links are never followed.
Result<Packed> Pack(const std::string& folder, const Sink& sink, const Limits& limits = {});

}  // namespace ns::archive
