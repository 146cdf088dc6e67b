// What went wrong with a call, in the words of each protocol.
// Sources: https://connectrpc.com/docs/protocol,
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ns/abi/base.h"

namespace ns::gateway::rpc {

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

// A request that has more bytes than it may, or that, or whose answer, there is no memory for just
// then.
Problem BodyTooLong(uint64_t most);
Problem NoMemory();

// "invalid_argument"; an unknown number is "unknown".
std::string_view CodeName(ns_status code);
// 400 for invalid_argument, and so on.
int HttpStatus(ns_status code);
int HttpStatus(const Problem& problem);
// Connect: the error as a JSON object.
std::string ErrorJson(const Problem& problem);
// gRPC: a serialized google.rpc.Status.
std::string StatusBytes(const Problem& problem);
// gRPC: what stands in grpc-message.
std::string PercentEncoded(std::string_view text);
// The details of a serialized google.rpc.Status; what cannot be read is left out.
std::vector<Detail> DetailsOf(std::string_view status);

}  // namespace ns::gateway::rpc
