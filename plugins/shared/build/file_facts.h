// Facts read out of the text of a source's files, without knowing all of their languages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build {

// Without their ends; they lie in `text`.
std::vector<std::string_view> LinesOf(std::string_view text);
std::vector<std::string_view> LinesOf(std::string&& text) = delete;
std::string_view Trimmed(std::string_view text);

// The value of the first line `key = value` or `key: value`, without quotes; of TOML only below the
// header `section` ("" is what stands before the first one). Empty without one.
std::string ValueOf(std::string_view text, std::string_view key, std::string_view section = "");

// The name of a file, and how many folders it lies in.
std::string_view NameOf(std::string_view path);
size_t DepthOf(std::string_view path);

// The first of these that is in the source, else empty.
std::string FirstOf(const sdk::SourceListing& source, const std::vector<std::string>& paths);

// What a configuration names as the folder of its result, without "./"; `otherwise` where it names
// none, or one that is not below the source.
std::string FolderInside(std::string_view named, const std::string& otherwise);

// Whether anything lies below `folder`, "web".
bool HasFolder(const sdk::SourceListing& source, const std::string& folder);

}  // namespace ns::build
