#include "envelope.h"

#include "failure.h"

namespace ns::cli {
namespace {

constexpr size_t kHead = 5;                // a byte of flags, four of length
constexpr size_t kMostMessage = 64 << 20;  // bytes
constexpr uint8_t kCompressed = 1, kEnd = 2;

}  // namespace

std::string Enveloped(const std::string& message) {
  std::string out(kHead, '\0');
  for (size_t i = 0; i < 4; ++i) out[1 + i] = static_cast<char>(message.size() >> (24 - 8 * i));
  return out + message;
}

std::optional<Envelope> Envelopes::Next() {
  if (bytes_.size() < kHead) return std::nullopt;
  const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes_[i]); };
  size_t size = 0;
  for (size_t i = 1; i < kHead; ++i) size = size << 8 | at(i);
  if ((at(0) & ~kEnd) != 0 || size > kMostMessage)
    throw Failure(Exit::kFailed, (at(0) & kCompressed) != 0
                                     ? "The server sent a compressed message, unasked."
                                     : "What the server sent is no stream of messages.");
  if (bytes_.size() < kHead + size) return std::nullopt;
  Envelope envelope{(at(0) & kEnd) != 0, bytes_.substr(kHead, size)};
  bytes_.erase(0, kHead + size);
  return envelope;
}

}  // namespace ns::cli
