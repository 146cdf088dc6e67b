#include "link/artifact_service.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/log.h"
#include "link/artifact_wire.h"
#include "link/grpc_status.h"
#include "neoshowcase/link/v1/artifacts.grpc.pb.h"

namespace ns::link {
namespace {

constexpr int kMostAtOnce = 4;  // each holds a thread of gRPC
constexpr Duration kLimit = std::chrono::minutes(30);

using Reader = grpc::ServerReader<wire::PutArtifactRequest>;

// The bytes behind the first message; what ends too early is noticed by its size.
class Pieces {
 public:
  explicit Pieces(Reader& reader) : reader_(reader) {}

  Result<size_t> Read(char* to, size_t most) {
    while (at_ == piece_.bytes().size()) {
      at_ = 0;
      piece_.Clear();
      if (!reader_.Read(&piece_)) return size_t{0};
      if (piece_.kind_case() != wire::PutArtifactRequest::kBytes ||
          piece_.bytes().size() > kMaxPiece)
        return BrokenArtifact("a piece of it");
    }
    const size_t count = std::min(most, piece_.bytes().size() - at_);
    std::memcpy(to, piece_.bytes().data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  Reader& reader_;
  wire::PutArtifactRequest piece_;
  size_t at_ = 0;  // that were given of it
};

class ArtifactService final : public wire::Artifacts::Service {
 public:
  ArtifactService(const Admission& admission, DeskFor desk_for, Clock& clock,
                  std::stop_token stopping)
      : admission_(admission),
        desk_for_(std::move(desk_for)),
        clock_(clock),
        stopping_(std::move(stopping)) {}

 private:
  grpc::Status Put(grpc::ServerContext* context, Reader* reader,
                   wire::PutArtifactResponse* response) override {
    const auto name = admission_.Admit(CredentialsOf(*context), "builder");
    if (!name.ok()) return ToGrpc(name.status());
    const auto kept = Turn(*name, *reader);
    if (kept.ok()) {
      ToWire(*kept, *response->mutable_image());
    } else {
      log::Info("an artifact of a builder is not kept",
                {{"builder", *name}, {"why", kept.status().ToString()}});
      ToWire(kept.status(), *response->mutable_failure());
    }
    return grpc::Status::OK;
  }

  Result<model::Image> Turn(const std::string& name, Reader& reader) {
    const bool free = ++under_way_ <= kMostAtOnce;
    auto kept = free ? Keep(name, reader)
                     : Unavailable("too many artifacts come at once; try again in a moment");
    --under_way_;
    return kept;
  }

  Result<model::Image> Keep(const std::string& name, Reader& reader) {
    wire::PutArtifactRequest first;
    if (!reader.Read(&first)) return BrokenArtifact("it has no beginning");
    NS_ASSIGN(const Incoming incoming, FromWire(first));
    const auto desk = desk_for_(BuilderId(name, incoming.process));
    Pieces pieces(reader);
    return desk->PutArtifact({stopping_, clock_.Monotonic() + kLimit}, incoming.claim,
                             incoming.digest,
                             [&](char* to, size_t most) { return pieces.Read(to, most); });
  }

  const Admission& admission_;
  const DeskFor desk_for_;
  Clock& clock_;
  const std::stop_token stopping_;
  std::atomic<int> under_way_ = 0;
};

}  // namespace

std::shared_ptr<grpc::Service> NewArtifactService(const Admission& admission, DeskFor desk_for,
                                                  Clock& clock, std::stop_token stopping) {
  return std::make_shared<ArtifactService>(admission, std::move(desk_for), clock,
                                           std::move(stopping));
}

}  // namespace ns::link
