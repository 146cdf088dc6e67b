#include "link/artifact_wire.h"

#include <algorithm>

namespace ns::link {
namespace {

bool IsSha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Status BrokenArtifact(const std::string& what) {
  return Status(Code::kInvalid, "ProtocolBroken",
                "the sending of an artifact breaks the protocol: " + what)
      .SetFault(Fault::kPlatform);
}

void ToWire(const Incoming& incoming, wire::BeginArtifact& out) {
  out.set_process(incoming.process);
  ToWire(incoming.claim, *out.mutable_claim());
  out.set_size(incoming.digest.size);
  out.set_sha256(incoming.digest.sha256);
}

Result<Incoming> FromWire(const wire::PutArtifactRequest& first) {
  if (!first.has_begin()) return BrokenArtifact("it has no beginning");
  const wire::BeginArtifact& begin = first.begin();
  if (!IsId(begin.process())) return BrokenArtifact("the name of a process");
  if (begin.size() > kLongestArtifact) return BrokenArtifact("its size");
  if (!IsSha256(begin.sha256())) return BrokenArtifact("its digest");
  NS_ASSIGN(ports::Claim claim, FromWire(begin.claim()));
  return Incoming{begin.process(), std::move(claim), {begin.size(), begin.sha256()}};
}

void ToWire(const model::Image& image, wire::Image& out) {
  out.set_reference(image.reference);
  out.set_digest(image.digest);
  out.set_size(std::max<int64_t>(image.size, 0));
}

Result<model::Image> FromWire(const wire::PutArtifactResponse& response) {
  if (response.has_failure()) {
    Status told;
    NS_TRY(FromWire(response.failure(), told));
    return told.ok() ? BrokenArtifact("a failure that is none") : told;
  }
  if (!response.has_image()) return BrokenArtifact("the answer");
  const wire::Image& image = response.image();
  return model::Image{image.reference(), image.digest(), image.size()};
}

}  // namespace ns::link
