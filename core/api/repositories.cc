// Registering repositories and looking at them.
#include <algorithm>

#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"
#include "google/protobuf/empty.pb.h"
#include "model/repository_url.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

// The field a way to authenticate is to blame for, as the request names it.
std::string AuthField(const pb::CreateRepositoryAuth& auth) {
  return auth.has_basic() ? "auth.basic" : auth.has_ssh() ? "auth.ssh" : "auth";
}

void CheckBasic(const pb::CreateRepositoryAuthBasic& basic, model::Violations& out) {
  if (basic.username().empty()) out.push_back({"auth.basic.username", "must not be empty"});
  for (const auto& [field, value] : {std::pair("auth.basic.username", basic.username()),
                                     std::pair("auth.basic.password", basic.password())}) {
    const bool control = std::any_of(value.begin(), value.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (control || value.size() > 4096)
      out.push_back({field, "must have at most 4096 bytes and no control characters"});
  }
}

Result<model::GitCredentials> ReadAuth(const Context& context, const Request& request,
                                       const pb::CreateRepositoryAuth& auth) {
  model::GitCredentials out;
  switch (auth.auth_case()) {
    case pb::CreateRepositoryAuth::kNone:
      return out;
    case pb::CreateRepositoryAuth::kBasic: {
      model::Violations violations;
      CheckBasic(auth.basic(), violations);
      NS_TRY(CheckNone(violations));
      out.method = model::GitAuth::kBasic;
      out.username = auth.basic().username();
      out.password = Secret(auth.basic().password());
      return out;
    }
    case pb::CreateRepositoryAuth::kSsh: {
      out.method = model::GitAuth::kSsh;
      const std::string& id = auth.ssh().key_id();
      if (id.empty()) return out;  // the installation's own key
      const auto key = IsId(id) ? context.store().users.Key(KeyId(id), request.user.id)
                                : Result<model::SshKey>(NotFound(""));
      if (key.ok()) {
        out.ssh_private_key = key->private_pem;
        return out;
      }
      if (key.status().code() != Code::kNotFound) return key.status();
      return InvalidField(
          "auth.ssh.key_id",
          "must be a key that you have generated within the last hour, got " + model::Quoted(id));
    }
    case pb::CreateRepositoryAuth::AUTH_NOT_SET:
      break;
  }
  return InvalidField("auth", "must be one of none, basic, ssh");
}

Status CheckUrl(const Context& context, const std::string& url,
                const pb::CreateRepositoryAuth& auth, model::GitAuth method) {
  const auto parsed = model::ParseRepositoryUrl(url);
  if (!parsed.ok()) return InvalidField("url", parsed.status().message());
  const Status fits = model::ValidateUrl(url, method, context.settings.basic_auth_over_http);
  if (!fits.ok()) return InvalidField(AuthField(auth), fits.message());
  return Status();
}

// What the remote said, as a mistake of the request: these values do not lead to a readable
// repository.
Status Unreadable(const Status& failure, const pb::CreateRepositoryAuth& auth) {
  if (!RemoteIsToBlame(failure)) return failure;
  const bool credentials = failure.reason() == "AuthenticationFailed";
  Status refusal = InvalidField(credentials ? AuthField(auth) : "url", failure.message());
  return refusal.SetReason(failure.reason());
}

Result<pb::Repository> CreateRepository(const Context& context, const Request& request,
                                        const pb::CreateRepositoryRequest& in) {
  model::Violations violations;
  model::CheckName("name", in.name(), violations);
  NS_TRY(CheckNone(violations));
  model::Repository made;
  NS_ASSIGN(made.credentials, ReadAuth(context, request, in.auth()));
  NS_TRY(CheckUrl(context, in.url(), in.auth(), made.credentials.method));
  made.id = RepositoryId::New(context.parts.random);
  made.name = in.name();
  made.url = in.url();
  made.owners = {request.user.id};
  const auto refs = AskRemote(context, request, made);
  if (!refs.ok()) return Unreadable(refs.status(), in.auth());
  const Status stored = context.store().repositories.Insert(made, request.user.id);
  if (stored.code() == Code::kExists) {
    return Refuse(Code::kExists, "UrlTaken",
                  {{"url", "is registered already, got " + model::Quoted(in.url())}});
  }
  NS_TRY(stored);
  return ToProto(made);
}

bool Owned(const model::User& user, const model::Repository& repository) {
  return std::find(repository.owners.begin(), repository.owners.end(), user.id) !=
         repository.owners.end();
}

Result<pb::GetRepositoriesResponse> GetRepositories(const Context& context, const Request& request,
                                                    const pb::GetRepositoriesRequest& in) {
  using Scope = pb::GetRepositoriesRequest;
  if (in.scope() == Scope::ALL && !request.user.admin) {
    return Refuse(Code::kDenied, "NotAllowed", {{"scope", "ALL is for admins alone"}});
  }
  NS_ASSIGN(const auto repositories, context.store().repositories.List());
  std::vector<RepositoryId> used;
  if (in.scope() == Scope::PUBLIC) {
    NS_ASSIGN(const auto apps, context.store().apps.List());
    for (const model::Application& app : apps) used.push_back(app.repository);
  }
  const auto shown = [&](const model::Repository& one) {
    const bool open = one.credentials.method == model::GitAuth::kNone;
    switch (in.scope()) {
      case Scope::CREATABLE:
        return open || Owned(request.user, one);
      case Scope::PUBLIC:
        return open || Owned(request.user, one) ||
               std::find(used.begin(), used.end(), one.id) != used.end();
      case Scope::ALL:
        return true;
      default:
        return Owned(request.user, one);
    }
  };
  pb::GetRepositoriesResponse out;
  for (const model::Repository& one : repositories) {
    if (shown(one)) *out.add_repositories() = ToProto(one);
  }
  return out;
}

Result<pb::Repository> GetRepository(const Context&, const Request& request,
                                     const pb::RepositoryIdRequest&) {
  return ToProto(*request.on.repository);
}

Result<pb::GetRepositoryRefsResponse> GetRepositoryRefs(const Context& context,
                                                        const Request& request,
                                                        const pb::RepositoryIdRequest&) {
  NS_ASSIGN(const auto refs, ListRefs(context, request, *request.on.repository));
  pb::GetRepositoryRefsResponse out;
  for (const model::GitRef& ref : refs) {
    auto* one = out.add_refs();
    one->set_ref_name(ref.name);
    one->set_commit(ref.commit);
  }
  return out;
}

Result<Empty> RefreshRepository(const Context& context, const Request& request,
                                const pb::RepositoryIdRequest& in) {
  const RepositoryId& id = request.on.repository->id;
  if (const auto wait = context.refreshes.Take(id, context.parts.clock.Monotonic())) {
    Status limit(
        Code::kExhausted, "TooManyRefreshes",
        "repository " + in.repository_id() + " was refreshed too often; try again in a second");
    return limit.SetRetryAfter(*wait);
  }
  NS_TRY(context.store().hints.Send({ports::Hint::Kind::kRepository, id.str()}));
  return Empty();
}

}  // namespace

void OfferRepositories(MethodTable& table) {
  const std::string api = kApiService;
  Offer(table, api + "CreateRepository", CreateRepository);
  Offer(table, api + "GetRepositories", GetRepositories);
  Offer(table, api + "GetRepository", GetRepository);
  Offer(table, api + "GetRepositoryRefs", GetRepositoryRefs);
  Offer(table, api + "RefreshRepository", RefreshRepository);
}

}  // namespace ns::api
