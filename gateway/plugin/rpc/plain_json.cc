#include "rpc/plain_json.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "rpc/base64.h"

namespace ns::gateway::rpc {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

constexpr int kDeepest = 32;
constexpr std::string_view kOwn = "google.protobuf.";  // types with a JSON of their own

// Reads the wire form; once something does not fit, nothing does.
class Wire {
 public:
  explicit Wire(std::string_view bytes) : bytes_(bytes) {}

  bool done() const { return bytes_.empty(); }
  bool ok() const { return ok_; }
  // Whether the next bytes are that tag, which are passed over then.
  bool Again(uint64_t tag) {
    Wire ahead = *this;
    if (ahead.done() || ahead.Varint() != tag || !ahead.ok_) return false;
    *this = ahead;
    return true;
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= uint64_t{byte & 0x7fu} << std::min(shift, 63);
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Delimited() { return Take(Varint()); }
  // What no field of the message has; false: it cannot be passed over.
  bool Skip(uint64_t tag) {
    if (tag >> 3 == 0) return false;
    switch (tag & 7) {
      case 0:
        Varint();
        return ok_;
      case 1:
        Take(8);
        return ok_;
      case 2:
        Delimited();
        return ok_;
      case 5:
        Take(4);
        return ok_;
      default:
        return false;
    }
  }

 private:
  std::string_view Take(uint64_t size) {
    if (size > bytes_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

// 2: delimited, else 0, a varint.
uint64_t WireTypeOf(const Field& field) {
  const bool delimited = field.type() == Field::TYPE_STRING || field.type() == Field::TYPE_BYTES ||
                         field.type() == Field::TYPE_MESSAGE;
  return delimited ? 2 : 0;
}

bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c >= ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '<' && c != '>';
  });
}

template <class T>
void AppendNumber(T number, std::string& out) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// With at least so many digits.
void AppendPadded(int64_t number, size_t digits, std::string& out) {
  const size_t begin = out.size();
  AppendNumber(number, out);
  if (const size_t made = out.size() - begin; made < digits) out.insert(begin, digits - made, '0');
}

// Of days since 1970. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
void AppendDate(int64_t days, std::string& out) {
  days += 719'468;
  const int64_t era = days / 146'097, of_era = days % 146'097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;  // from March
  AppendPadded(year + era * 400 + (month >= 10 ? 1 : 0), 4, out);
  out += '-';
  AppendPadded(month < 10 ? month + 3 : month - 9, 2, out);
  out += '-';
  AppendPadded(of_year - (153 * month + 2) / 5 + 1, 2, out);
}

class Writer {
 public:
  Writer(std::string& out, const QuotedBy& quoted) : out_(out), quoted_(quoted) {}

  bool Message(const pb::Descriptor& type, std::string_view bytes, int depth) {
    if (depth > kDeepest) return false;
    if (type.full_name().starts_with(kOwn) && type.field_count() > 0)
      return type.full_name() == "google.protobuf.Timestamp" && Timestamp(bytes);
    Wire wire(bytes);
    out_ += '{';
    bool first = true;
    while (!wire.done()) {
      const uint64_t tag = wire.Varint();
      const Field* const field = Of(type, tag);
      if (field == nullptr) {
        if (!wire.ok() || !wire.Skip(tag)) return false;
        continue;
      }
      if (!std::exchange(first, false)) out_ += ',';
      out_.append(1, '"').append(field->json_name()).append("\":");
      if (!(field->is_repeated() ? List(*field, tag, wire, depth)
                                 : Value(*field, tag, wire, depth)))
        return false;
    }
    out_ += '}';
    return wire.ok();
  }

 private:
  // The field that the tag means, if it comes in its own form.
  static const Field* Of(const pb::Descriptor& type, uint64_t tag) {
    if (tag >> 3 == 0 || tag >> 3 > Field::kMaxNumber) return nullptr;
    return type.FindFieldByNumber(static_cast<int>(tag >> 3));
  }

  bool List(const Field& field, uint64_t tag, Wire& wire, int depth) {
    if (field.is_map()) return false;
    out_ += '[';
    if (!Value(field, tag, wire, depth)) return false;
    while (wire.Again(tag)) {
      out_ += ',';
      if (!Value(field, tag, wire, depth)) return false;
    }
    out_ += ']';
    return true;
  }

  bool Value(const Field& field, uint64_t tag, Wire& wire, int depth);
  bool Text(std::string_view text);
  void Bytes(std::string_view bytes);
  bool Timestamp(std::string_view bytes);
  void Quoted(auto number) {
    out_ += '"';
    AppendNumber(number, out_);
    out_ += '"';
  }
  void Enum(const pb::EnumDescriptor& type, int number) {
    const auto* const value = type.FindValueByNumber(number);
    if (value == nullptr) return AppendNumber(number, out_);
    out_.append(1, '"').append(value->name()).append(1, '"');
  }

  std::string& out_;
  const QuotedBy& quoted_;
};

// One value, in the form that its type has; packed lists are none.
bool Writer::Value(const Field& field, uint64_t tag, Wire& wire, int depth) {
  if ((tag & 7) != WireTypeOf(field)) return false;
  switch (field.type()) {
    case Field::TYPE_STRING:
      return Text(wire.Delimited()) && wire.ok();
    case Field::TYPE_MESSAGE:
      return Message(*field.message_type(), wire.Delimited(), depth + 1) && wire.ok();
    case Field::TYPE_BYTES:
      Bytes(wire.Delimited());
      break;
    case Field::TYPE_BOOL:
      out_ += wire.Varint() != 0 ? "true" : "false";
      break;
    case Field::TYPE_ENUM:
      Enum(*field.enum_type(), static_cast<int>(wire.Varint()));
      break;
    case Field::TYPE_INT32:
      AppendNumber(static_cast<int32_t>(wire.Varint()), out_);
      break;
    case Field::TYPE_UINT32:
      AppendNumber(static_cast<uint32_t>(wire.Varint()), out_);
      break;
    case Field::TYPE_INT64:
      Quoted(static_cast<int64_t>(wire.Varint()));
      break;
    case Field::TYPE_UINT64:
      Quoted(wire.Varint());
      break;
    default:  // what no answer is made of
      return false;
  }
  return wire.ok();
}

bool Writer::Text(std::string_view text) {
  if (IsPlain(text)) {
    out_.append(1, '"').append(text).append(1, '"');
    return true;
  }
  const auto quoted = quoted_(text);
  if (quoted) out_ += *quoted;
  return quoted.has_value();
}

void Writer::Bytes(std::string_view bytes) {
  const std::string text = Base64(bytes);
  out_.append(1, '"').append(text).append((4 - text.size() % 4) % 4, '=').append(1, '"');
}

// As "2026-01-02T03:04:05.678Z": without a fraction, or with three, six or nine digits of one.
bool Writer::Timestamp(std::string_view bytes) {
  constexpr int64_t kFirst = -62'135'596'800, kLast = 253'402'300'799;  // years 1 and 9999
  int64_t seconds = 0, nanos = 0;
  for (Wire wire(bytes); !wire.done();) {
    const uint64_t tag = wire.Varint();
    if (tag != 1 << 3 && tag != 2 << 3) return false;
    (tag == 1 << 3 ? seconds : nanos) = static_cast<int64_t>(wire.Varint());
    if (!wire.ok()) return false;
  }
  if (seconds < kFirst || seconds > kLast || nanos < 0 || nanos > 999'999'999) return false;
  const int64_t since = seconds - kFirst, day = since / 86'400, of_day = since % 86'400;
  out_ += '"';
  AppendDate(day - 719'162, out_);
  out_ += 'T';
  AppendPadded(of_day / 3600, 2, out_);
  out_ += ':';
  AppendPadded(of_day / 60 % 60, 2, out_);
  out_ += ':';
  AppendPadded(of_day % 60, 2, out_);
  if (nanos != 0) {
    const bool millis = nanos % 1'000'000 == 0, micros = nanos % 1000 == 0;
    out_ += '.';
    AppendPadded(nanos / (millis   ? 1'000'000
                          : micros ? 1000
                                   : 1),
                 millis   ? 3
                 : micros ? 6
                          : 9,
                 out_);
  }
  out_ += "Z\"";
  return true;
}

}  // namespace

std::optional<std::string> PlainJson(const pb::Descriptor& type, std::string_view wire,
                                     const QuotedBy& quoted) {
  std::string out;
  out.reserve(wire.size() * 3);
  if (!Writer(out, quoted).Message(type, wire, 0)) return std::nullopt;
  return out;
}

}  // namespace ns::gateway::rpc
