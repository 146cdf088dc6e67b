// From what an engine exports to the artifact of a static site.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "act/source_folder.h"
#include "archive/file_stream.h"
#include "base/status.h"
#include "ports/storage.h"

namespace ns::act {

// An artifact that is ready to be kept.
struct PackedArtifact {
  std::string file;  // website.tar.gz, as long as its maker is there
  ports::Digest digest;
  uint64_t entries = 0;  // files and folders
};

// Whoever exports is not trusted: what it gives is unpacked under the rules of core/archive and
// packed anew, so that the same content has the same digest whatever engine made it. One thread.
class ArtifactMaker {
 public:
  // Works in a folder of its own at `path`, which goes with it.
  static Result<std::unique_ptr<ArtifactMaker>> Make(const std::string& path);

  // The next bytes of the tar. "ArtifactTooLarge" of the source; "DiskFull" of the platform.
  Status Take(std::string_view tar);
  // After the last: "ArtifactInvalid", "ArtifactTooLarge" of the source for what no site may have.
  Result<PackedArtifact> Pack();

 private:
  ArtifactMaker(SourceFolder folder, archive::OutFile tar)
      : folder_(std::move(folder)), tar_(std::move(tar)) {}
  std::string Path(const char* name) const { return folder_.path() + "/" + name; }

  SourceFolder folder_;
  std::optional<archive::OutFile> tar_;
  uint64_t taken_ = 0;  // bytes
};

}  // namespace ns::act
