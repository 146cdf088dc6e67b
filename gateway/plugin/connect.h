// Connect's rules for unary calls over HTTP/1.1: names of codes, errors as JSON, time-outs.
// Source: https://connectrpc.com/docs/protocol
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ns/abi/base.h"

namespace ns::gateway {

// One google.rpc detail of a failure.
struct Detail {
  std::string type;   // "google.rpc.BadRequest"
  std::string value;  // serialized
  std::string debug;  // JSON, or empty
};

// A refusal or failure as it goes to the client.
struct Problem {
  ns_status code = NS_E_UNKNOWN;
  std::string message;
  std::vector<Detail> details;
  int http_status = 0;  // 0: that of the code
};

// "invalid_argument"; an unknown number is "unknown".
std::string_view CodeName(ns_status code);
// 400 for invalid_argument, and so on.
int HttpStatus(ns_status code);
int HttpStatus(const Problem& problem);
// The body of a failed unary call.
std::string ErrorJson(const Problem& problem);
// The details of a serialized google.rpc.Status; what cannot be read is left out.
std::vector<Detail> DetailsOf(std::string_view status);
// The value of Connect-Timeout-Ms: up to ten digits. nullopt: malformed.
std::optional<std::chrono::milliseconds> ParseTimeout(std::string_view value);

}  // namespace ns::gateway
