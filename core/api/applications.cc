// Applications: made, looked at, changed, started, stopped, deleted.
#include <algorithm>

#include "api/build_config.h"
#include "api/convert.h"
#include "api/method.h"
#include "api/owners.h"
#include "api/problem.h"
#include "api/remote.h"
#include "google/protobuf/empty.pb.h"
#include "plan/fetch.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

void TakeConfig(const BuildConfig& config, model::Application& app) {
  app.deploy_type = config.deploy_type;
  app.build = config.build;
  app.run = config.run;
  app.artifact_path = config.artifact_path;
  app.spa = config.spa;
}

// New websites as asked for; one that was there and did not change keeps its id.
template <class Websites>
std::vector<model::Website> ReadWebsites(const Websites& asked,
                                         const std::vector<model::Website>& before,
                                         Random& random) {
  std::vector<model::Website> out;
  for (const auto& one : asked) {
    model::Website website = FromProto(one);
    const auto same = std::find_if(before.begin(), before.end(), [&](model::Website old) {
      old.id = website.id;
      return old == website;
    });
    website.id = same == before.end() ? WebsiteId::New(random) : same->id;
    out.push_back(std::move(website));
  }
  return out;
}

template <class Ports>
std::vector<model::PortPublication> ReadPorts(const Ports& asked) {
  std::vector<model::PortPublication> out;
  for (const auto& one : asked) out.push_back(FromProto(one));
  return out;
}

// What a request gives. The rest of an application is left alone: a rename is no reason to refuse
// what the configuration offers no more.
struct Given {
  bool name = true, ref = true, websites = true, ports = true;
};

// Everything about `app` that can be said without asking anybody.
Status Check(const Context& context, const model::Application& app, const Given& given,
             model::Violations violations) {
  if (given.name) model::CheckName("name", app.name, violations);
  if (given.ref) model::CheckRef("ref_name", app.ref, violations);
  if (given.websites)
    model::CheckWebsites("websites", app.websites, context.settings.platform, violations);
  if (given.ports)
    model::CheckPorts("port_publications", app.ports, context.settings.platform, violations);
  NS_TRY(CheckNone(violations));
  if (app.deploy_type == model::DeployType::kStatic && !context.settings.platform.static_sites) {
    return {Code::kPrecondition, "NoSiteServer",
            "config: this installation serves no static sites: its configuration names no "
            "site_server"};
  }
  return Status();
}

// The commit that `ref` is at the remote.
Result<std::string> ResolveRef(const Context& context, const Request& request,
                               const model::Repository& repository, const std::string& ref) {
  NS_ASSIGN(const auto refs, ListRefs(context, request, repository));
  std::string commit = plan::Resolve(refs, ref);
  if (commit == model::kNoCommit) {
    return InvalidField(
        "ref_name", "must be a branch, a tag or HEAD of the repository, got " + model::Quoted(ref));
  }
  return commit;
}

// Refuses what other applications hold.
ports::HoldingCheck NoConflict(const model::Application& app, const model::User& user,
                               const Given& given) {
  return [&app, &user, given](const std::vector<ports::Holding>& others) -> Status {
    if (!given.websites && !given.ports) return Status();
    std::vector<model::Held> held;
    held.reserve(others.size());
    for (const ports::Holding& other : others)
      held.push_back({other.owners, other.websites, other.ports});
    const auto owns = [&](const std::vector<UserId>& owners) { return Owns(user, owners); };
    const auto conflict = model::FindConflict(app.websites, app.ports, held, owns);
    if (conflict) return Refuse(Code::kExists, "AddressTaken", {*conflict});
    return Status();
  };
}

void AddOwner(std::vector<UserId>& owners, const UserId& owner) {
  if (std::find(owners.begin(), owners.end(), owner) == owners.end()) owners.push_back(owner);
}

Result<pb::Application> CreateApplication(const Context& context, const Request& request,
                                          const pb::CreateApplicationRequest& in) {
  model::Application app;
  model::Violations violations;
  TakeConfig(ReadConfig(in.config(), violations), app);
  app.name = in.name();
  app.ref = in.ref_name();
  app.websites = ReadWebsites(in.websites(), {}, context.parts.random);
  app.ports = ReadPorts(in.port_publications());
  NS_TRY(Check(context, app, Given(), std::move(violations)));
  const model::Repository& repository = *request.on.repository;
  NS_ASSIGN(app.commit, ResolveRef(context, request, repository, app.ref));
  app.id = AppId::New(context.parts.random);
  app.repository = repository.id;
  app.owners = repository.owners;
  AddOwner(app.owners, request.user.id);
  app.backend = context.settings.platform.default_backend;
  app.desired =
      in.start_on_create() ? model::DesiredState::kRunning : model::DesiredState::kStopped;
  NS_TRY(context.store().apps.Insert(app, NoConflict(app, request.user, Given()), request.user.id));
  NS_ASSIGN(app, context.store().apps.Get(app.id));
  return ToProto({{app.id, 0, {}, {}}, app, {}, {}});
}

Result<std::string> GetApplications(const Context& context, const Request& request,
                                    const pb::GetApplicationsRequest& in) {
  using Scope = pb::GetApplicationsRequest;
  if (in.scope() == Scope::REPOSITORY && !IsId(in.repository_id())) {
    return InvalidField("repository_id",
                        "must be the id of a repository where scope is REPOSITORY, got " +
                            model::Quoted(in.repository_id()));
  }
  ports::AppScope scope;
  if (in.scope() == Scope::MINE) scope.owner = request.user.id;
  if (in.scope() == Scope::REPOSITORY) scope.repository = RepositoryId(in.repository_id());
  return context.listing.Applications(context.store().listings, scope,
                                      [&](const AppId& app) { return request.Covers(app); });
}

Result<pb::Application> GetApplication(const Context& context, const Request& request,
                                       const pb::ApplicationIdRequest&) {
  const AppId& id = request.on.app->id;
  NS_ASSIGN(const auto listed, context.store().listings.Apps({id}));
  if (listed.empty())
    return Status(Code::kNotFound, "NotFound", "there is no application " + id.str());
  return ToProto(listed.front());
}

Status NotDeleted(const model::Application& app) {
  if (!app.deleted) return Status();
  return {Code::kPrecondition, "Deleting", "application " + app.id.str() + " is being deleted"};
}

void TakeNewConfig(const pb::ApplicationConfig& asked, model::Application& app,
                   model::Violations& violations) {
  const BuildConfig config = ReadConfig(asked, violations);
  const std::string field = "config.runtime_config.";
  if (config.run.use_mariadb != app.run.use_mariadb) {
    violations.push_back(
        {field + "use_mariadb", "must stay as it was when the application was made"});
  }
  if (config.run.use_mongodb != app.run.use_mongodb) {
    violations.push_back(
        {field + "use_mongodb", "must stay as it was when the application was made"});
  }
  TakeConfig(config, app);
}

Given GivenBy(const pb::UpdateApplicationRequest& in) {
  return {in.has_name(), in.has_ref_name(), in.has_websites(), in.has_port_publications()};
}

// `app` with what the request changes.
Result<model::Application> Changed(const Context& context, model::Application app,
                                   const pb::UpdateApplicationRequest& in) {
  model::Violations violations;
  if (in.has_name()) app.name = in.name();
  if (in.has_ref_name()) app.ref = in.ref_name();
  if (in.has_config()) TakeNewConfig(in.config(), app, violations);
  if (in.has_websites())
    app.websites = ReadWebsites(in.websites().websites(), app.websites, context.parts.random);
  if (in.has_port_publications()) app.ports = ReadPorts(in.port_publications().port_publications());
  if (in.has_owner_ids()) {
    NS_ASSIGN(app.owners, ReadOwners(context, in.owner_ids().owner_ids()));
  }
  NS_TRY(Check(context, app, GivenBy(in), std::move(violations)));
  return app;
}

Status Update(const Context& context, const Request& request, const model::Application& before,
              const pb::UpdateApplicationRequest& in) {
  NS_ASSIGN(const model::Application after, Changed(context, before, in));
  std::string commit;
  if (after.ref != before.ref) {
    NS_ASSIGN(const model::Repository repository,
              context.store().repositories.Get(before.repository));
    NS_ASSIGN(commit, ResolveRef(context, request, repository, after.ref));
  }
  NS_TRY(context.store().apps.Update(
      after, before.updated_at, NoConflict(after, request.user, GivenBy(in)), request.user.id));
  if (commit.empty()) return Status();
  return context.store().repositories.SetCommits(after.repository, {{after.id, after.ref, commit}},
                                                 {});
}

Result<Empty> UpdateApplication(const Context& context, const Request& request,
                                const pb::UpdateApplicationRequest& in) {
  constexpr int kTries = 3;
  model::Application app = *request.on.app;
  for (int i = 1;; ++i) {
    NS_TRY(NotDeleted(app));
    const Status updated = Update(context, request, app, in);
    if (updated.ok()) return Empty();
    if (updated.code() != Code::kStale || i == kTries) return updated;
    NS_ASSIGN(app, context.store().apps.Get(app.id));
  }
}

Result<Empty> DeleteApplication(const Context& context, const Request& request,
                                const pb::ApplicationIdRequest&) {
  const model::Application& app = *request.on.app;
  if (app.deleted) return Empty();
  const Status marked = context.store().apps.MarkDeleted(app.id, request.user.id);
  if (marked.code() == Code::kPrecondition) {
    return Status(Code::kPrecondition, "Running",
                  "application " + app.id.str() + " is running: stop it first");
  }
  NS_TRY(marked);
  return Empty();
}

Result<Empty> StartApplication(const Context& context, const Request& request,
                               const pb::ApplicationIdRequest&) {
  const model::Application& app = *request.on.app;
  NS_TRY(NotDeleted(app));
  NS_TRY(context.store().apps.SetDesired(app.id, model::DesiredState::kRunning,
                                         app.desired == model::DesiredState::kRunning,
                                         request.user.id));
  return Empty();
}

Result<Empty> StopApplication(const Context& context, const Request& request,
                              const pb::ApplicationIdRequest&) {
  const model::Application& app = *request.on.app;
  NS_TRY(NotDeleted(app));
  NS_TRY(context.store().apps.SetDesired(app.id, model::DesiredState::kStopped, false,
                                         request.user.id));
  return Empty();
}

}  // namespace

void OfferApplications(MethodTable& table) {
  const std::string api = kApiService;
  Offer(table, api + "CreateApplication", CreateApplication);
  OfferSerialized<pb::GetApplicationsResponse>(table, api + "GetApplications", GetApplications);
  Offer(table, api + "GetApplication", GetApplication);
  Offer(table, api + "UpdateApplication", UpdateApplication);
  Offer(table, api + "DeleteApplication", DeleteApplication);
  Offer(table, api + "StartApplication", StartApplication);
  Offer(table, api + "StopApplication", StopApplication);
}

}  // namespace ns::api
