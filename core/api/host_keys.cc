// The keys that hosts of repositories by SSH may show.
#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"
#include "api/repository_check.h"
#include "google/protobuf/empty.pb.h"
#include "model/authorized_key.h"
#include "model/repository_url.h"
#include "neoshowcase/platform/v1/repository.pb.h"

namespace ns::api {
namespace {

namespace platform = neoshowcase::platform::v1;
using google::protobuf::Empty;

constexpr char kService[] = "neoshowcase.platform.v1.RepositoryService/";
constexpr char kHostKeys[] = "host_keys";

Result<pb::Repository> CreateRepository(const Context& context, const Request& request,
                                        const platform::CreateRepositoryRequest& in) {
  auto made = RegisterRepository(context, request, in.repository(), in.host_keys());
  if (!made.ok()) return Inside("repository", kHostKeys, made.status());
  return made;
}

Result<Empty> UpdateRepository(const Context& context, const Request& request,
                               const platform::UpdateRepositoryRequest& in) {
  if (!in.update().id().empty() && in.update().id() != in.repository_id())
    return InvalidField("update.id", "must be left out, or be repository_id");
  NS_TRY(
      Inside("update", kHostKeys, ChangeRepository(context, request, in.update(), in.host_keys())));
  return Empty();
}

void Show(const std::string& line, platform::HostKey& out) {
  out.set_public_key(line);
  out.set_fingerprint(model::KeyFingerprint(line));
}

Result<platform::HostKeys> Pinned(const model::Repository& repository) {
  const auto url = model::ParseRepositoryUrl(repository.url);
  if (repository.credentials.method != model::GitAuth::kSsh || !url.ok()) {
    return Status(Code::kPrecondition, "NotSsh",
                  "repository " + repository.id.str() +
                      " is not reached by SSH: its host has no "
                      "key to pin");
  }
  platform::HostKeys out;
  out.set_host(model::PlaceOf(*url));
  for (const std::string& line : repository.credentials.host_keys) Show(line, *out.add_pinned());
  return out;
}

void Judge(const Status& verdict, platform::HostKeys& out) {
  out.set_trusted(verdict.ok());
  out.set_reason(verdict.reason());
  out.set_message(verdict.message());
}

Result<platform::HostKeys> GetHostKeys(const Context& context, const Request& request,
                                       const platform::GetHostKeysRequest& in) {
  const model::Repository& repository = *request.on.repository;
  NS_ASSIGN(platform::HostKeys out, Pinned(repository));
  if (in.pinned_only()) return out;
  const auto look = LookAtHostKey(context, request, repository);
  if (!look.ok() && !RemoteIsToBlame(look.status())) return look.status();
  if (look.ok()) Show(look->line, *out.mutable_shown());
  Judge(look.ok() ? look->verdict : look.status(), out);
  return out;
}

// The key that is shown, where it is the one that somebody has looked at.
Result<std::string> Accepted(const Context& context, const Request& request,
                             const std::string& fingerprint) {
  auto look = LookAtHostKey(context, request, *request.on.repository);
  if (!look.ok() && RemoteIsToBlame(look.status())) {
    return Status(Code::kUnavailable, look.status().reason(),
                  "the host cannot be asked: " + look.status().message());
  }
  NS_TRY(look.status());
  if (look->verdict.reason() == "HostKeyRefused")
    return Status(Code::kPrecondition, "HostKeyRefused", look->verdict.message());
  if (model::KeyFingerprint(look->line) == fingerprint) return std::move(look->line);
  return Refuse(Code::kStale, "HostKeyMismatch",
                {{"accept", "is not the key that the host shows now, " +
                                model::KeyFingerprints({look->line}) + ": got " +
                                model::Quoted(fingerprint)}});
}

// Without a pin each machine would trust what it is shown first, by itself (docs/design/clones.md).
Status CheckWhichKeys(const platform::SetHostKeysRequest& in) {
  const bool keys = !in.host_keys().empty(), accept = !in.accept().empty();
  if (keys && accept) {
    return InvalidField("host_keys", "must not be given beside accept, got " +
                                         std::to_string(in.host_keys().size()) + " and accept " +
                                         model::Quoted(in.accept()));
  }
  if (keys || accept) return Status();
  return InvalidField("host_keys",
                      "must name a key, or accept the fingerprint of the one that the host shows, "
                      "got neither: pins are replaced and never removed");
}

Result<platform::HostKeys> SetHostKeys(const Context& context, const Request& request,
                                       const platform::SetHostKeysRequest& in) {
  const model::Repository& before = *request.on.repository;
  NS_TRY(Pinned(before).status());
  NS_TRY(CheckWhichKeys(in));
  model::Repository after = before;
  if (in.accept().empty()) {
    NS_ASSIGN(after.credentials.host_keys, ReadHostKeys(before.url, in.host_keys()));
  } else {
    NS_ASSIGN(std::string line, Accepted(context, request, in.accept()));
    after.credentials.host_keys = {std::move(line)};
  }
  if (after != before)
    NS_TRY(context.store().repositories.Update(after, request.user.id, {before, {}}));
  return Pinned(after);
}

}  // namespace

void OfferHostKeys(MethodTable& table) {
  const std::string service = kService;
  Offer(table, service + "CreateRepository", CreateRepository);
  Offer(table, service + "UpdateRepository", UpdateRepository);
  Offer(table, service + "GetHostKeys", GetHostKeys);
  Offer(table, service + "SetHostKeys", SetHostKeys);
}

}  // namespace ns::api
