#include "engine/secret_print.h"

#include <sys/random.h>

#include <bit>
#include <cstring>

#include "ns/sdk/error.h"

namespace ns::engine {
namespace {

// SipHash-2-4 of Aumasson and Bernstein: short, keyed, and says nothing of its input without the
// key.
class SipHash {
 public:
  SipHash(uint64_t k0, uint64_t k1)
      : v_{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
           k1 ^ 0x7465646279746573} {}

  uint64_t Of(const std::string& text) {
    const size_t whole = text.size() / 8 * 8;
    for (size_t at = 0; at < whole; at += 8) Word(Load(text.data() + at, 8));
    Word(Load(text.data() + whole, text.size() - whole) | static_cast<uint64_t>(text.size()) << 56);
    v_[2] ^= 0xff;
    for (int i = 0; i < 4; ++i) Round();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  static uint64_t Load(const char* bytes, size_t size) {
    uint64_t word = 0;
    std::memcpy(&word, bytes, size);
    return word;
  }
  void Word(uint64_t word) {
    v_[3] ^= word;
    Round();
    Round();
    v_[0] ^= word;
  }
  void Round() {
    v_[0] += v_[1], v_[1] = std::rotl(v_[1], 13) ^ v_[0], v_[0] = std::rotl(v_[0], 32);
    v_[2] += v_[3], v_[3] = std::rotl(v_[3], 16) ^ v_[2];
    v_[0] += v_[3], v_[3] = std::rotl(v_[3], 21) ^ v_[0];
    v_[2] += v_[1], v_[1] = std::rotl(v_[1], 17) ^ v_[2], v_[2] = std::rotl(v_[2], 32);
  }

  uint64_t v_[4];
};

}  // namespace

std::string SecretPrint(const std::string& key, const std::vector<sdk::EnvVar>& secrets) {
  if (secrets.empty()) return "";
  uint64_t halves[2] = {0, 0};
  std::memcpy(halves, key.data(), std::min(key.size(), sizeof(halves)));
  std::string text;
  for (const sdk::EnvVar& secret : secrets) {
    for (const std::string* part : {&secret.key, &secret.value})
      text += std::to_string(part->size()) + ":" + *part;
  }
  const uint64_t hash = SipHash(halves[0], halves[1]).Of(text);
  sdk::detail::WipeText(text);
  char print[17];
  std::snprintf(print, sizeof(print), "%016llx", static_cast<unsigned long long>(hash));
  return print;
}

std::string FreshKey() {
  std::string key(32, '\0');
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    throw sdk::Error(NS_E_INTERNAL, "", "The kernel gives no random bytes.", sdk::Fault::kPlatform);
  return key;
}

}  // namespace ns::engine
