// What a client may take.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ns::gateway::http {

// Fields of a head. Each takes more memory than its bytes, and one of HTTP/2 a single byte to send.
inline constexpr size_t kMostFields = 200;

struct Limits {
  uint32_t header_bytes = 64 * 1024;      // request line and headers; HTTP/2: 32 more for each
  uint64_t body_bytes = 4 * 1024 * 1024;  // of a request
  // Of all requests that have no answer yet, with heads, and of answers that nobody has taken yet.
  uint64_t held_bytes = 256 * 1024 * 1024;
  uint32_t connections = 1024;  // at once, for each listening socket
  uint32_t streams = 128;       // at once on one connection of HTTP/2
  std::chrono::milliseconds header_time{
      10'000};  // from the first byte of a request to the end of its headers
  std::chrono::milliseconds body_time{30'000};  // for the whole body
  std::chrono::milliseconds write_time{
      60'000};  // for the next 64 KiB of an answer to be taken; HTTP/2: for a byte
  std::chrono::milliseconds idle_time{75'000};  // between requests of one connection
  // That a machine at the other end of TCP does not even say that it is there; `write_time` where
  // that is longer.
  std::chrono::milliseconds silent_time{60'000};
};

// For whoever sends more.
inline std::string HeadTooLong(const Limits& limits) {
  return "The headers have more than " + std::to_string(limits.header_bytes) + " bytes or " +
         std::to_string(kMostFields) + " fields.";
}

}  // namespace ns::gateway::http
