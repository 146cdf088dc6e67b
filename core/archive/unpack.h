// From an artifact to a folder.
#pragma once

#include <cstdint>
#include <string>

#include "archive/limits.h"
#include "archive/stream.h"
#include "base/status.h"

namespace ns::archive {

enum class Format {
  kTarGz,  // an artifact
  kTar,    // what an engine exports
};

struct Unpacked {
  uint64_t entries = 0;
  uint64_t bytes = 0;  // of the files
  friend bool operator==(const Unpacked&, const Unpacked&) = default;
};

// Unpacks into `folder`, which exists, is empty and is nobody else's. Nothing is ever made outside
// it, whatever the source gives. Files come out with 0644, or 0755 where their owner may run them,
// folders with 0755; times are those of the unpacking.
// Whatever is no file and no folder is refused, and so is a path that is absolute, leaves by "..",
// comes twice, or is no UTF-8 (entry_name.h). kInvalid of the source with "ArtifactInvalid" or
// "ArtifactTooLarge", as soon as it is seen; kUnavailable of the platform ("DiskFull") for what the
// file system refuses; what the source says unchanged. After a failure the folder holds a part.
Result<Unpacked> Unpack(const Source& source, const std::string& folder,
                        Format format = Format::kTarGz, const Limits& limits = {});

}  // namespace ns::archive
