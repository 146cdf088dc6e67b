#include "api/flat_json.h"

#include <charconv>
#include <optional>

#include "model/utf8.h"

namespace ns::api {
namespace {

void AppendUtf8(uint32_t point, std::string& out) {
  const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xe0 | point >> 12);
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
    }
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

// Each method reads one thing where the text stands, or gives nothing.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<FlatObject> Document() {
    Space();
    auto object = Object();
    Space();
    return rest_.empty() ? object : std::nullopt;
  }

 private:
  std::optional<FlatObject> Object() {
    FlatObject out;
    if (!Take('{')) return std::nullopt;
    if (Space(); Take('}')) return out;
    do {
      Space();
      auto name = String();
      if (Space(); !name || !Take(':')) return std::nullopt;
      Space();
      auto value = Value();
      if (!value || !out.emplace(std::move(*name), std::move(*value)).second) return std::nullopt;
      Space();
    } while (Take(','));
    return Take('}') ? std::optional(std::move(out)) : std::nullopt;
  }

  std::optional<FlatValue> Value() {
    if (rest_.empty()) return std::nullopt;
    if (rest_.front() == '"') {
      auto text = String();
      return text ? std::optional<FlatValue>(std::move(*text)) : std::nullopt;
    }
    if (rest_.front() == '[') return List();
    if (Word("true")) return FlatValue(true);
    if (Word("false")) return FlatValue(false);
    if (Word("null")) return FlatValue(nullptr);
    return Number();
  }

  std::optional<FlatValue> List() {
    std::vector<std::string> out;
    Take('[');
    if (Space(); Take(']')) return out;
    do {
      Space();
      auto one = String();
      if (!one) return std::nullopt;
      out.push_back(std::move(*one));
      Space();
    } while (Take(','));
    return Take(']') ? std::optional<FlatValue>(std::move(out)) : std::nullopt;
  }

  std::optional<FlatValue> Number() {
    const size_t sign = rest_.starts_with('-') ? 1 : 0;
    size_t end = sign;
    while (end < rest_.size() && rest_[end] >= '0' && rest_[end] <= '9') ++end;
    const size_t digits = end - sign;
    if (digits == 0 || digits > 16 || (digits > 1 && rest_[sign] == '0')) return std::nullopt;
    int64_t number = 0;
    std::from_chars(rest_.data(), rest_.data() + end, number);
    rest_.remove_prefix(end);
    return FlatValue(number);  // what follows must end a value: no fraction, no exponent
  }

  std::optional<std::string> String() {
    std::string out;
    if (!Take('"')) return std::nullopt;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        out += c;
      } else if (!Escape(out)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool Escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == 'u') return Unicode(out);
    constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
    const size_t at = kFrom.find(c);
    if (at == std::string_view::npos) return false;
    out += kTo[at];
    return true;
  }

  bool Unicode(std::string& out) {
    auto point = Hex();
    if (!point || (*point >= 0xdc00 && *point < 0xe000)) return false;
    if (*point >= 0xd800 && *point < 0xdc00) {
      if (!Word("\\u")) return false;
      const auto low = Hex();
      if (!low || *low < 0xdc00 || *low >= 0xe000) return false;
      point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
    }
    AppendUtf8(*point, out);
    return true;
  }

  std::optional<uint32_t> Hex() {
    uint32_t number = 0;
    if (rest_.size() < 4) return std::nullopt;
    const auto read = std::from_chars(rest_.data(), rest_.data() + 4, number, 16);
    if (read.ec != std::errc() || read.ptr != rest_.data() + 4) return std::nullopt;
    rest_.remove_prefix(4);
    return number;
  }

  void Space() {
    const size_t end = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }
  bool Take(char c) { return Word(std::string_view(&c, 1)); }
  bool Word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string_view rest_;
};

}  // namespace

Result<FlatObject> ParseFlatObject(std::string_view text) {
  auto object = model::IsUtf8(text) ? Parser(text).Document() : std::nullopt;
  if (!object) return Invalid("no JSON object of strings, whole numbers and lists of strings");
  return std::move(*object);
}

}  // namespace ns::api
