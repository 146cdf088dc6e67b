// SHA-256 of streams, and what a storage that is given an object does with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ns/sdk/storage.h"

namespace ns::digest {

class Sha256 {
 public:
  Sha256();
  void Add(std::string_view bytes);
  // 64 hex characters; nothing may be added afterwards.
  std::string FinishHex();

 private:
  alignas(16) std::array<std::byte, 128> state_;  // room for the library's
};

std::string Sha256Hex(std::string_view bytes);

// The bytes of an object on their way into a storage: no more than were told, and those that were.
class Incoming {
 public:
  // Both must outlive it.
  Incoming(const sdk::Object& object, const sdk::ByteSource& bytes)
      : object_(object), bytes_(bytes) {}
  // Up to `most` of them; 0: the end, and all was as told. Throws DigestMismatch.
  size_t Read(char* to, size_t most);

 private:
  const sdk::Object& object_;
  const sdk::ByteSource& bytes_;
  Sha256 sum_;
  uint64_t size_ = 0;
};

}  // namespace ns::digest
