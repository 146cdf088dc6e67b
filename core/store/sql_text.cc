#include "store/sql_text.h"

#include <charconv>

namespace ns::store {
namespace {

Status NotSql(std::string_view kind, std::string_view text) {
  return Internal("the database gave a " + std::string(kind) +
                  " that cannot be read: " + std::string(text.substr(0, 80)));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Digits of fixed places in a text: "2026-01-31".
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  int Number(size_t begin, size_t size) {
    int value = 0;
    if (begin + size > text_.size()) return Fail();
    const char* end = text_.data() + begin + size;
    const auto [stop, error] = std::from_chars(text_.data() + begin, end, value);
    return error == std::errc() && stop == end ? value : Fail();
  }
  void Expect(size_t at, char c) {
    if (at >= text_.size() || text_[at] != c) Fail();
  }
  bool ok() const { return ok_; }

 private:
  int Fail() {
    ok_ = false;
    return 0;
  }
  std::string_view text_;
  bool ok_ = true;
};

// An element that starts at `text[at]`; moves `at` behind it. False when it does not end.
bool TakeElement(std::string_view text, size_t& at, SqlText& out) {
  const bool quoted = text[at] == '"';
  if (quoted) ++at;
  for (; at < text.size(); ++at) {
    if (quoted ? text[at] == '"' : text[at] == ',' || text[at] == '}') {
      at += quoted ? 1 : 0;
      out.first = !quoted && out.second == "NULL";
      return true;
    }
    if (text[at] == '\\' && ++at == text.size()) return false;
    out.second += text[at];
  }
  return false;
}

}  // namespace

std::string FormatArray(const std::vector<SqlText>& elements) {
  std::string text = "{";
  for (const auto& [null, value] : elements) {
    if (text.size() > 1) text += ',';
    if (null) {
      text += "NULL";
      continue;
    }
    text += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

Result<std::vector<SqlText>> ParseArray(std::string_view text) {
  std::vector<SqlText> elements;
  if (text == "{}") return elements;
  if (text.size() < 2 || text.front() != '{') return NotSql("array", text);
  size_t at = 1;
  while (at < text.size()) {
    SqlText element;
    if (!TakeElement(text, at, element) || at >= text.size()) return NotSql("array", text);
    elements.push_back(std::move(element));
    if (text[at] == '}')
      return at + 1 == text.size() ? Result(std::move(elements)) : NotSql("array", text);
    if (text[at++] != ',') return NotSql("array", text);
  }
  return NotSql("array", text);
}

Result<Time> ParseTime(std::string_view text) {
  using namespace std::chrono;
  const size_t zone = text.find('+');
  Digits digits(text);
  const year_month_day day{year(digits.Number(0, 4)),
                           month(static_cast<unsigned>(digits.Number(5, 2))),
                           std::chrono::day(static_cast<unsigned>(digits.Number(8, 2)))};
  const auto clock =
      hours(digits.Number(11, 2)) + minutes(digits.Number(14, 2)) + seconds(digits.Number(17, 2));
  digits.Expect(10, ' ');
  int fraction = 0;
  if (zone != std::string_view::npos && zone > 20) {
    fraction = digits.Number(20, zone - 20);
    for (size_t places = zone - 20; places < 6; ++places) fraction *= 10;
  }
  if (zone == std::string_view::npos || text.substr(zone) != "+00" || !digits.ok() || !day.ok())
    return NotSql("time", text);
  return Time(sys_days(day) + clock + microseconds(fraction));
}

Result<std::string> ParseBytea(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() % 2) return NotSql("bytea", text);
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 2; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]), low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return NotSql("bytea", text);
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace ns::store
