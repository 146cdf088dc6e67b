#include "base/random.h"

#include <cstring>

#include <sodium.h>

#include "base/id.h"

namespace ns {
namespace {

class KernelRandom final : public Random {
 public:
  void Fill(std::span<uint8_t> bytes) override { randombytes_buf(bytes.data(), bytes.size()); }
};

}  // namespace

uint64_t Random::Next() {
  uint8_t bytes[8];
  Fill(bytes);
  uint64_t value = 0;
  for (uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

uint64_t Random::Below(uint64_t bound) {
  if (bound == 0) return 0;
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t value = Next();
  while (value >= limit) value = Next();
  return value % bound;
}

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

void SeededRandom::Fill(std::span<uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    bytes[i] = static_cast<uint8_t>(z ^ (z >> 31));
  }
}

bool IsId(std::string_view text) {
  return text.size() == 22 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string NewIdText(Random& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  uint8_t bytes[11];
  random.Fill(bytes);
  std::string text;
  for (uint8_t byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace ns
