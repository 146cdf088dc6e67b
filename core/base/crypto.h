// Digests, keyed keys, and sealing. Hides libsodium. [any-thread]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace ns {

std::string ToHex(std::string_view bytes);
std::string ToBase64(std::string_view bytes);
// The bytes, or kInvalid.
Result<std::string> FromBase64(std::string_view text);
// Of the alphabet with "-" and "_", without padding (RFC 4648 section 5), in its one form.
std::string ToBase64Url(std::string_view bytes);
Result<std::string> FromBase64Url(std::string_view text);

// SHA-256 as 32 bytes, and as 64 hex characters.
std::string Sha256Bytes(std::string_view bytes);
std::string Sha256Hex(std::string_view bytes);
// HMAC-SHA-256, 32 raw bytes (webhook signatures).
std::string HmacSha256(std::string_view key, std::string_view bytes);
// Compares without telling by its time where the difference is; false at once for different
// lengths.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// Builds a keyed BLAKE2b digest over fields; each field is length-prefixed, so that ("a","bc")
// differs from ("ab","c"). Used for build, run and route keys, which cover secrets and stand in
// labels.
class KeyHasher {
 public:
  explicit KeyHasher(const Secret& key);
  KeyHasher& Add(std::string_view field);
  KeyHasher& Add(int64_t field);
  // 40 hex characters.
  std::string Finish();

 private:
  Secret key_;
  std::string buffer_;
};

// Seals texts with XChaCha20-Poly1305. `context` (table, row, column) is authenticated: a sealed
// text opens only where it was put.
class Sealer {
 public:
  // `key`: 32 bytes.
  Sealer(std::string key_id, Secret key);
  const std::string& key_id() const { return key_id_; }
  std::string Seal(const Secret& plain, std::string_view context) const;
  // kInvalid when the text was changed, moved or sealed under another key.
  Result<Secret> Open(std::string_view sealed, std::string_view context) const;

 private:
  std::string key_id_;
  Secret key_;
};

// Ed25519 (RFC 8032): public keys of 32 bytes, signatures of 64.
struct SigningKey {
  Secret key;  // 64 bytes
  std::string public_key;
};
// `seed`: 32 bytes.
SigningKey SigningKeyOf(const Secret& seed);
std::string SignEd25519(const SigningKey& key, std::string_view message);
// False too for what is no key and no signature.
bool VerifyEd25519(std::string_view public_key, std::string_view message,
                   std::string_view signature);

// An Ed25519 pair in OpenSSH's formats.
struct SshKeyPair {
  std::string public_line;  // "ssh-ed25519 AAAA... comment"
  Secret private_pem;       // "-----BEGIN OPENSSH PRIVATE KEY-----"
};
SshKeyPair NewSshKeyPair(std::string_view comment);

}  // namespace ns
