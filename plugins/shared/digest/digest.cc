#include "digest/digest.h"

#include <sodium.h>

namespace ns::digest {
namespace {

using State = crypto_hash_sha256_state;

}  // namespace

Sha256::Sha256() {
  static_assert(sizeof(State) <= sizeof(state_) && alignof(State) <= 16);
  crypto_hash_sha256_init(reinterpret_cast<State*>(state_.data()));
}

void Sha256::Add(std::string_view bytes) {
  crypto_hash_sha256_update(reinterpret_cast<State*>(state_.data()),
                            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string Sha256::FinishHex() {
  static constexpr char kHex[] = "0123456789abcdef";
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256_final(reinterpret_cast<State*>(state_.data()), digest);
  std::string text;
  for (const unsigned char byte : digest) (text += kHex[byte >> 4]) += kHex[byte & 15];
  return text;
}

std::string Sha256Hex(std::string_view bytes) {
  Sha256 sum;
  sum.Add(bytes);
  return sum.FinishHex();
}

size_t Incoming::Read(char* to, size_t most) {
  const size_t got = bytes_.Read(to, most);
  size_ += got;
  sum_.Add({to, got});
  if (size_ > object_.size || (got == 0 && size_ < object_.size)) {
    throw sdk::DigestMismatch(object_.key, "they are " + std::string(got > 0 ? "more" : "fewer") +
                                               " than " + std::to_string(object_.size));
  }
  if (got > 0) return got;
  const std::string sha256 = sum_.FinishHex();
  if (sha256 != object_.sha256)
    throw sdk::DigestMismatch(object_.key,
                              "their SHA-256 is " + sha256 + " and not " + object_.sha256);
  return 0;
}

}  // namespace ns::digest
