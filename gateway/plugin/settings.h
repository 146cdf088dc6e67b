// What the gateway's configuration says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/limits.h"
#include "http/tls.h"

namespace ns::gateway {

struct Settings {
  http::Limits http;
  uint64_t answer_bytes = 64 * 1024 * 1024;  // of one message of an answer
  std::chrono::milliseconds call_time{
      60'000};  // of a call whose client names no time-out; also the longest that a client may ask
  std::chrono::milliseconds grace{
      1'000};                         // that the host has beyond a call's deadline to say so itself
  uint32_t threads = 0;               // 0: as many as processors, four at most
  std::optional<http::TlsFiles> tls;  // for TCP; a Unix socket needs none
  // Of the listening sockets, those for operators: nothing else is served there, and what is theirs
  // on no other one of TCP.
  std::vector<std::string> operations;
  std::vector<std::string> cors_origins;  // "https://dash.example.com"; "*": any, without cookies
};

// `config`: JSON that fits the manifest's schema.
Settings SettingsOf(const std::string& config);

}  // namespace ns::gateway
