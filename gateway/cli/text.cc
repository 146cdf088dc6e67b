#include "text.h"

#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace ns::cli {
namespace {

// Characters, as far as a terminal shows each in one column.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string Two(int64_t large, const char* unit, int64_t small, const char* small_unit) {
  const std::string text = std::to_string(large) + " " + unit;
  return small == 0 ? text : text + " " + std::to_string(small) + " " + small_unit;
}

}  // namespace

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - Width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string Fitted(const std::string& text, size_t rows, size_t columns) {
  const auto lines = static_cast<size_t>(std::ranges::count(text, '\n'));
  // The last row is the cursor's.
  const size_t room = std::max<size_t>(rows, 4) - 1, kept = lines <= room ? lines : room - 1;
  std::string out;
  size_t line = 0, column = 0;
  for (const char c : text) {
    if (line == kept) break;
    if (c == '\n') {
      out += c, ++line, column = 0;
      continue;
    }
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++column;
    if (column <= columns) out += c;
  }
  return kept == lines ? out : out + "and " + std::to_string(lines - kept) + " more\n";
}

std::string Span(double seconds) {
  if (seconds < 0) seconds = 0;
  char text[32];
  if (seconds < 0.9995) {
    std::snprintf(text, sizeof(text), "%.0f ms", seconds * 1000);
    return text;
  }
  if (seconds < 59.95) {
    std::snprintf(text, sizeof(text), "%.1f s", seconds);
    return text;
  }
  const int64_t whole = std::llround(seconds);
  if (whole < 3600) return Two(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return Two(whole / 3600, "h", whole % 3600 / 60, "min");
  return Two(whole / 86400, "d", whole % 86400 / 3600, "h");
}

std::string Ago(const google::protobuf::Timestamp& time, int64_t now) {
  if (time.seconds() == 0) return "-";
  return Span(static_cast<double>(std::max<int64_t>(now - time.seconds(), 1))) + " ago";
}

std::string ShortCommit(const std::string& commit) {
  if (commit.find_first_not_of('0') == std::string::npos) return "-";
  return commit.substr(0, 8);
}

namespace {

// How many bytes at `at` are a control character: one, two of U+0080 to U+009F, or none.
size_t ControlAt(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(at) < 0x20 || byte(at) == 0x7f) return 1;
  const bool c1 =
      byte(at) == 0xc2 && at + 1 < text.size() && byte(at + 1) >= 0x80 && byte(at + 1) <= 0x9f;
  return c1 ? 2 : 0;
}

std::string WithoutControls(const std::string& text, std::string_view but) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t control = but.find(text[at]) == std::string::npos ? ControlAt(text, at) : 0;
    out += control > 0 ? ' ' : text[at];
    at += std::max<size_t>(control, 1);
  }
  return out;
}

}  // namespace

std::string Plain(const std::string& text) { return WithoutControls(text, ""); }
std::string Clean(const std::string& text) { return WithoutControls(text, "\n\t"); }

std::string Lowered(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string NameOfUrl(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  if (url.ends_with(".git")) url.resize(url.size() - 4);
  return url.substr(url.find_last_of("/:") + 1);
}

namespace {

std::string JsonOf(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}\n";
  if (!json.ends_with('\n')) json += '\n';
  return json;
}

}  // namespace

std::string Json(const google::protobuf::Message& message) { return JsonOf(message, true); }
std::string JsonLine(const google::protobuf::Message& message) { return JsonOf(message, false); }

}  // namespace ns::cli
