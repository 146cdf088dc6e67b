// Applications: made, looked at, changed, started, stopped, deleted.
#include <algorithm>

#include "api/app_changes.h"
#include "api/build_config.h"
#include "api/convert.h"
#include "api/method.h"
#include "api/owners.h"
#include "api/problem.h"
#include "google/protobuf/empty.pb.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

Result<pb::Application> CreateApplication(const Context& context, const Request& request,
                                          const pb::CreateApplicationRequest& in) {
  model::Application app;
  Mistakes mistakes;
  TakeConfig(ReadConfig(in.config(), mistakes.rules), app, mistakes);
  app.name = in.name();
  app.ref = in.ref_name();
  const Given given;
  app.websites = ReadWebsites(in.websites(), {}, context.parts.random, given.addresses.websites,
                              mistakes.rules);
  app.ports = ReadPorts(in.port_publications(), {}, given.addresses.ports, mistakes.rules);
  app.desired =
      in.start_on_create() ? model::DesiredState::kRunning : model::DesiredState::kStopped;
  NS_TRY(CheckApp(context, app, given, mistakes));
  NS_ASSIGN(app, Completed(context, request, std::move(app), given));
  NS_TRY(context.store().apps.Insert(app, NoConflict(app, request.user, given), request.user.id));
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
  scope.among = request.Among();
  if (in.scope() == Scope::MINE) scope.owner = request.user.id;
  if (in.scope() == Scope::REPOSITORY) scope.repository = RepositoryId(in.repository_id());
  return context.listing.Applications(context.store().listings, scope);
}

Result<pb::Application> GetApplication(const Context& context, const Request& request,
                                       const pb::ApplicationIdRequest&) {
  const AppId& id = request.on.app->id;
  NS_ASSIGN(const auto listed, context.store().listings.Apps({id}));
  if (listed.empty())
    return Status(Code::kNotFound, "NotFound", "there is no application " + id.str());
  return ToProto(listed.front());
}

Given GivenBy(const pb::UpdateApplicationRequest& in) {
  return {in.has_name(),
          in.has_ref_name(),
          in.has_websites(),
          in.has_port_publications(),
          "",
          {"websites.websites", "port_publications.port_publications"}};
}

// `app` with what the request changes.
Result<model::Application> Changed(const Context& context, model::Application app,
                                   const pb::UpdateApplicationRequest& in) {
  Mistakes mistakes;
  const Given given = GivenBy(in);
  const model::AddressFields& fields = given.addresses;
  if (in.has_name()) app.name = in.name();
  if (in.has_ref_name()) app.ref = in.ref_name();
  if (in.has_config()) {
    const BuildConfig config = ReadConfig(in.config(), mistakes.rules);
    TakeConfig(config, app, mistakes);
  }
  if (in.has_websites())
    app.websites = ReadWebsites(in.websites().websites(), app.websites, context.parts.random,
                                fields.websites, mistakes.rules);
  if (in.has_port_publications())
    app.ports = ReadPorts(in.port_publications().port_publications(), app.ports, fields.ports,
                          mistakes.rules);
  if (in.has_owner_ids()) {
    NS_ASSIGN(app.owners, ReadOwners(context, in.owner_ids().owner_ids(), app.owners));
  }
  NS_TRY(CheckApp(context, app, given, mistakes));
  return app;
}

Result<Empty> UpdateApplication(const Context& context, const Request& request,
                                const pb::UpdateApplicationRequest& in) {
  constexpr int kTries = 3;
  model::Application app = *request.on.app;
  for (int i = 1;; ++i) {
    NS_TRY(NotDeleted(app));
    NS_ASSIGN(const model::Application after, Changed(context, app, in));
    const Status updated = StoreChange(context, request, app, after, GivenBy(in));
    if (updated.ok()) return Empty();
    if (updated.code() != Code::kStale || i == kTries) return updated;
    NS_ASSIGN(app, OwnedStill(context, request, app.id));
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
