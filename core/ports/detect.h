// How a source looks to a build method that is asked whether it fits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ns::ports {

inline constexpr size_t kSourceHead = 64 << 10;  // bytes of a file that a method may see

struct SourceFile {
  std::string path;  // below the source, '/' between its parts
  int64_t size = 0;  // bytes
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

struct SourceListing {
  std::vector<SourceFile> files;  // regular ones, sorted by path
  bool truncated = false;         // there are more
  // The first kSourceHead bytes of a file of the list; empty for any other.
  std::function<std::string(const std::string& path)> head;
};

// What a build method says of a source. A value: same listing, same suggestions.
struct Suggestion {
  int fit = 0;                // 0: it cannot build that; up to 100: how well
  std::string settings;       // JSON of the method's schema
  std::string artifact_path;  // static ones
  std::string command;        // to run it, shell-like words; empty: the image's own, or not known
  std::string why;            // one sentence: what was seen; for fit 0 what is missing
  friend bool operator==(const Suggestion&, const Suggestion&) = default;
};

}  // namespace ns::ports
