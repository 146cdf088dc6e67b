#include "rpc/timeout.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace ns::gateway::rpc {
namespace {

using namespace std::chrono_literals;

std::optional<int64_t> Digits(std::string_view text, size_t most) {
  if (text.empty() || text.size() > most ||
      !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::chrono::nanoseconds UnitOf(char unit) {
  switch (unit) {
    case 'H':
      return 1h;
    case 'M':
      return 1min;
    case 'S':
      return 1s;
    case 'm':
      return 1ms;
    case 'u':
      return 1us;
    case 'n':
      return 1ns;
    default:
      return 0ns;
  }
}

}  // namespace

std::optional<std::chrono::nanoseconds> ConnectTimeout(std::string_view value) {
  const auto number = Digits(value, 10);
  if (!number) return std::nullopt;
  return *number * std::chrono::nanoseconds(1ms);
}

std::optional<std::chrono::nanoseconds> GrpcTimeout(std::string_view value) {
  if (value.empty()) return std::nullopt;
  const auto number = Digits(value.substr(0, value.size() - 1), 8);
  const auto unit = UnitOf(value.back());
  if (!number || unit == 0ns) return std::nullopt;
  constexpr int64_t kMost = INT64_MAX / 2;  // hundreds of years
  return *number > kMost / unit.count() ? std::chrono::nanoseconds(kMost) : *number * unit;
}

}  // namespace ns::gateway::rpc
