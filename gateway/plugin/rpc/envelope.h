// Messages in a stream of bytes: a byte of flags, four of length, the message. The same for
// Connect's streams, gRPC and gRPC-Web.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ns::gateway::rpc {

inline constexpr uint8_t kCompressed = 1;
inline constexpr size_t kEnvelopeHead = 5;

struct Envelope {
  uint8_t flags = 0;
  std::string_view bytes;
};

std::string Enveloped(uint8_t flags, std::string_view bytes);
// Takes the first one off `rest`. nullopt: it is not whole.
std::optional<Envelope> TakeEnvelope(std::string_view& rest);

}  // namespace ns::gateway::rpc
