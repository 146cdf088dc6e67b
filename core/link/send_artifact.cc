#include "link/send_artifact.h"

#include <grpcpp/grpcpp.h>

#include "link/grpc_status.h"
#include "neoshowcase/link/v1/artifacts.grpc.pb.h"

namespace ns::link {
namespace {

constexpr Duration kDefaultLimit = std::chrono::minutes(30);
constexpr size_t kPiece = 256 << 10;

using Writer = grpc::ClientWriter<wire::PutArtifactRequest>;

// Ok also where the other side has stopped reading: its answer says why.
Status WriteAll(Writer& writer, const Incoming& incoming, const ports::ObjectSource& bytes) {
  wire::PutArtifactRequest begin;
  ToWire(incoming, *begin.mutable_begin());
  bool reads = writer.Write(begin);
  std::string piece;
  while (reads) {
    piece.resize(kPiece);
    NS_ASSIGN(const size_t count, bytes(piece.data(), piece.size()));
    if (count == 0) break;
    piece.resize(count);
    wire::PutArtifactRequest request;
    request.set_bytes(piece);
    reads = writer.Write(request);
  }
  writer.WritesDone();
  return {};
}

}  // namespace

Result<model::Image> SendArtifact(const ports::Call& call, const std::string& address,
                                  const Identity& identity, const Incoming& incoming,
                                  const ports::ObjectSource& bytes, Clock& clock) {
  grpc::ClientContext context;
  SetDeadline(context, call.deadline ? *call.deadline - clock.Monotonic() : kDefaultLimit);
  ShowIdentity(context, identity);
  const std::stop_callback cancel(call.cancel, [&context] { context.TryCancel(); });
  const auto stub = wire::Artifacts::NewStub(ChannelTo(address, identity));
  wire::PutArtifactResponse response;
  const auto writer = stub->Put(&context, &response);
  const Status written = WriteAll(*writer, incoming, bytes);
  if (!written.ok()) context.TryCancel();
  const grpc::Status ended = writer->Finish();
  NS_TRY(written);
  NS_TRY(FromGrpc(ended));
  return FromWire(response);
}

}  // namespace ns::link
