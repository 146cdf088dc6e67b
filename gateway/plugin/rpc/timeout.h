// How long a client is willing to wait.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ns::gateway::rpc {

// The value of Connect-Timeout-Ms: up to ten digits. nullopt: malformed.
std::optional<std::chrono::nanoseconds> ConnectTimeout(std::string_view value);
// The value of grpc-timeout: up to eight digits and a unit (H, M, S, m, u or n). nullopt:
// malformed.
std::optional<std::chrono::nanoseconds> GrpcTimeout(std::string_view value);

}  // namespace ns::gateway::rpc
