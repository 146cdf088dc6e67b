// How a source looks to a build method that is asked whether it fits, and what is answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"

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
  int port = 0;               // TCP port that it will listen on; 0: not known
  friend bool operator==(const Suggestion&, const Suggestion&) = default;
};

struct MethodSuggestion {
  std::string method;  // "static-cmd"
  Suggestion suggestion;
  friend bool operator==(const MethodSuggestion&, const MethodSuggestion&) = default;
};

struct Detection {
  // The best fit first; between equal ones by the method's name, then as the method has them.
  std::vector<MethodSuggestion> fits;
  std::vector<MethodSuggestion> misfits;  // fit 0, by the method's name: why not
  std::map<std::string, Status> failed;   // methods that could not be asked, without those that
                                          // never say anything (kUnsupported)
  friend bool operator==(const Detection&, const Detection&) = default;
};

using DetectionId = Id<struct DetectionTag>;

// How a question about a source ended: `found`, unless `failure` says why the source could not be
// looked at.
struct DetectionAnswer {
  Status failure;
  Detection found;
  friend bool operator==(const DetectionAnswer&, const DetectionAnswer&) = default;
};

// What a builder names when it answers a question that it has taken.
struct DetectionClaim {
  DetectionId id;
  std::string token;
  friend bool operator==(const DetectionClaim&, const DetectionClaim&) = default;
};

struct DetectionTask {
  DetectionClaim claim;
  RepositoryId repository;
  std::string commit;
  friend bool operator==(const DetectionTask&, const DetectionTask&) = default;
};

}  // namespace ns::ports
