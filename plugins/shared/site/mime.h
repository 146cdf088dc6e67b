// What the ending of a file says of its bytes: one table for all servers of sites.
#pragma once

#include <span>
#include <string_view>

namespace ns::site {

struct MimeType {
  std::string_view ending;  // lower case, without the dot
  std::string_view type;    // the whole value of Content-Type
};

// Each ending once, in the order of the endings.
std::span<const MimeType> MimeTypes();

// Of files whose ending is not in the table.
inline constexpr std::string_view kUnknownType = "application/octet-stream";

// Unity's builds name files as they are encoded: `<any>.<inner>.gz` and `<any>.<inner>.br` are
// given out with Content-Encoding and the type of `inner`, which may have a dot.
std::span<const MimeType> EncodedByName();

}  // namespace ns::site
