// Fields of messages that this program does not know, as a newer server has them. Pure.
#pragma once

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace ns::cli::form {

// Gives `to` those of `from`, which is of its type, and of the messages within.
void KeepUnknown(const google::protobuf::Message& from, google::protobuf::Message& to);

}  // namespace ns::cli::form
