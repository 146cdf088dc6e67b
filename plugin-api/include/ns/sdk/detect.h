// How a source looks to a build method that is asked whether it fits, as values.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ns/abi/detect.h"
#include "ns/sdk/thunk.h"

namespace ns::sdk {

struct SourceFile {
  std::string path;  // below the source
  int64_t size = 0;  // bytes
};

struct SourceListing {
  std::vector<SourceFile> files;  // regular ones, sorted by path
  bool truncated = false;         // there are more
  // The first 64 KiB of a file of the list; empty for any other. Only while Detect runs.
  std::function<std::string(const std::string& path)> head;

  bool Has(const std::string& path) const {
    const auto at = std::lower_bound(files.begin(), files.end(), path,
                                     [](const auto& file, const auto& p) { return file.path < p; });
    return at != files.end() && at->path == path;
  }
};

// An answer of one method. A value.
struct Suggestion {
  int fit = 0;                  // 0: cannot build it; up to 100: how well
  std::string settings = "{}";  // JSON that fits the manifest's app_schema
  std::string artifact_path;    // static methods
  std::string command;          // to run it, shell-like words; empty: the image's own, or not known
  std::string why;              // one sentence for a person: what was seen, or what is missing
  int port = 0;                 // TCP port that it will listen on; 0: not known
  friend bool operator==(const Suggestion&, const Suggestion&) = default;
};

namespace detail {

inline std::string HeadOf(const ns_source_listing& raw, const std::string& path) {
  std::string bytes;
  const ns_sink take{&bytes, [](void* ctx, ns_bytes chunk) noexcept -> ns_status {
                       static_cast<std::string*>(ctx)->append(View(chunk));
                       return NS_OK;
                     }};
  const ns_status status = raw.head(raw.ctx, Str(path), take);
  if (status != NS_OK && status != NS_E_NOT_FOUND) throw Stopped(status);
  return bytes;
}

inline SourceListing ListingFrom(const ns_source_listing* raw) {
  const ns_source_listing& from = Given(raw, NS_HAS(raw, head) && raw->head);
  SourceListing listing;
  for (size_t i = 0; i < from.file_count; ++i) {
    const ns_source_file& file = Given(from.files[i], NS_HAS(from.files[i], size));
    listing.files.push_back({Text(file.path), file.size});
  }
  listing.truncated = from.truncated != 0;
  listing.head = [raw](const std::string& path) { return HeadOf(*raw, path); };
  return listing;
}

inline void PutSuggestion(const Suggestion& suggestion, ns_suggestion_sink out) {
  const ns_suggestion raw{sizeof(ns_suggestion),    suggestion.fit,
                          Str(suggestion.settings), Str(suggestion.artifact_path),
                          Str(suggestion.command),  Str(suggestion.why),
                          suggestion.port,          0};
  out.put(out.ctx, &raw);
}

}  // namespace detail

}  // namespace ns::sdk
