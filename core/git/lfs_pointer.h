// The text that stands in a repository for a file in Git LFS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ns::git {

struct LfsPointer {
  std::string oid;    // SHA-256 of the content, 64 lower-case hex characters
  uint64_t size = 0;  // bytes
  // The first of the programs ("ext-0-NAME") that have changed the content before it was stored.
  std::string extension;
  friend bool operator==(const LfsPointer&, const LfsPointer&) = default;
};

constexpr size_t kMaxLfsPointer = 1023;  // bytes

// The pointer, by https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md; nothing for all else:
// such a file is taken as it is. As git-lfs does, it lets pass a missing last end of line and "\r"
// before one.
std::optional<LfsPointer> ParseLfsPointer(std::string_view text);

}  // namespace ns::git
