#include "rpc/envelope.h"

#include <boost/endian/conversion.hpp>

namespace ns::gateway::rpc {

std::string Enveloped(uint8_t flags, std::string_view bytes) {
  std::string out(kEnvelopeHead, '\0');
  out.reserve(kEnvelopeHead + bytes.size());
  out[0] = static_cast<char>(flags);
  boost::endian::store_big_u32(reinterpret_cast<unsigned char*>(out.data() + 1),
                               static_cast<uint32_t>(bytes.size()));
  out += bytes;
  return out;
}

std::optional<Envelope> TakeEnvelope(std::string_view& rest) {
  if (rest.size() < kEnvelopeHead) return std::nullopt;
  const uint32_t size =
      boost::endian::load_big_u32(reinterpret_cast<const unsigned char*>(rest.data() + 1));
  if (rest.size() - kEnvelopeHead < size) return std::nullopt;
  const Envelope envelope{static_cast<uint8_t>(rest[0]), rest.substr(kEnvelopeHead, size)};
  rest.remove_prefix(kEnvelopeHead + size);
  return envelope;
}

}  // namespace ns::gateway::rpc
