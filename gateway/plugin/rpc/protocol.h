// One call in the words of one protocol. Pure: bytes in, bytes out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/head.h"
#include "rpc/problem.h"
#include "rpc/schema.h"

namespace ns::gateway::rpc {

using http::Headers;

enum class Codec { kJson, kProto };

// How messages are packed. "identity" and "gzip" are known.
struct Packing {
  bool gzip_in = false;   // of the request
  bool gzip_out = false;  // the client takes it
  uint64_t most = 0;      // bytes of the request's message once unpacked
};

// How a call ended, and what is told of it besides.
struct Outcome {
  std::optional<Problem> problem;  // none: it went well
  Headers trailing;
};

// An answer in full.
struct Reply {
  http::ResponseHead head;
  std::string body;
  Headers trailers;  // of HTTP
};

class Protocol {
 public:
  virtual ~Protocol() = default;
  // The bytes that a body has at most where its message has `most`.
  virtual uint64_t MostBody(uint64_t most) const = 0;
  // The one message that a request has, in the codec of the call.
  virtual Converted Message(std::string body) const = 0;
  // `message` counts only where it went well.
  virtual Reply Whole(const Headers& leading, std::string message,
                      const Outcome& outcome) const = 0;
};

// One whose messages come one by one: head, messages, end.
class Framed : public Protocol {
 public:
  struct Tail {
    std::string bytes;
    Headers trailers;
  };
  virtual http::ResponseHead Open(const Headers& leading) const = 0;
  virtual std::string Frame(std::string message) const = 0;
  virtual Tail Close(const Outcome& outcome) const = 0;

  Reply Whole(const Headers& leading, std::string message, const Outcome& outcome) const final;
};

// `content_type`: as the client sent it, which is that of the answer too.
std::unique_ptr<Protocol> ConnectUnary(Codec codec, const Packing& packing);
std::unique_ptr<Framed> ConnectStream(const std::string& content_type, const Packing& packing);
std::unique_ptr<Framed> Grpc(const std::string& content_type, const Packing& packing);
// `text`: all of it in Base64.
std::unique_ptr<Framed> GrpcWeb(const std::string& content_type, bool text, const Packing& packing);

}  // namespace ns::gateway::rpc
