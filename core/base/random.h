// Chance as a port: production draws from the kernel, the simulation from a seed.
#pragma once

#include <cstdint>
#include <span>

namespace ns {

// [any-thread] for the system source; a seeded source belongs to one thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<uint8_t> bytes) = 0;

  uint64_t Next();
  // Uniform in [0, bound); 0 for bound 0.
  uint64_t Below(uint64_t bound);
};

// Cryptographically secure, from libsodium.
Random& SystemRandom();

// splitmix64 over `seed`; the same seed gives the same bytes on every platform.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void Fill(std::span<uint8_t> bytes) override;

 private:
  uint64_t state_;
};

}  // namespace ns
