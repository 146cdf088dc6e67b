#include "git/packet.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace ns::git {
namespace {

constexpr size_t kLongest = 65520;

}  // namespace

std::string PacketLine(std::string_view text) {
  std::array<char, 8> size{};
  std::snprintf(size.data(), size.size(), "%04zx", text.size() + 4);
  return size.data() + std::string(text);
}

void PacketReader::Feed(std::string_view bytes) {
  left_.erase(0, std::exchange(at_, 0));
  left_ += bytes;
}

Result<std::optional<Packet>> PacketReader::Next() {
  const std::string_view left = std::string_view(left_).substr(at_);
  if (left.size() < 4) return std::optional<Packet>();
  size_t size = 0;
  const auto [end, error] = std::from_chars(left.data(), left.data() + 4, size, 16);
  if (error != std::errc() || end != left.data() + 4 || (size < 4 && size != 0) || size > kLongest)
    return Invalid("the bytes are no packet lines of Git");
  if (left.size() < size) return std::optional<Packet>();
  const bool flush = size == 0;
  at_ += flush ? 4 : size;
  return std::optional(Packet{flush, std::string(flush ? "" : left.substr(4, size - 4))});
}

}  // namespace ns::git
