// The one spelling of a path. Pure.
#pragma once

#include <string>

namespace ns::cli::form {

// As the server keeps it (RFC 3986 section 6.2.2): unreserved characters as themselves, %XX in
// upper case. One with a "%" without two hex digits stays as it is: the server refuses it.
// tests/vectors/canonical_paths.txt holds both to the same.
std::string CanonicalPath(const std::string& path);

}  // namespace ns::cli::form
