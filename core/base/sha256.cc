#include "base/sha256.h"

#include <sodium.h>

#include "base/crypto.h"

namespace ns {
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
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(reinterpret_cast<State*>(state_.data()),
                           reinterpret_cast<unsigned char*>(digest.data()));
  return ToHex(digest);
}

}  // namespace ns
