// Registering repositories and looking at them.
#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "api/remote.h"
#include "api/repository_check.h"
#include "google/protobuf/empty.pb.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

Result<pb::Repository> CreateRepository(const Context& context, const Request& request,
                                        const pb::CreateRepositoryRequest& in) {
  return RegisterRepository(context, request, in, {});
}

ports::RepositoryScope ScopeOf(pb::GetRepositoriesRequest::Scope scope) {
  switch (scope) {
    case pb::GetRepositoriesRequest::CREATABLE:
      return ports::RepositoryScope::kUsable;
    case pb::GetRepositoriesRequest::PUBLIC:
      return ports::RepositoryScope::kVisible;
    case pb::GetRepositoriesRequest::ALL:
      return ports::RepositoryScope::kAll;
    default:
      return ports::RepositoryScope::kOwned;
  }
}

Result<pb::GetRepositoriesResponse> GetRepositories(const Context& context, const Request& request,
                                                    const pb::GetRepositoriesRequest& in) {
  using Scope = pb::GetRepositoriesRequest;
  if (in.scope() == Scope::ALL && !request.user.admin) {
    return Refuse(Code::kDenied, "NotAllowed", {{"scope", "ALL is for admins alone"}});
  }
  NS_ASSIGN(const auto repositories,
            context.store().listings.Repositories(ScopeOf(in.scope()), request.user.id));
  pb::GetRepositoriesResponse out;
  for (const model::Repository& one : repositories) *out.add_repositories() = ToProto(one);
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

Result<pb::Repository> RegisterRepository(const Context& context, const Request& request,
                                          const pb::CreateRepositoryRequest& in,
                                          const HostKeyLines& host_keys) {
  model::Violations violations;
  model::CheckName("name", in.name(), violations);
  NS_TRY(CheckNone(violations));
  model::Repository made;
  NS_ASSIGN(GivenAuth given, ReadAuth(context, request, in.auth()));
  made.credentials = std::move(given.credentials);
  NS_TRY(CheckUrl(context, in.url(), in.auth(), made.credentials.method));
  made.id = RepositoryId::New(context.parts.random);
  made.name = in.name();
  made.url = in.url();
  made.owners = {request.user.id};
  NS_ASSIGN(made.credentials.host_keys, ReadHostKeys(made.url, host_keys));
  NS_TRY(CheckReadable(context, request, made, in.auth(), !host_keys.empty()));
  NS_TRY(ExplainWrite(context.store().repositories.Insert(made, request.user.id, {{}, given.key}),
                      in.url(), in.auth()));
  return ToProto(made);
}

void OfferRepositories(MethodTable& table) {
  const std::string api = kApiService;
  Offer(table, api + "CreateRepository", CreateRepository);
  Offer(table, api + "GetRepositories", GetRepositories);
  Offer(table, api + "GetRepository", GetRepository);
  Offer(table, api + "GetRepositoryRefs", GetRepositoryRefs);
  Offer(table, api + "RefreshRepository", RefreshRepository);
}

}  // namespace ns::api
