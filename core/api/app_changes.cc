#include "api/app_changes.h"

#include <algorithm>

#include "api/convert.h"
#include "api/problem.h"
#include "api/remote.h"
#include "model/list_limits.h"
#include "plan/fetch.h"

namespace ns::api {
namespace {

// The commit that the application's ref is at the remote.
Result<std::string> ResolveRef(const Context& context, const Request& request,
                               const model::Repository& repository, const std::string& ref,
                               const Given& given) {
  NS_ASSIGN(const auto refs, ListRefs(context, request, repository));
  std::string commit = plan::Resolve(refs, ref);
  if (commit == model::kNoCommit) {
    return InvalidField(
        given.prefix + "ref_name",
        "must be a branch, a tag or HEAD of the repository, got " + model::Quoted(ref));
  }
  return commit;
}

// The repository as it is now that its remote was asked, for which the call has waited: whoever was
// faster may have taken the right to it away.
Result<model::Repository> UsableStill(const Context& context, const Request& request,
                                      const RepositoryId& id) {
  NS_ASSIGN(auto snapshot, context.store().repositories.Snapshot(id));
  NS_TRY(Authorize({request.user, request.token}, {Action::kUse}, ObjectOf(snapshot)));
  return std::move(snapshot.repository);
}

void AddOwner(std::vector<UserId>& owners, const UserId& owner) {
  if (std::find(owners.begin(), owners.end(), owner) == owners.end()) owners.push_back(owner);
}

void CheckDatabasesStay(const BuildConfig& config, const model::Application& app,
                        model::Violations& violations) {
  if (!violations.empty()) return;  // what was read is not whole
  const bool site = config.deploy_type == model::DeployType::kStatic;
  const auto field = [&](const char* name) { return config.kind_field + (site ? "" : name); };
  const char* stay = "must stay as it was when the application was made";
  if (config.run.use_mariadb != app.run.use_mariadb)
    violations.push_back({field(".use_mariadb"), stay});
  if (config.run.use_mongodb != app.run.use_mongodb)
    violations.push_back({field(".use_mongodb"), stay});
}

// What is asked for now and was not before, and nothing here can do.
void AddMissing(const BuildConfig& config, const model::RunSettings& before,
                model::Violations& missing) {
  const model::RunSettings& run = config.run;
  const auto add = [&](bool anew, const char* name, const char* part) {
    if (!anew) return;
    missing.push_back({config.kind_field + name, std::string("needs ") + part +
                                                     ", which this installation has not "
                                                     "configured, got true"});
  };
  add(run.use_mariadb && !before.use_mariadb, ".use_mariadb", "MariaDB databases");
  add(run.use_mongodb && !before.use_mongodb, ".use_mongodb", "MongoDB databases");
  add(run.auto_shutdown && !before.auto_shutdown, ".auto_shutdown.enabled",
      "sleep after idle time");
}

}  // namespace

void TakeConfig(const BuildConfig& config, model::Application& app, Mistakes& mistakes) {
  if (!app.id.empty()) CheckDatabasesStay(config, app, mistakes.rules);
  AddMissing(config, app.run, mistakes.missing);
  app.deploy_type = config.deploy_type;
  app.build = config.build;
  app.run = config.run;
  app.artifact_path = config.artifact_path;
  app.spa = config.spa;
}

std::vector<model::Website> ReadWebsites(const Repeated<pb::CreateWebsiteRequest>& asked,
                                         const std::vector<model::Website>& before, Random& random,
                                         const std::string& field, model::Violations& violations) {
  std::vector<model::Website> out;
  const auto count = static_cast<size_t>(asked.size());
  if (!model::CheckCount(field, count, model::kMostWebsites, before.size(), violations)) return out;
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

std::vector<model::PortPublication> ReadPorts(const Repeated<pb::PortPublication>& asked,
                                              const std::vector<model::PortPublication>& before,
                                              const std::string& field,
                                              model::Violations& violations) {
  std::vector<model::PortPublication> out;
  const auto count = static_cast<size_t>(asked.size());
  if (!model::CheckCount(field, count, model::kMostPorts, before.size(), violations)) return out;
  for (const auto& one : asked) out.push_back(FromProto(one));
  return out;
}

model::EnvVar NewVariable(const model::Application& app, const std::string& key) {
  model::EnvVar fresh;
  fresh.key = key;
  fresh.scope = app.deploy_type == model::DeployType::kStatic ? model::EnvScope::kBuild
                                                              : model::EnvScope::kRun;
  return fresh;
}

Status CheckApp(const Context& context, const model::Application& app, const Given& given,
                const Mistakes& mistakes) {
  const std::string& in = given.prefix;
  model::Violations violations = mistakes.rules;
  const model::PlatformInfo& platform = context.settings.platform;
  if (given.name) model::CheckName(in + "name", app.name, violations);
  if (given.ref) model::CheckRef(in + "ref_name", app.ref, violations);
  if (given.websites)
    model::CheckWebsites(given.addresses.websites, app.websites, platform, violations);
  if (given.ports) model::CheckPorts(given.addresses.ports, app.ports, platform, violations);
  NS_TRY(CheckNone(violations));
  if (!mistakes.missing.empty())
    return Refuse(Code::kPrecondition, "PartNotConfigured", mistakes.missing);
  if (app.deploy_type == model::DeployType::kStatic && !platform.static_sites) {
    return {Code::kPrecondition, "NoSiteServer",
            "config: this installation serves no static sites: its configuration names no "
            "site_server"};
  }
  return Status();
}

Status NotDeleted(const model::Application& app) {
  if (!app.deleted) return Status();
  return {Code::kPrecondition, "Deleting", "application " + app.id.str() + " is being deleted"};
}

Result<model::Application> OwnedStill(const Context& context, const Request& request,
                                      const AppId& id) {
  NS_ASSIGN(model::Application app, context.store().apps.Get(id));
  NS_TRY(Authorize({request.user, request.token}, {Action::kOwn},
                   {.name = "application " + id.str(),
                    .owners = app.owners,
                    .everyone_sees = true,
                    .apps = {id}}));
  return app;
}

Result<model::Application> Completed(const Context& context, const Request& request,
                                     model::Application app, const Given& given) {
  const model::Repository& asked = *request.on.repository;
  NS_ASSIGN(app.commit, ResolveRef(context, request, asked, app.ref, given));
  NS_ASSIGN(const model::Repository repository, UsableStill(context, request, asked.id));
  app.id = AppId::New(context.parts.random);
  app.repository = repository.id;
  if (app.owners.empty()) app.owners = repository.owners;
  AddOwner(app.owners, request.user.id);
  if (app.backend.empty()) app.backend = context.settings.platform.default_backend;
  return app;
}

ports::HoldingCheck NoConflict(const model::Application& app, const model::User& user,
                               const Given& given) {
  return [&app, &user, &given](const std::vector<ports::Holding>& others) -> Status {
    if (!given.websites && !given.ports) return Status();
    std::vector<model::Held> held;
    held.reserve(others.size());
    for (const ports::Holding& other : others)
      held.push_back({other.owners, other.websites, other.ports});
    const auto owns = [&](const std::vector<UserId>& owners) { return Owns(user, owners); };
    const auto conflict = model::FindConflict(app.websites, app.ports, held, owns, given.addresses);
    if (!conflict) return Status();
    return Refuse(Code::kExists, "AddressTaken", {*conflict});
  };
}

Status CheckConflict(const Context& context, const model::Application& app, const model::User& user,
                     const Given& given) {
  NS_ASSIGN(const auto apps, context.store().apps.List());
  std::vector<ports::Holding> others;
  for (const model::Application& other : apps) {
    if (other.id != app.id) others.push_back({other.id, other.owners, other.websites, other.ports});
  }
  return NoConflict(app, user, given)(others);
}

Result<std::string> NewCommit(const Context& context, const Request& request,
                              const model::Application& before, const model::Application& after,
                              const Given& given) {
  if (after.ref == before.ref) return std::string();
  NS_ASSIGN(const model::Repository repository,
            context.store().repositories.Get(before.repository));
  return ResolveRef(context, request, repository, after.ref, given);
}

Status StoreChange(const Context& context, const Request& request, const model::Application& before,
                   const model::Application& after, const Given& given, const ports::EnvEdit& env) {
  NS_ASSIGN(const std::string commit, NewCommit(context, request, before, after, given));
  NS_TRY(context.store().apps.Update(after, before.updated_at,
                                     NoConflict(after, request.user, given), request.user.id, env));
  if (commit.empty()) return Status();
  return context.store().repositories.SetCommits(after.repository, {{after.id, after.ref, commit}},
                                                 {});
}

}  // namespace ns::api
