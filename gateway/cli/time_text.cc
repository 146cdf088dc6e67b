#include "time_text.h"

#include <google/protobuf/timestamp.pb.h>

#include <charconv>
#include <ctime>
#include <string_view>

namespace ns::cli {

std::optional<int64_t> SecondsOf(const std::string& span) {
  int64_t number = 0;
  const char* const end = span.data() + span.size();
  const auto [unit, error] = std::from_chars(span.data(), end, number);
  constexpr std::string_view kUnits = "smhd";
  constexpr int64_t kSeconds[] = {1, 60, 3600, 86400};
  const size_t which = unit + 1 == end ? kUnits.find(*unit) : std::string_view::npos;
  if (error != std::errc() || number <= 0 || number > 1000000 || which == std::string_view::npos)
    return std::nullopt;
  return number * kSeconds[which];
}

std::string TimeOf(const google::protobuf::Timestamp& at) {
  const std::time_t seconds = at.seconds();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace ns::cli
