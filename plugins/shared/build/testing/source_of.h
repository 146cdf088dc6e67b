// Sources as values, for tests of what methods make of them.
#pragma once

#include <map>
#include <string>

#include "ns/sdk/detect.h"

namespace ns::build::testing {

// Of these files with their contents.
inline sdk::SourceListing SourceOf(const std::map<std::string, std::string>& files) {
  sdk::SourceListing source;
  for (const auto& [path, text] : files)
    source.files.push_back({path, static_cast<int64_t>(text.size())});
  source.head = [files](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? "" : found->second.substr(0, 64 << 10);
  };
  return source;
}

}  // namespace ns::build::testing
