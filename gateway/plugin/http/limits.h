// What a client may take.
#pragma once

#include <chrono>
#include <cstdint>

namespace ns::gateway::http {

struct Limits {
  uint32_t header_bytes = 64 * 1024;        // request line and headers
  uint64_t body_bytes = 4 * 1024 * 1024;    // of a request
  uint64_t held_bytes = 256 * 1024 * 1024;  // of all requests that have no answer yet
  uint32_t connections = 1024;              // at once, for each listening socket
  uint32_t streams = 128;                   // at once on one connection of HTTP/2
  std::chrono::milliseconds header_time{
      10'000};  // from the first byte of a request to the end of its headers
  std::chrono::milliseconds body_time{30'000};   // for the whole body
  std::chrono::milliseconds write_time{60'000};  // without a byte of an answer being taken
  std::chrono::milliseconds idle_time{75'000};   // between requests of one connection
  // That a machine at the other end of TCP does not even say that it is there; `write_time` where
  // that is longer.
  std::chrono::milliseconds silent_time{60'000};
};

}  // namespace ns::gateway::http
