// What a request asks for, by its head alone. Pure.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "rpc/protocol.h"
#include "rpc/schema.h"
#include "rpc/target.h"

namespace ns::gateway::rpc {

// A call of one method.
struct Plan {
  const Method* method = nullptr;  // of the schema
  Codec codec = Codec::kProto;
  std::shared_ptr<const Protocol> protocol;
  const Framed* framed = nullptr;  // the same one, of a method that streams
  std::optional<std::chrono::nanoseconds> timeout;
  std::optional<std::string> message;  // of a GET, as the body of others; nothing more comes
};

// A refusal in the words of the protocol that the client speaks, as far as that is known; `most`:
// bytes of a message.
using Planned = std::variant<Plan, Reply>;
Planned PlanCall(const http::Head& head, const Target& target, const Schema& schema, uint64_t most);

// A refusal of a request that no protocol is known of: an error of Connect as JSON.
Reply PlainRefusal(const Problem& problem, Headers headers = {});
// One of HTTP's own (method, media type, version), which clients of every protocol know by its
// status: a sentence as text.
Reply HttpRefusal(int status, const std::string& why, Headers headers = {});

}  // namespace ns::gateway::rpc
