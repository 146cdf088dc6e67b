// What a client of HTTP/2 sends and gets, byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ns::gateway {

inline constexpr uint8_t kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6,
                         kWindowUpdate = 8, kContinuation = 9;
inline constexpr uint8_t kEndStream = 1, kEndHeaders = 4;
inline const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame += static_cast<char>(payload.size() >> shift & 0xff);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift & 0xff);
  return frame + payload;
}

inline std::string Opening() { return kPreface + Frame(kSettings, 0, 0, ""); }

// Literals of HPACK without Huffman coding, RFC 7541 section 6.2.2; shorter than 127 bytes.
inline std::string Literal(const std::string& indexed_name, const std::string& value) {
  return indexed_name + static_cast<char>(value.size()) + value;
}

// POST of that path.
inline std::string PostBlock(const std::string& path) {
  return "\x83\x86" + Literal("\x04", path) + Literal("\x01", "x");
}

// Credit for so many bytes more; stream 0: of the connection.
inline std::string Credit(uint32_t stream, uint32_t bytes) {
  std::string number;
  for (const int shift : {24, 16, 8, 0}) number += static_cast<char>(bytes >> shift & 0xff);
  return Frame(kWindowUpdate, 0, stream, number);
}

struct H2Frame {
  uint8_t type = 0, flags = 0;
  uint32_t stream = 0;
  std::string payload;
};

// Those that are whole.
inline std::vector<H2Frame> FramesIn(const std::string& bytes) {
  constexpr size_t kHead = 9;
  const auto number = [&](size_t at, size_t size) {
    uint32_t value = 0;
    for (size_t i = at; i < at + size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
    return value;
  };
  std::vector<H2Frame> frames;
  for (size_t at = 0; at + kHead <= bytes.size();) {
    const size_t length = number(at, 3);
    if (at + kHead + length > bytes.size()) break;
    frames.push_back({static_cast<uint8_t>(bytes[at + 3]), static_cast<uint8_t>(bytes[at + 4]),
                      number(at + 5, 4), bytes.substr(at + kHead, length)});
    at += kHead + length;
  }
  return frames;
}

}  // namespace ns::gateway
