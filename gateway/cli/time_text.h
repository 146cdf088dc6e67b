// Spans and moments as text. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace google::protobuf {
class Timestamp;
}

namespace ns::cli {

// Seconds of "90s", "15m", "36h" or "7d"; nullopt: it is none.
std::optional<int64_t> SecondsOf(const std::string& span);
// "2024-05-01T12:00:00Z".
std::string TimeOf(const google::protobuf::Timestamp& at);

}  // namespace ns::cli
