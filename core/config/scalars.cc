#include "config/scalars.h"

#include <algorithm>
#include <charconv>

namespace ns::config {
namespace {

struct Unit {
  const char* name;
  int64_t factor;
};
constexpr Unit kTimes[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kSizes[] = {
    {"T", int64_t{1} << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}};

// Digits in front of `text`; what follows them stays in `rest`. False without digits or where they
// are too many.
bool TakeNumber(const std::string& text, int64_t& number, std::string& rest) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  rest.assign(end, text.data() + text.size());
  return error == std::errc() && number > 0;
}

// "GiB", "GB", "G", "g" mean the same.
std::string SizeUnit(std::string unit) {
  if (unit.ends_with('B')) unit.pop_back();
  if (unit.size() == 2 && unit[1] == 'i') unit.pop_back();
  if (unit.size() == 1 && unit[0] >= 'a') unit[0] = static_cast<char>(unit[0] - 32);
  return unit;
}

}  // namespace

std::string ParseDuration(const std::string& text, Duration& out) {
  int64_t number = 0;
  std::string rest;
  const bool digits = TakeNumber(text, number, rest);
  const auto unit = std::find_if(std::begin(kTimes), std::end(kTimes),
                                 [&](const Unit& one) { return rest == one.name; });
  if (!digits || unit == std::end(kTimes))
    return "must be a time such as 500ms, 20s, 10m or 1h, not " + Quote(text);
  if (number > int64_t{365} * 86'400'000 / unit->factor)
    return "must be at most 365d, not " + Quote(text);
  out = std::chrono::milliseconds(number * unit->factor);
  return "";
}

std::string FormatDuration(Duration duration) {
  const int64_t count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  for (const Unit& unit : kTimes) {
    if (count % unit.factor == 0 && count >= unit.factor)
      return std::to_string(count / unit.factor) + unit.name;
  }
  return "0s";
}

std::string ParseBytes(const std::string& text, uint64_t& out) {
  int64_t number = 0;
  std::string rest;
  const bool digits = TakeNumber(text, number, rest);
  const auto unit = std::find_if(std::begin(kSizes), std::end(kSizes),
                                 [&](const Unit& one) { return SizeUnit(rest) == one.name; });
  if (!digits || unit == std::end(kSizes) || number > INT64_MAX / unit->factor) {
    return "must be a size such as 256M or 4G, not " + Quote(text);
  }
  out = static_cast<uint64_t>(number * unit->factor);
  return "";
}

std::string FormatBytes(uint64_t bytes) {
  for (const Unit& unit : kSizes) {
    const auto factor = static_cast<uint64_t>(unit.factor);
    if (bytes % factor == 0 && bytes >= factor) return std::to_string(bytes / factor) + unit.name;
  }
  return "0";
}

std::string ParseInteger(const std::string& text, int64_t from, int64_t to, int64_t& out) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < from || number > to) {
    return "must be a whole number from " + std::to_string(from) + " to " + std::to_string(to) +
           ", not " + Quote(text);
  }
  out = number;
  return "";
}

std::string Quote(const std::string& text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string PlainOrQuoted(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '.';
  };
  const bool letter = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') ||
                                        (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '/');
  const bool word = text == "true" || text == "false" || text == "null" || text == "yes" ||
                    text == "no" || text == "on" || text == "off";
  return letter && !word && std::all_of(text.begin(), text.end(), plain) ? text : Quote(text);
}

}  // namespace ns::config
