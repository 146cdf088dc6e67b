// What an artifact may be at most, and how what is wrong with one is said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"

namespace ns::archive {

// The same on both ways: what Pack makes Unpack takes.
struct Limits {
  uint64_t entries = 200'000;                // and as many folders, with those that have no entry
  uint64_t bytes = uint64_t{4} << 30;        // of all files together
  uint64_t ratio = 200;                      // of what comes out to what goes in, ...
  uint64_t ratio_from = uint64_t{16} << 20;  // ... once that many bytes have come out
  size_t path = 4'096;                       // bytes of a path
  size_t depth = 64;                         // names in a path
};

// kInvalid of the source, "ArtifactInvalid": `what` is wrong with it.
Status BadArtifact(const std::string& what);
// kInvalid of the source, "ArtifactTooLarge": it breaks the limit that `what` names.
Status TooLarge(const std::string& what);
// "ArtifactTooLarge" where a tar of `raw` bytes, headers and padding among them, is beyond them.
Status CheckTarBytes(uint64_t raw, const Limits& limits);
// The same where it comes out of a gzip of `packed` bytes.
Status CheckRatio(uint64_t raw, uint64_t packed, const Limits& limits);
// kUnavailable of the platform: the file system fails with that errno; "DiskFull" for no room.
Status CannotWrite(const std::string& path, int error);

// The same for what it does not read.
Status CannotRead(const std::string& path, int error);

// For messages: other bytes than printable ASCII and UTF-8 as \xHH, at most 200 bytes.
std::string Printable(const std::string& name);

}  // namespace ns::archive
