#include <CLI/CLI.hpp>

#include "app_flags.h"
#include "context.h"
#include "failure.h"
#include "follow.h"
#include "terminal.h"
#include "text.h"
#include "usage.h"

namespace ns::cli {
namespace {

struct Existing {
  std::string app;
  bool wait = false, yes = false;
};

std::string StateOf(const api::Application& app) {
  if (!app.running()) return "stopped";
  return api::Application::ContainerState_Name(app.container());
}

void List(Context& context, bool mine) {
  api::GetApplicationsRequest request;
  request.set_scope(mine ? api::GetApplicationsRequest::MINE : api::GetApplicationsRequest::ALL);
  const auto all = context.Api<api::GetApplicationsResponse>("GetApplications", request);
  std::vector<std::vector<std::string>> rows = {
      {"ID", "NAME", "STATE", "BUILD", "COMMIT", "REF", "URL"}};
  for (const auto& app : all.applications()) {
    const std::string url =
        app.websites().empty() ? "-" : app.websites(0).fqdn() + app.websites(0).path_prefix();
    const std::string build =
        app.has_latest_build_status() ? api::BuildStatus_Name(app.latest_build_status()) : "-";
    rows.push_back({app.id(), Plain(app.name()), StateOf(app), build, ShortCommit(app.commit()),
                    Plain(app.ref_name()), Plain(url)});
  }
  context.Print(all, Table(rows));
}

// Start or stop, and what the owner is told when it is so.
void Change(Context& context, const Existing& given, const char* method, const std::string& asked) {
  const auto app = FindApplication(context, given.app);
  const Following following = FollowingOf(context, app.id());
  api::ApplicationIdRequest request;
  request.set_id(app.id());
  context.Api(method, request);
  if (!given.wait)
    return context.Done(app.name() + " " + asked + "; `ns status " + app.name() +
                        "` shows how far it is.");
  const auto status = FollowToSuccess(context, following);
  context.Print(status, status.name() + ": " + status.summary() + ".\n");
}

// Its name is to be written once more, or --yes given.
void ConfirmDelete(const api::Application& app, bool yes) {
  if (yes) return;
  if (!IsInteractive())
    throw Failure(Exit::kUsage, "Nobody can be asked whether " + app.name() +
                                    " is to be deleted; --yes does it without asking.");
  if (Ask("All that belongs to it goes. Its name once more, to delete it", "") != app.name())
    throw Failure(Exit::kFailed, "That is not its name; nothing was deleted.");
}

void Restart(Context& context, const Existing& given) {
  const auto app = FindApplication(context, given.app);
  if (!app.running())
    throw Failure(Exit::kFailed,
                  app.name() + " is stopped; `ns app start " + app.name() + "` starts it.");
  Change(context, given, "StartApplication", "is being restarted");
}

void Delete(Context& context, const Existing& given) {
  const auto app = FindApplication(context, given.app);
  ConfirmDelete(app, given.yes);
  api::ApplicationIdRequest request;
  request.set_id(app.id());
  context.Api("DeleteApplication", request);
  if (given.wait) FollowToTheEnd(context, app.id());
  context.Done(app.name() + (given.wait ? " is gone." : " is being removed."));
}

void AddExisting(CLI::App& noun, const char* name, const char* what,
                 std::function<void(const Existing&)> run, bool confirm = false) {
  auto given = std::make_shared<Existing>();
  auto* command = noun.add_subcommand(name, what);
  command->add_option("APP", given->app, "name or id")->required();
  command->add_flag("--wait", given->wait, "until it is so");
  if (confirm) command->add_flag("-y,--yes", given->yes, "without asking");
  command->callback([given, run = std::move(run)] { run(*given); });
}

}  // namespace

void AddApp(CLI::App& root, Context& context) {
  auto* noun = root.add_subcommand("app", "applications")->require_subcommand(1);
  AddAppCreate(*noun, context);
  AddAppUpdate(*noun, context);
  AddAppShow(*noun, context);
  auto mine = std::make_shared<bool>(false);
  auto* list = noun->add_subcommand("list", "all applications");
  list->add_flag("--mine", *mine, "only those that you own");
  list->callback([&context, mine] { List(context, *mine); });
  AddReleases(*noun, context);
  AddMetrics(*noun, context);
  AddExisting(*noun, "start", "start it; restart it when it runs", [&](const Existing& app) {
    Change(context, app, "StartApplication", "is being started");
  });
  AddExisting(*noun, "restart", "restart it without dropped requests; one that is stopped stays so",
              [&](const Existing& app) { Restart(context, app); });
  AddExisting(*noun, "stop", "stop it; its URL answers 503", [&](const Existing& app) {
    Change(context, app, "StopApplication", "is being stopped");
  });
  AddExisting(
      *noun, "delete", "remove a stopped application and all that belongs to it",
      [&](const Existing& app) { Delete(context, app); }, true);
}

}  // namespace ns::cli
