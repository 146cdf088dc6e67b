// Builds and their logs.
#include <algorithm>

#include "api/app_changes.h"
#include "api/convert_platform.h"
#include "api/method.h"
#include "api/problem.h"
#include "google/protobuf/empty.pb.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

constexpr int64_t kMaxPiece = 1 << 20, kUsualPiece = 1 << 18;  // bytes of one read
constexpr Duration kLostHint = std::chrono::seconds(2);        // a follower looks without one
constexpr int64_t kMaxArtifact = 64 << 20;                     // bytes of one answer
constexpr size_t kMaxLog = 64 << 20;  // bytes of one answer; builders end a log long before

Result<pb::GetBuildsResponse> GetBuilds(const Context& context, const Request& request,
                                        const pb::ApplicationIdRequest&) {
  constexpr int kMost = 500;
  NS_ASSIGN(const auto builds, context.store().builds.ListByApp(request.on.app->id, kMost));
  pb::GetBuildsResponse out;
  for (const model::Build& build : builds) *out.add_builds() = ToProto(build);
  return out;
}

Result<pb::Build> GetBuild(const Context&, const Request& request, const pb::BuildIdRequest&) {
  return ToProto(*request.on.build);
}

Result<pb::GetBuildsResponse> GetAllBuilds(const Context& context, const Request& request,
                                           const pb::GetAllBuildsRequest& in) {
  constexpr int kMost = 200, kUsual = 50;
  model::Violations violations;
  if (in.page() < 0)
    violations.push_back({"page", "must not be negative, got " + std::to_string(in.page())});
  if (in.limit() < 0 || in.limit() > kMost)
    violations.push_back(
        {"limit", "must be 0 to " + std::to_string(kMost) + ", got " + std::to_string(in.limit())});
  NS_TRY(CheckNone(violations));
  const int limit = in.limit() == 0 ? kUsual : in.limit();
  ports::BuildScope scope;
  if (!request.user.admin) scope.seer = request.user.id;
  scope.among = request.Among();
  NS_ASSIGN(const auto builds,
            context.store().listings.Builds(scope, int64_t{in.page()} * limit, limit));
  pb::GetBuildsResponse out;
  for (const model::Build& build : builds) *out.add_builds() = ToProto(build);
  return out;
}

Result<Empty> RetryCommitBuild(const Context& context, const Request& request,
                               const pb::RetryCommitBuildRequest& in) {
  if (!IsCommitHash(in.commit()))
    return InvalidField(
        "commit", "must have 40 lower-case hex characters, got " + model::Quoted(in.commit()));
  NS_TRY(NotDeleted(*request.on.app));
  const Status retried =
      context.store().builds.Retry(request.on.app->id, in.commit(), request.user.id);
  if (retried.code() == Code::kNotFound) {
    return Status(Code::kNotFound, "NotFound",
                  "commit: this application has no build of " + in.commit());
  }
  NS_TRY(retried);
  return Empty();
}

Result<Empty> CancelBuild(const Context& context, const Request& request,
                          const pb::BuildIdRequest& in) {
  NS_TRY(NotDeleted(*request.on.app));
  const Status cancelled = context.store().builds.Cancel(request.on.build->id, request.user.id);
  if (cancelled.code() == Code::kPrecondition) {
    return Status(Code::kPrecondition, "Settled", "build " + in.build_id() + " has ended already");
  }
  NS_TRY(cancelled);
  return Empty();
}

Result<pb::BuildLog> GetBuildLog(const Context& context, const Request& request,
                                 const pb::BuildIdRequest& in) {
  if (!model::IsTerminal(request.on.build->status)) {
    return Status(Code::kPrecondition, "NotFinished",
                  "build " + in.build_id() + " has not ended: follow its log with ReadBuildLog");
  }
  pb::BuildLog out;
  ports::LogSlice slice;
  do {
    NS_ASSIGN(slice, context.store().logs.Read(request.on.build->id, slice.next_offset, kMaxPiece));
    out.mutable_log()->append(slice.bytes);
  } while (!slice.bytes.empty() && !slice.finished && out.log().size() < kMaxLog);
  return out;
}

void CheckPiece(int64_t offset, int32_t max_bytes, model::Violations& violations) {
  if (offset < 0)
    violations.push_back({"offset", "must not be negative, got " + std::to_string(offset)});
  if (max_bytes < 0 || max_bytes > kMaxPiece)
    violations.push_back({"max_bytes", "must be 0 to 1048576, got " + std::to_string(max_bytes)});
}

// Where the artifact that the request names is kept.
Result<ports::Storage*> StorageOfArtifact(const Context& context, const model::Build& build,
                                          const std::string& artifact) {
  if (!build.image.IsArtifact())
    return Status(Code::kNotFound, "NotFound", "there is no artifact " + artifact);
  if (build.image_state != model::ImageState::kKept)
    return Status(Code::kNotFound, "ArtifactDeleted",
                  "artifact_id: the artifact " + artifact +
                      " was deleted, since no release needs it any more; build its commit again");
  ports::Storage* const storage = context.parts.storage();
  if (storage == nullptr)
    return Status(Code::kUnavailable, "NoStorage", "the storage of artifacts is not loaded here");
  return storage;
}

Result<pb::ArtifactContent> GetBuildArtifact(const Context& context, const Request& request,
                                             const pb::ArtifactIdRequest& in) {
  const model::Build& build = *request.on.build;
  NS_ASSIGN(ports::Storage* const storage, StorageOfArtifact(context, build, in.artifact_id()));
  if (build.image.size > kMaxArtifact)
    return Status(Code::kPrecondition, "ArtifactTooLarge",
                  "artifact_id: the artifact " + in.artifact_id() + " has " +
                      std::to_string(build.image.size) + " bytes; one answer has at most " +
                      std::to_string(kMaxArtifact) + "; ReadBuildArtifact gives it in pieces");
  const WaitTurns::Turn turn(context.storage_turns, request.user);
  NS_TRY(turn.status());
  pb::ArtifactContent out;
  out.set_filename(kArtifactName);
  out.mutable_content()->reserve(static_cast<size_t>(build.image.size));
  const ports::Digest digest{static_cast<uint64_t>(build.image.size), build.image.digest.substr(7)};
  NS_TRY(ports::GetWhole(*storage, request.call, build.image.ArtifactKey(), digest,
                         [&](std::string_view bytes) {
                           out.mutable_content()->append(bytes);
                           return Status();
                         }));
  return out;
}

// No more of it is in memory than is given out.
Result<platform::ReadBuildArtifactResponse> ReadBuildArtifact(
    const Context& context, const Request& request, const platform::ReadBuildArtifactRequest& in) {
  const model::Build& build = *request.on.build;
  NS_ASSIGN(ports::Storage* const storage, StorageOfArtifact(context, build, in.artifact_id()));
  model::Violations violations;
  CheckPiece(in.offset(), in.max_bytes(), violations);
  if (in.offset() > build.image.size)
    violations.push_back({"offset", "must be at most " + std::to_string(build.image.size) +
                                        ", got " + std::to_string(in.offset())});
  NS_TRY(CheckNone(violations));
  platform::ReadBuildArtifactResponse out;
  const int64_t length = std::min<int64_t>(in.max_bytes() == 0 ? kMaxPiece / 4 : in.max_bytes(),
                                           build.image.size - in.offset());
  if (length > 0) {
    const WaitTurns::Turn turn(context.storage_turns, request.user);
    NS_TRY(turn.status());
    const ports::ObjectRange range{static_cast<uint64_t>(in.offset()),
                                   static_cast<uint64_t>(length)};
    NS_TRY(
        storage->Get(request.call, build.image.ArtifactKey(), range, [&](std::string_view bytes) {
          out.mutable_data()->append(bytes);
          return Status();
        }));
  }
  if (std::ssize(out.data()) != length)
    return Status(Code::kInvalid, "DigestMismatch",
                  "the artifact " + in.artifact_id() + " is shorter than it was");
  out.set_next_offset(in.offset() + length);
  out.set_finished(out.next_offset() == build.image.size);
  out.set_digest(build.image.digest);
  return out;
}

Status CheckRead(const platform::ReadBuildLogRequest& in) {
  model::Violations violations;
  CheckPiece(in.offset(), in.max_bytes(), violations);
  if (in.wait_ms() < 0 || in.wait_ms() > 30'000) {
    violations.push_back({"wait_ms", "must be 0 to 30000, got " + std::to_string(in.wait_ms())});
  }
  return CheckNone(violations);
}

// The slice from `offset`; where there is nothing yet, waits for it until `end` on the monotonic
// clock.
Result<ports::LogSlice> Follow(const Context& context, const Request& request, int64_t offset,
                               int64_t max, Duration end) {
  const BuildId& id = request.on.build->id;
  LogFollowers::Seat seat(context.followers, id.str());
  for (;;) {
    NS_ASSIGN(ports::LogSlice slice, context.store().logs.Read(id, offset, max));
    const Duration left = end - context.parts.clock.Monotonic();
    if (!slice.bytes.empty() || slice.finished || left <= Duration::zero() || !seat.taken() ||
        request.call.cancel.stop_requested()) {
      return slice;
    }
    seat.Wait(request.call, left);
  }
}

platform::ReadBuildLogResponse ResponseOf(const ports::LogSlice& slice) {
  platform::ReadBuildLogResponse out;
  out.set_data(slice.bytes);
  out.set_next_offset(slice.next_offset);
  out.set_finished(slice.finished);
  return out;
}

Result<platform::ReadBuildLogResponse> ReadBuildLog(const Context& context, const Request& request,
                                                    const platform::ReadBuildLogRequest& in) {
  NS_TRY(CheckRead(in));
  Duration end = context.parts.clock.Monotonic() + std::chrono::milliseconds(in.wait_ms());
  if (request.call.deadline)
    end = std::min(end, *request.call.deadline - std::chrono::milliseconds(500));
  NS_ASSIGN(const ports::LogSlice slice,
            Follow(context, request, in.offset(),
                   in.max_bytes() == 0 ? kUsualPiece : in.max_bytes(), end));
  return ResponseOf(slice);
}

// What of a log has come, piece by piece; `Say` makes a message of one.
class LogStream final : public Stream {
 public:
  using Say = std::optional<std::string> (*)(const ports::LogSlice& slice);

  LogStream(const ports::Store& store, BuildId id, int64_t offset, int64_t max, Say say)
      : store_(store), id_(std::move(id)), offset_(offset), max_(max), say_(say) {}

  Result<Piece> Next(const ports::Call&) override {
    NS_ASSIGN(const ports::LogSlice slice, store_.logs.Read(id_, offset_, max_));
    offset_ = slice.next_offset;
    Piece piece;
    piece.ended = slice.finished;
    if (auto message = say_(slice)) piece.messages.push_back(std::move(*message));
    return piece;
  }
  std::string awaits() const override { return id_.str(); }
  Duration interval() const override { return kLostHint; }

 private:
  const ports::Store& store_;
  const BuildId id_;
  int64_t offset_;
  const int64_t max_;
  const Say say_;
};

Result<std::unique_ptr<Stream>> GetBuildLogStream(const Context& context, const Request& request,
                                                  const pb::BuildIdRequest&) {
  const auto say = [](const ports::LogSlice& slice) -> std::optional<std::string> {
    if (slice.bytes.empty()) return std::nullopt;
    pb::BuildLog out;
    out.set_log(slice.bytes);
    return out.SerializeAsString();
  };
  return std::unique_ptr<Stream>(
      std::make_unique<LogStream>(context.store(), request.on.build->id, 0, kUsualPiece, say));
}

Result<std::unique_ptr<Stream>> FollowBuildLog(const Context& context, const Request& request,
                                               const platform::ReadBuildLogRequest& in) {
  NS_TRY(CheckRead(in));
  const auto say = [](const ports::LogSlice& slice) -> std::optional<std::string> {
    if (slice.bytes.empty() && !slice.finished) return std::nullopt;
    return ResponseOf(slice).SerializeAsString();
  };
  return std::unique_ptr<Stream>(
      std::make_unique<LogStream>(context.store(), request.on.build->id, in.offset(),
                                  in.max_bytes() == 0 ? kUsualPiece : in.max_bytes(), say));
}

}  // namespace

void OfferBuilds(MethodTable& table) {
  const std::string api = kApiService, own = kPlatformService;
  Offer(table, api + "GetBuilds", GetBuilds);
  Offer(table, api + "GetAllBuilds", GetAllBuilds);
  Offer(table, api + "GetBuild", GetBuild);
  Offer(table, api + "RetryCommitBuild", RetryCommitBuild);
  Offer(table, api + "CancelBuild", CancelBuild);
  Offer(table, api + "GetBuildLog", GetBuildLog);
  Offer(table, api + "GetBuildArtifact", GetBuildArtifact);
  Offer(table, own + "ReadBuildLog", ReadBuildLog);
  OfferStream<pb::BuildLog>(table, api + "GetBuildLogStream", GetBuildLogStream);
  OfferStream<platform::ReadBuildLogResponse>(table, own + "FollowBuildLog", FollowBuildLog);
  Offer(table, own + "ReadBuildArtifact", ReadBuildArtifact);
}

}  // namespace ns::api
