#include "model/authorized_key.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "base/crypto.h"
#include "model/utf8.h"
#include "model/validate.h"

namespace ns::model {
namespace {

constexpr size_t kMostText = 8192;     // bytes of a line; one of 16,384 bits has 2.8 kB
constexpr size_t kMostComment = 1024;  // bytes
constexpr size_t kLeastRsa = 2048, kMostRsa = 16384;  // bits
constexpr size_t kMostExponent = 64;                  // bits

Status Bad(std::string why) { return {Code::kInvalid, std::move(why)}; }

// Those of security keys last.
constexpr std::string_view kTypes[] = {"ssh-ed25519",
                                       "ecdsa-sha2-nistp256",
                                       "ecdsa-sha2-nistp384",
                                       "ecdsa-sha2-nistp521",
                                       "ssh-rsa",
                                       "sk-ssh-ed25519@openssh.com",
                                       "sk-ecdsa-sha2-nistp256@openssh.com"};
using Types = std::span<const std::string_view>;
constexpr Types kUserTypes = kTypes, kHostTypes = kUserTypes.first(5);

Status UnknownType(Types types, std::string_view type) {
  std::string known;
  for (const std::string_view one : types) known += (known.empty() ? "" : ", ") + std::string(one);
  return Bad("must begin with one of " + known + " and have no options, got " +
             Quoted(type.substr(0, 40)));
}

// Reads a blob field by field (RFC 4251 section 5).
class Blob {
 public:
  explicit Blob(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::string_view> String() {
    if (rest_.size() < 4) return std::nullopt;
    size_t size = 0;
    for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(rest_[i]);
    if (size > rest_.size() - 4) return std::nullopt;
    const std::string_view field = rest_.substr(4, size);
    rest_.remove_prefix(4 + size);
    return field;
  }
  // Of a positive number in its one shortest form.
  std::optional<std::string_view> Number() {
    const auto field = String();
    if (!field || field->empty() || Byte(*field, 0) >= 0x80) return std::nullopt;
    if (Byte(*field, 0) != 0) return field;
    if (field->size() < 2 || Byte(*field, 1) < 0x80) return std::nullopt;
    return field->substr(1);
  }
  bool done() const { return rest_.empty(); }

  static uint8_t Byte(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

 private:
  std::string_view rest_;
};

size_t Bits(std::string_view number) {
  size_t bits = (number.size() - 1) * 8;
  for (uint8_t first = Blob::Byte(number, 0); first != 0; first >>= 1) ++bits;
  return bits;
}

bool Odd(std::string_view number) { return (Blob::Byte(number, number.size() - 1) & 1) != 0; }

Status CheckRsa(Blob& blob) {
  const auto exponent = blob.Number(), modulus = blob.Number();
  if (!exponent || !modulus) return Bad("its blob holds no RSA key");
  const size_t bits = Bits(*modulus);
  if (bits < kLeastRsa || bits > kMostRsa) {
    return Bad("an RSA key must have 2048 to 16384 bits, and this one has " + std::to_string(bits));
  }
  const bool usable =
      Odd(*modulus) && Odd(*exponent) && Bits(*exponent) >= 2 && Bits(*exponent) <= kMostExponent;
  return usable ? Status() : Bad("its blob holds no RSA key that could be used");
}

Status CheckEd25519(Blob& blob) {
  const auto key = blob.String();
  return key && key->size() == 32 ? Status() : Bad("its blob holds no Ed25519 key of 32 bytes");
}

Status CheckEcdsa(Blob& blob, std::string_view curve, size_t coordinate) {
  const auto name = blob.String(), point = blob.String();
  const bool good = name == curve && point && point->size() == 1 + 2 * coordinate &&
                    point->front() == 4;  // uncompressed: the only form that OpenSSH writes
  return good ? Status() : Bad("its blob holds no point of " + std::string(curve));
}

// What a security key signs for: "ssh:" and maybe more.
Status CheckApplication(Blob& blob) {
  const auto application = blob.String();
  const bool good = application && application->starts_with("ssh:") && application->size() <= 255;
  return good ? Status() : Bad("its blob names no application that begins with \"ssh:\"");
}

Status CheckBlob(std::string_view type, Blob& blob) {
  if (type == "ssh-rsa") return CheckRsa(blob);
  if (type == "ssh-ed25519") return CheckEd25519(blob);
  if (type == "ecdsa-sha2-nistp256") return CheckEcdsa(blob, "nistp256", 32);
  if (type == "ecdsa-sha2-nistp384") return CheckEcdsa(blob, "nistp384", 48);
  if (type == "ecdsa-sha2-nistp521") return CheckEcdsa(blob, "nistp521", 66);
  if (type == "sk-ssh-ed25519@openssh.com") {
    NS_TRY(CheckEd25519(blob));
    return CheckApplication(blob);
  }
  if (type == "sk-ecdsa-sha2-nistp256@openssh.com") {
    NS_TRY(CheckEcdsa(blob, "nistp256", 32));
    return CheckApplication(blob);
  }
  return Bad("is of no type that is known");
}

Status CheckText(std::string_view text) {
  if (text.size() > kMostText)
    return Bad("must have at most 8192 bytes, got " + std::to_string(text.size()));
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control) return Bad("must be one line without control characters, got " + Quoted(text));
  if (!IsUtf8(text)) return Bad("must be UTF-8");
  return {};
}

Result<AuthorizedKey> Parse(std::string_view text, Types types) {
  NS_TRY(CheckText(text));
  const size_t first = text.find(' ');
  const std::string_view type = text.substr(0, first);
  if (std::find(types.begin(), types.end(), type) == types.end()) return UnknownType(types, type);
  const std::string_view behind =
      first == std::string_view::npos ? std::string_view() : text.substr(first + 1);
  const size_t second = behind.find(' ');
  const std::string_view base64 = behind.substr(0, second);
  const std::string_view comment =
      second == std::string_view::npos ? std::string_view() : behind.substr(second + 1);
  if (comment.size() > kMostComment) return Bad("its comment must have at most 1024 bytes");
  const auto bytes = FromBase64(base64);
  if (!bytes.ok() || bytes->empty())
    return Bad("must have the key in base64 behind its type, got " + Quoted(base64.substr(0, 40)));
  Blob blob(*bytes);
  const auto inner = blob.String();
  if (inner != type) {
    return Bad("its type and the key behind it differ: " + Quoted(type) + " and " +
               Quoted(inner.value_or("").substr(0, 40)));
  }
  NS_TRY(CheckBlob(type, blob));
  if (!blob.done()) return Bad("its blob has bytes behind the key");
  return AuthorizedKey{std::string(type) + " " + std::string(base64), std::string(comment)};
}

}  // namespace

Result<AuthorizedKey> ParseAuthorizedKey(std::string_view text) { return Parse(text, kUserTypes); }

Result<std::string> ParseHostKey(std::string_view text) {
  NS_ASSIGN(AuthorizedKey key, Parse(text, kHostTypes));
  return std::move(key.line);
}

std::string KeyLine(std::string_view blob) {
  const auto type = Blob(blob).String();
  return type ? std::string(*type) + " " + ToBase64(blob) : "";
}

std::string KeyFingerprint(std::string_view line) {
  const auto blob = FromBase64(line.substr(std::min(line.find(' ') + 1, line.size())));
  std::string text = ToBase64(Sha256Bytes(blob.ok() ? *blob : std::string()));
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

std::string KeyFingerprints(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "" : ", ") + KeyFingerprint(line) + " (" +
            line.substr(0, line.find(' ')) + ")";
  }
  return text;
}

}  // namespace ns::model
