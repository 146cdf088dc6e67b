// Values as people write them. Each gives what is wrong, or an empty text.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace ns::config {

// "500ms", "20s", "10m", "1h", "2d"; above zero, at most 365 days.
std::string ParseDuration(const std::string& text, Duration& out);
std::string FormatDuration(Duration duration);
// "1048576", "256M", "4G", "4GiB": powers of 1,024; above zero.
std::string ParseBytes(const std::string& text, uint64_t& out);
std::string FormatBytes(uint64_t bytes);
std::string ParseInteger(const std::string& text, int64_t from, int64_t to, int64_t& out);

// In double quotes, as JSON and YAML both read it.
std::string Quote(const std::string& text);
// Plain where YAML reads it back as the same text, else quoted.
std::string PlainOrQuoted(const std::string& text);

}  // namespace ns::config
