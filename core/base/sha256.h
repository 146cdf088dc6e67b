// SHA-256 of a stream.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ns {

// One thread at a time. Copies go on from the same state.
class Sha256 {
 public:
  Sha256();
  void Add(std::string_view bytes);
  // 64 hex characters; nothing may be added afterwards.
  std::string FinishHex();

 private:
  alignas(16) std::array<std::byte, 128> state_;  // room for the library's
};

}  // namespace ns
