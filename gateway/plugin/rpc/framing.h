// What the framed protocols share.
#pragma once

#include <string>
#include <string_view>

#include "rpc/envelope.h"
#include "rpc/protocol.h"

namespace ns::gateway::rpc {

inline constexpr char kGzip[] = "gzip";

// Whether a message is worth the packing.
bool WorthPacking(const Packing& packing, size_t size);

// The one message of an enveloped body. None and several are unimplemented, as gRPC has it for
// calls of one message.
Converted OneMessage(std::string_view body, const Packing& packing);
// In an envelope, packed where that is agreed and worth it.
std::string FramedMessage(std::string message, const Packing& packing);

// gRPC's words for an outcome, as trailers of HTTP or in the last envelope of gRPC-Web.
Headers GrpcTrailers(const Outcome& outcome);

}  // namespace ns::gateway::rpc
