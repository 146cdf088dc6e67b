// What a client may take. Read from the plugin's configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ns::gateway {

struct Limits {
  uint32_t header_bytes = 64 * 1024;      // request line and headers
  uint64_t body_bytes = 4 * 1024 * 1024;  // of a call
  uint64_t answer_bytes = 64 * 1024 * 1024;
  uint32_t connections = 1024;  // at once, for each listening socket
  std::chrono::milliseconds header_time{
      10'000};  // from the first byte of a request to the end of its headers
  std::chrono::milliseconds body_time{30'000};   // for the whole body
  std::chrono::milliseconds write_time{60'000};  // for the whole answer
  std::chrono::milliseconds idle_time{75'000};   // between requests of one connection
  std::chrono::milliseconds call_time{
      60'000};  // of a call whose client names no time-out; also the longest that a client may ask
  std::chrono::milliseconds grace{
      1'000};  // that the host has beyond a call's deadline to say so itself
};

// `config`: JSON that fits the manifest's schema.
Limits LimitsOf(const std::string& config);

}  // namespace ns::gateway
