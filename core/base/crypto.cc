#include "base/crypto.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <sodium.h>

namespace ns {
namespace {

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSH's wire form of a string: 4 bytes of length, big-endian, then the bytes.
void AppendSshString(std::string& out, std::string_view text) {
  const uint32_t size = static_cast<uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xff);
  out += text;
}

// Neither bits nor bytes are left over. libsodium 1.0.18 takes some bytes beyond ASCII for letters.
Result<std::string> Decode(std::string_view text, int variant) {
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](unsigned char byte) { return byte < 0x80; });
  if (!ascii) return Invalid("not base64");
  std::string bytes(text.size(), '\0');
  size_t size = 0;
  const int rc = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                   text.data(), text.size(), nullptr, &size, nullptr, variant);
  if (rc != 0) return Invalid("not base64");
  bytes.resize(size);
  return bytes;
}

}  // namespace

void Wipe(void* data, size_t size) { sodium_memzero(data, size); }

std::string ToHex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

std::string ToBase64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), Bytes(bytes), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the NUL
  return text;
}

Result<std::string> FromBase64(std::string_view text) {
  return Decode(text, sodium_base64_VARIANT_ORIGINAL);
}

std::string ToBase64Url(std::string_view bytes) {
  std::string text = ToBase64(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

Result<std::string> FromBase64Url(std::string_view text) {
  return Decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::string Sha256Bytes(std::string_view bytes) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()), Bytes(bytes), bytes.size());
  return digest;
}

std::string Sha256Hex(std::string_view bytes) { return ToHex(Sha256Bytes(bytes)); }

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, Bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, Bytes(bytes), bytes.size());
  std::string digest(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

KeyHasher::KeyHasher(const Secret& key) : key_(key) {}

KeyHasher& KeyHasher::Add(std::string_view field) {
  uint64_t size = field.size();
  for (int i = 0; i < 8; ++i) buffer_ += static_cast<char>(size >> (8 * i) & 0xff);
  buffer_ += field;
  return *this;
}

KeyHasher& KeyHasher::Add(int64_t field) { return Add(std::to_string(field)); }

std::string KeyHasher::Finish() {
  // BLAKE2b takes keys of 16 to 64 bytes; any other length is brought there by hashing.
  const std::string key = key_.Reveal();
  unsigned char short_key[32];
  crypto_generichash(short_key, sizeof short_key, Bytes(key), key.size(), nullptr, 0);
  unsigned char digest[20];
  crypto_generichash(digest, sizeof digest, Bytes(buffer_), buffer_.size(), short_key,
                     sizeof short_key);
  Wipe(buffer_.data(), buffer_.size());
  buffer_.clear();
  return ToHex({reinterpret_cast<char*>(digest), sizeof digest});
}

Sealer::Sealer(std::string key_id, Secret key) : key_id_(std::move(key_id)), key_(std::move(key)) {
  if (key_.Reveal().size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES) {
    throw std::invalid_argument("a sealing key has 32 bytes");
  }
}

std::string Sealer::Seal(const Secret& plain, std::string_view context) const {
  constexpr size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  std::string out(kNonce + plain.Reveal().size() + kTag, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  randombytes_buf(bytes, kNonce);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + kNonce, &written, Bytes(plain.Reveal()),
                                             plain.Reveal().size(), Bytes(context), context.size(),
                                             nullptr, bytes, Bytes(key_.Reveal()));
  return out;
}

Result<Secret> Sealer::Open(std::string_view sealed, std::string_view context) const {
  constexpr size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (sealed.size() < kNonce + kTag) return Invalid("sealed text is too short");
  std::string plain(sealed.size() - kNonce - kTag, '\0');
  unsigned long long size = 0;
  const int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(plain.data()), &size, nullptr, Bytes(sealed) + kNonce,
      sealed.size() - kNonce, Bytes(context), context.size(), Bytes(sealed), Bytes(key_.Reveal()));
  if (rc != 0)
    return Invalid("sealed text does not open with key " + key_id_ + " as " + std::string(context));
  return Secret(std::move(plain));
}

SigningKey SigningKeyOf(const Secret& seed) {
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES], key[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(public_key, key, Bytes(seed.Reveal()));
  SigningKey out{Secret(std::string(reinterpret_cast<char*>(key), sizeof key)),
                 std::string(reinterpret_cast<char*>(public_key), sizeof public_key)};
  Wipe(key, sizeof key);
  return out;
}

std::string SignEd25519(const SigningKey& key, std::string_view message) {
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, Bytes(message),
                       message.size(), Bytes(key.key.Reveal()));
  return signature;
}

bool VerifyEd25519(std::string_view public_key, std::string_view message,
                   std::string_view signature) {
  return public_key.size() == crypto_sign_PUBLICKEYBYTES && signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(Bytes(signature), Bytes(message), message.size(),
                                     Bytes(public_key)) == 0;
}

SshKeyPair NewSshKeyPair(std::string_view comment) {
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
  crypto_sign_keypair(public_key, secret_key);
  const std::string_view public_bytes(reinterpret_cast<char*>(public_key), sizeof public_key);

  std::string public_blob;
  AppendSshString(public_blob, "ssh-ed25519");
  AppendSshString(public_blob, public_bytes);

  // openssh-portable PROTOCOL.key: two equal check numbers, the key, padding 1, 2, 3, ... to a
  // multiple of 8.
  std::string check(4, '\0');
  randombytes_buf(check.data(), check.size());
  std::string inner = check + check;
  AppendSshString(inner, "ssh-ed25519");
  AppendSshString(inner, public_bytes);
  AppendSshString(inner, {reinterpret_cast<char*>(secret_key), sizeof secret_key});
  AppendSshString(inner, comment);
  for (char pad = 1; inner.size() % 8 != 0; ++pad) inner += pad;

  std::string outer("openssh-key-v1\0", 15);
  AppendSshString(outer, "none");
  AppendSshString(outer, "none");
  AppendSshString(outer, "");
  outer += std::string("\0\0\0\1", 4);
  AppendSshString(outer, public_blob);
  AppendSshString(outer, inner);

  std::string pem = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  const std::string base64 = ToBase64(outer);
  for (size_t at = 0; at < base64.size(); at += 70) pem += base64.substr(at, 70) + "\n";
  pem += "-----END OPENSSH PRIVATE KEY-----\n";
  Wipe(secret_key, sizeof secret_key);
  return {"ssh-ed25519 " + ToBase64(public_blob) + " " + std::string(comment),
          Secret(std::move(pem))};
}

}  // namespace ns
