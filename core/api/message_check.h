// What holds for every request message, whatever its type.
#pragma once

#include "base/status.h"

namespace google::protobuf {
class Message;
}

namespace ns::api {

// kInvalid with the fields that hold a number their enum does not know, or text with a NUL
// character: as many as are told of (kMostViolations), and whether there are more.
Status CheckMessage(const google::protobuf::Message& message);

}  // namespace ns::api
