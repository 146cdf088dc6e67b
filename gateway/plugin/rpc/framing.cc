#include "rpc/framing.h"

#include "rpc/base64.h"
#include "rpc/gzip.h"
#include "rpc/utf8.h"

namespace ns::gateway::rpc {
namespace {

constexpr size_t kWorthPacking = 1024;  // bytes; less is gone in one packet anyhow

Problem NotOne(const std::string& how_many) {
  return {NS_E_UNSUPPORTED,
          "The request has " + how_many + " messages; this method takes exactly one.",
          {},
          0};
}

Converted Unpacked(const Envelope& envelope, const Packing& packing) {
  if ((envelope.flags & ~kCompressed) != 0)
    return Problem{NS_E_INVALID,
                   "An envelope of the request has the flags " + std::to_string(envelope.flags) +
                       ", which mean nothing here.",
                   {},
                   0};
  if ((envelope.flags & kCompressed) == 0) return std::string(envelope.bytes);
  if (packing.gzip_in) return Gunzip(envelope.bytes, packing.most);
  return Problem{NS_E_INTERNAL,
                 "A message is marked as compressed, and the request names no compression.",
                 {},
                 0};
}

}  // namespace

bool WorthPacking(const Packing& packing, size_t size) {
  return packing.gzip_out && size >= kWorthPacking;
}

Converted OneMessage(std::string_view body, const Packing& packing) {
  if (body.empty()) return NotOne("no");
  const auto envelope = TakeEnvelope(body);
  if (!envelope)
    return Problem{NS_E_INVALID, "The request ends before its message is whole.", {}, 0};
  if (envelope->bytes.size() > packing.most)
    return Problem{NS_E_EXHAUSTED,
                   "The message has more than " + std::to_string(packing.most) + " bytes.",
                   {},
                   0};
  if (!body.empty()) return NotOne("several");
  return Unpacked(*envelope, packing);
}

std::string FramedMessage(std::string message, const Packing& packing) {
  if (!WorthPacking(packing, message.size())) return Enveloped(0, message);
  return Enveloped(kCompressed, Gzip(message));
}

Headers GrpcTrailers(const Outcome& outcome) {
  Headers trailers = outcome.trailing;
  if (!outcome.problem) {
    trailers.emplace_back("grpc-status", "0");
    return trailers;
  }
  const Problem& problem = *outcome.problem;
  trailers.emplace_back("grpc-status", std::to_string(problem.code));
  trailers.emplace_back("grpc-message", PercentEncoded(MadeUtf8(problem.message)));
  if (!problem.details.empty())
    trailers.emplace_back("grpc-status-details-bin", Base64(StatusBytes(problem)));
  return trailers;
}

Reply Framed::Whole(const Headers& leading, std::string message, const Outcome& outcome) const {
  Reply reply{Open(leading), outcome.problem ? std::string() : Frame(std::move(message)), {}};
  Tail tail = Close(outcome);
  reply.body += tail.bytes;
  reply.trailers = std::move(tail.trailers);
  return reply;
}

}  // namespace ns::gateway::rpc
