// The bytes of a tar out of a stream that may be gzip, with the limits that hold for bytes.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include "archive/limits.h"
#include "archive/stream.h"

namespace ns::archive {

// *Rationale:* zlib instead of the gzip filter of libarchive, which does not look at the check sum
// at the end of a member and takes what follows the last one for no error.
class TarBytes {
 public:
  // `source` must outlive it.
  TarBytes(const Source& source, bool gzip, const Limits& limits);
  ~TarBytes();
  TarBytes(const TarBytes&) = delete;
  TarBytes& operator=(const TarBytes&) = delete;

  // The next bytes, valid until the next call; empty at the end. "ArtifactInvalid" for a gzip that
  // is truncated or corrupt, "ArtifactTooLarge" beyond a limit, and what the source says.
  Result<std::string_view> Next();
  // Reads to the end: ok where a whole tar with the two blocks of zeros that end one was read.
  Status Finish();

 private:
  Result<std::string_view> NextOfGzip();
  Status Fill();         // input_ from the source, where there is none left
  Status EndOfMember();  // another follows, or nothing
  Status Count(std::string_view bytes);

  const Source& source_;
  const bool gzip_;
  const Limits& limits_;
  std::string in_, out_;
  z_stream zlib_{};
  bool source_ended_ = false, ended_ = false, began_ = false;
  uint64_t read_ = 0, given_ = 0;
  uint64_t zeros_ = 0;  // at the end of what was given
};

}  // namespace ns::archive
