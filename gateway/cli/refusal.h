// The body of a failed Connect call.
#pragma once

#include <optional>
#include <string>

#include "failure.h"

namespace ns::cli {

// `body`: Connect's JSON, or whatever a proxy in between sent with `http_status`.
Refused RefusalOf(long http_status, const std::string& body);

// The end of a stream, {"error": ...}; nothing where it ended well.
std::optional<Refused> RefusalAtEnd(const std::string& end);

}  // namespace ns::cli
