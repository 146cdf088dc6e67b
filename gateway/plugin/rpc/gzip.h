// gzip (RFC 1952), in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rpc/schema.h"

namespace ns::gateway::rpc {

std::string Gzip(std::string_view bytes);
// At most `most` bytes: what is longer is resource_exhausted, what is no gzip invalid_argument.
Converted Gunzip(std::string_view bytes, uint64_t most);

}  // namespace ns::gateway::rpc
