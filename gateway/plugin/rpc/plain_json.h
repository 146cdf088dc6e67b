// Wire form to JSON in one pass, for the messages that answers are made of.
// Source: https://protobuf.dev/programming-guides/json/
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace ns::gateway::rpc {

// A text as a string of JSON; none: it cannot be one.
using QuotedBy = std::function<std::optional<std::string>(std::string_view)>;

// The JSON of `wire`, a message of that type, in the order of the wire, byte by byte that of
// libprotobuf, which goes there by way of types and events. None where it holds what is left to
// that library: maps, floating point, packed lists, google.protobuf.* but Timestamp and Empty, or
// bytes that are no such message. `quoted`: for texts that are more than plain ASCII.
std::optional<std::string> PlainJson(const google::protobuf::Descriptor& type,
                                     std::string_view wire, const QuotedBy& quoted);

}  // namespace ns::gateway::rpc
