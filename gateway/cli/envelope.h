// The messages of a Connect stream in the bytes of its body. Pure.
// Source: https://connectrpc.com/docs/protocol (enveloped messages, end-stream message).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ns::cli {

struct Envelope {
  bool last = false;  // the end of the stream, as JSON
  std::string body;
};

// One message of a request.
std::string Enveloped(const std::string& message);

// Takes bytes as they come, gives messages as they are whole.
class Envelopes {
 public:
  void Add(std::string_view bytes) { bytes_ += bytes; }
  // The next whole one. Throws Failure(kFailed) where the bytes are no such stream.
  std::optional<Envelope> Next();

 private:
  std::string bytes_;
};

}  // namespace ns::cli
