#include "act/store_desk.h"

#include <algorithm>

#include "plan/keys.h"

namespace ns::act {

using ports::Call;
using ports::Claim;

StoreDesk::StoreDesk(const ports::Store& store, const ports::Registry& registry,
                     ports::Storage* storage, DeskKeys keys, HostId host)
    : store_(store),
      registry_(registry),
      storage_(storage),
      keys_(std::move(keys)),
      host_(std::move(host)) {}

Result<std::vector<model::Build>> StoreDesk::Claimed(const Call&) {
  NS_ASSIGN(model::QueueSnapshot queue, store_.builds.Queue());
  std::erase_if(queue.building, [this](const auto& build) { return build.lease.host != host_; });
  return std::move(queue.building);
}

Result<std::vector<Status>> StoreDesk::Renew(const Call&, const std::vector<Claim>& claims) {
  std::vector<Status> renewals;
  for (const Claim& claim : claims)
    renewals.push_back(store_.builds.Renew(claim.build, claim.token, ports::kBuildLease));
  return renewals;
}

Result<ports::BuildOrder> StoreDesk::Order(const Call&, const Claim& claim) {
  NS_ASSIGN(const model::Build build, Held(claim));
  // As a loop's, since a build needs every value: SealBroken names one that does not open.
  NS_ASSIGN(const model::AppSnapshot snapshot, store_.deploys.Take(build.app, ports::kNobody, {}));
  const model::Application& app = snapshot.app;
  if (app.deleted || plan::BuildKey(keys_.build, app, build.commit) != build.build_key) {
    return Status(Code::kCancelled, model::kSuperseded,
                  "the application has changed since this build was asked for");
  }
  NS_ASSIGN(const model::Repository repository, store_.repositories.Get(app.repository));
  ports::BuildOrder order;
  order.app = app.id;
  order.method = app.build.method;
  order.settings = app.build.settings;
  order.artifact_path = app.artifact_path;
  order.entrypoint = app.run.entrypoint;
  order.command = app.run.command;
  for (const model::EnvVar& variable : app.env) {
    if (variable.InBuild()) order.env.push_back(variable);
  }
  NS_ASSIGN(order.remote, RemoteOf(repository));
  order.image = registry_.RepositoryFor(app.id);
  order.registry_username = keys_.registry_username;
  order.registry_password = keys_.registry_password;
  return order;
}

Result<ports::Remote> StoreDesk::RemoteOf(const model::Repository& repository) const {
  NS_ASSIGN(ports::Remote remote, ports::RemoteOf(repository));
  model::GitCredentials& own = remote.credentials;
  if (own.method == model::GitAuth::kSsh && own.ssh_private_key.empty())
    own.ssh_private_key = keys_.ssh;
  return keys_.reach ? keys_.reach(std::move(remote)) : std::move(remote);
}

// A repository that no look will make readable ends the question.
Result<std::optional<ports::DetectionOrder>> StoreDesk::TakeDetection(const Call&) {
  NS_ASSIGN(auto task, store_.detections.Take(host_, ports::kDetectionLease));
  if (!task) return std::optional<ports::DetectionOrder>();
  const auto repository = store_.repositories.Get(task->repository);
  const auto remote =
      repository.ok() ? RemoteOf(*repository) : Result<ports::Remote>(repository.status());
  if (remote.ok())
    return std::optional<ports::DetectionOrder>({task->claim, *remote, std::move(task->commit)});
  if (remote.status().code() == Code::kUnavailable) return remote.status();
  NS_TRY(store_.detections.Answer(task->claim, {remote.status(), {}}));
  return std::optional<ports::DetectionOrder>();
}

Status StoreDesk::AnswerDetection(const Call&, const ports::DetectionClaim& claim,
                                  const ports::DetectionAnswer& answer) {
  return store_.detections.Answer(claim, answer);
}

Result<int64_t> StoreDesk::AppendLog(const Call&, const Claim& claim, int64_t offset,
                                     std::string_view bytes) {
  return store_.logs.Append(claim.build, claim.token, offset, bytes);
}

Status StoreDesk::Phase(const Call&, const Claim& claim, const std::string& phase,
                        const std::string& message) {
  NS_TRY(Held(claim).status());
  model::Event event;
  event.subject = model::Subject::kBuild;
  event.subject_id = claim.build.str();
  event.actor = "platform";
  event.kind = "build.phase";
  event.reason = phase;
  event.message = message;
  return store_.events.Append(event);
}

Result<model::Image> StoreDesk::PutArtifact(const Call& call, const Claim& claim,
                                            const ports::Digest& digest,
                                            const ports::ObjectSource& bytes) {
  NS_ASSIGN(const model::Build build, Held(claim));
  if (storage_ == nullptr) {
    Status none(Code::kPrecondition, "NoStorage",
                "artifacts of static sites cannot be kept: no storage is loaded; name one under "
                "`storage` in the configuration");
    return none.SetFault(Fault::kOperator);
  }
  model::Image artifact = model::ArtifactOf(build.app, build.id, build.attempt, digest.sha256,
                                            static_cast<int64_t>(digest.size));
  NS_TRY(storage_->Put(call, artifact.ArtifactKey(), digest, bytes));
  return artifact;
}

Status StoreDesk::Settle(const Call& call, const Claim& claim, const model::BuildResult& result) {
  if (result.status == model::BuildStatus::kSucceeded)
    NS_TRY(CheckImage(call, claim, result.image));
  return store_.builds.Settle(claim.build, claim.token, result);
}

// A builder may say which image it has pushed for that build, not name one of somebody else.
Status StoreDesk::CheckImage(const Call& call, const Claim& claim, const model::Image& image) {
  NS_ASSIGN(const model::Build build, Held(claim));
  if (image.IsArtifact()) return CheckArtifact(call, build, image);
  const std::string reference = registry_.RepositoryFor(build.app) + ":" + build.id.str() + "-" +
                                std::to_string(build.attempt);
  const std::string_view digest = image.digest;
  const bool sha256 = digest.starts_with("sha256:") && digest.size() == 7 + 64 &&
                      digest.find_first_not_of("0123456789abcdef", 7) == std::string_view::npos;
  if (image.reference == reference && sha256) return {};
  return Invalid("the image is not named as the build was told to");
}

// An artifact must have been put for that very attempt.
Status StoreDesk::CheckArtifact(const Call& call, const model::Build& build,
                                const model::Image& image) {
  const std::string sha256 = image.digest.substr(std::min<size_t>(image.digest.size(), 7));
  if (storage_ == nullptr || sha256.size() != 64 ||
      image != model::ArtifactOf(build.app, build.id, build.attempt, sha256, image.size))
    return Invalid("the artifact is not named as the build was told to");
  NS_ASSIGN(const ports::ObjectInfo kept, storage_->Stat(call, image.ArtifactKey()));
  if (kept.size == static_cast<uint64_t>(image.size)) return {};
  return Invalid("the storage keeps another artifact under this name");
}

// The build, where this host holds it by that token.
Result<model::Build> StoreDesk::Held(const Claim& claim) {
  Result<model::Build> build = store_.builds.Get(claim.build);
  if (build.status().code() == Code::kNotFound) return Stale("there is no such build any more");
  NS_TRY(build.status());
  const bool held = build->status == model::BuildStatus::kBuilding && build->lease.host == host_ &&
                    build->lease.token == claim.token;
  if (!held) return Stale("the claim of the build is lost");
  return build;
}

}  // namespace ns::act
