// Repositories changed and deleted.
#include "api/convert.h"
#include "api/method.h"
#include "api/owners.h"
#include "api/problem.h"
#include "api/repository_check.h"
#include "google/protobuf/empty.pb.h"
#include "model/received.h"
#include "model/repository_url.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

// `auth` of the request, or what stands for the credentials that stay.
Result<GivenAuth> AuthAfter(const Context& context, const Request& request,
                            const model::Repository& before,
                            const pb::UpdateRepositoryRequest& in) {
  if (in.has_auth()) return ReadAuth(context, request, in.auth());
  const bool moved = in.has_url() && in.url() != before.url;
  if (moved && before.credentials.method != model::GitAuth::kNone) {
    return InvalidField("auth",
                        "must be given with a new url: the credentials that are stored are for " +
                            model::Quoted(before.url));
  }
  return GivenAuth{before.credentials, {}};
}

bool SameHost(const std::string& a, const std::string& b) {
  const auto one = model::ParseRepositoryUrl(a), other = model::ParseRepositoryUrl(b);
  return one.ok() && other.ok() && model::PlaceOf(*one) == model::PlaceOf(*other);
}

// Keys that are given, or those of the host that stays.
Result<std::vector<std::string>> HostKeysAfter(const model::Repository& before,
                                               const model::Repository& after,
                                               const HostKeyLines& given) {
  const bool stay = after.credentials.method == model::GitAuth::kSsh && given.empty() &&
                    SameHost(before.url, after.url);
  if (stay) return before.credentials.host_keys;
  return ReadHostKeys(after.url, given);
}

Status Update(const Context& context, const Request& request, const model::Repository& before,
              const pb::UpdateRepositoryRequest& in, const HostKeyLines& host_keys) {
  model::Violations violations;
  if (in.has_name()) model::CheckName("name", in.name(), violations);
  const bool moved = in.has_url() && in.url() != before.url;
  if (model::ReceivedName(before.url) && (moved || in.has_auth() || !host_keys.empty()))
    violations.push_back({moved           ? "url"
                          : in.has_auth() ? "auth"
                                          : "host_keys",
                          "is the platform's own for a repository that is pushed to"});
  NS_TRY(CheckNone(violations));
  model::Repository after = before;
  if (in.has_name()) after.name = in.name();
  if (in.has_url()) after.url = in.url();
  if (in.has_owner_ids()) {
    NS_ASSIGN(after.owners, ReadOwners(context, in.owner_ids().owner_ids(), before.owners));
  }
  NS_ASSIGN(GivenAuth given, AuthAfter(context, request, before, in));
  after.credentials = std::move(given.credentials);
  if (in.has_auth() || after.url != before.url || !host_keys.empty()) {
    NS_TRY(CheckUrl(context, after.url, in.auth(), after.credentials.method));
    NS_ASSIGN(after.credentials.host_keys, HostKeysAfter(before, after, host_keys));
    NS_TRY(CheckReadable(context, request, after, in.auth(), !host_keys.empty()));
  }
  if (after == before) return Status();
  return ExplainWrite(
      context.store().repositories.Update(after, request.user.id, {before, given.key}), after.url,
      in.auth());
}

Result<Empty> UpdateRepository(const Context& context, const Request& request,
                               const pb::UpdateRepositoryRequest& in) {
  NS_TRY(ChangeRepository(context, request, in, {}));
  return Empty();
}

// "shop" and "old" (being deleted), the first few by name.
std::string Names(const std::vector<ports::AppName>& apps) {
  constexpr size_t kMost = 5;
  std::string out;
  for (size_t i = 0; i < std::min(apps.size(), kMost); ++i) {
    out += (i == 0 ? "" : ", ") + model::Quoted(apps[i].name) +
           (apps[i].deleted ? " (being deleted)" : "");
  }
  if (apps.size() > kMost) out += " and " + std::to_string(apps.size() - kMost) + " more";
  return out;
}

Result<Empty> DeleteRepository(const Context& context, const Request& request,
                               const pb::RepositoryIdRequest&) {
  const RepositoryId& id = request.on.repository->id;
  const Status deleted = context.store().repositories.Delete(id, request.user.id);
  if (deleted.ok() || deleted.code() == Code::kNotFound) return Empty();
  if (deleted.code() != Code::kPrecondition) return deleted;
  NS_ASSIGN(const auto apps, context.store().listings.AppsOf(id));
  return Status(Code::kPrecondition, "RepositoryInUse",
                "applications of repository " + id.str() + " exist: delete " + Names(apps) +
                    " first, and wait until nothing of them is left");
}

}  // namespace

Status ChangeRepository(const Context& context, const Request& request,
                        const pb::UpdateRepositoryRequest& in, const HostKeyLines& host_keys) {
  constexpr int kTries = 3;
  model::Repository before = *request.on.repository;
  for (int i = 1;; ++i) {
    const Status updated = Update(context, request, before, in, host_keys);
    if (updated.ok()) return {};
    if (updated.code() != Code::kStale || i == kTries) return updated;
    NS_ASSIGN(before, context.store().repositories.Get(before.id));
    // Whoever was faster may have taken the right to it away.
    NS_TRY(Authorize({request.user, request.token}, {Action::kOwn},
                     {.name = "repository " + before.id.str(),
                      .owners = before.owners,
                      .everyone_sees = true,
                      .shared = true}));
  }
}

void OfferRepositoryEdits(MethodTable& table) {
  const std::string api = kApiService;
  Offer(table, api + "UpdateRepository", UpdateRepository);
  Offer(table, api + "DeleteRepository", DeleteRepository);
}

}  // namespace ns::api
