// The artifact of a builder as values; a message that breaks the protocol is kInvalid.
#pragma once

#include <string>

#include "link/builder_wire.h"
#include "neoshowcase/link/v1/artifacts.pb.h"
#include "ports/build_desk.h"

namespace ns::link {

inline constexpr size_t kMaxPiece = 1 << 20;                     // bytes of one message
inline constexpr uint64_t kLongestArtifact = uint64_t{5} << 30;  // bytes

// What a builder is about to send.
struct Incoming {
  std::string process;
  ports::Claim claim;
  ports::Digest digest;
};

Status BrokenArtifact(const std::string& what);

void ToWire(const Incoming& incoming, wire::BeginArtifact& out);
Result<Incoming> FromWire(const wire::PutArtifactRequest& first);

void ToWire(const model::Image& image, wire::Image& out);
// What became of it: the answer, or the failure that was told.
Result<model::Image> FromWire(const wire::PutArtifactResponse& response);

}  // namespace ns::link
