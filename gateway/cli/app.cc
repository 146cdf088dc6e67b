#include <CLI/CLI.hpp>

#include "context.h"
#include "failure.h"
#include "follow.h"
#include "text.h"

namespace ns::cli {
namespace {

struct NewApp {
  std::string repo, name, ref = "HEAD", dockerfile, folder = ".", image, build, entrypoint, command;
  std::vector<std::string> urls;
  int port = 0;
  bool start = false, wait = false;
};

struct Existing {
  std::string app;
  bool wait = false;
};

void TakeRuntime(const NewApp& app, api::RuntimeConfig& runtime) {
  runtime.set_entrypoint(app.entrypoint);
  runtime.set_command(app.command);
}

void TakeMethod(const NewApp& app, api::ApplicationConfig& config) {
  if (!app.dockerfile.empty()) {
    auto& method = *config.mutable_runtime_dockerfile();
    method.set_dockerfile_name(app.dockerfile);
    method.set_context(app.folder);
    return TakeRuntime(app, *method.mutable_runtime_config());
  }
  if (app.image.empty() && app.command.empty() && app.entrypoint.empty())
    throw Failure(Exit::kUsage,
                  "How is it built? Give --dockerfile NAME, or --image IMAGE, --command or "
                  "--entrypoint for a source without a Dockerfile.");
  auto& method = *config.mutable_runtime_cmd();
  method.set_base_image(app.image);
  method.set_build_cmd(app.build);
  TakeRuntime(app, *method.mutable_runtime_config());
}

// "https://host/path", "host/path" or "host".
api::CreateWebsiteRequest WebsiteOf(std::string url, int port) {
  api::CreateWebsiteRequest website;
  website.set_https(url.starts_with("https://"));
  if (const size_t scheme = url.find("://"); scheme != std::string::npos) url.erase(0, scheme + 3);
  const size_t slash = std::min(url.find('/'), url.size());
  website.set_fqdn(url.substr(0, slash));
  website.set_path_prefix(slash < url.size() ? url.substr(slash) : "/");
  website.set_http_port(port);
  return website;
}

void Create(Context& context, const NewApp& app) {
  if (!app.urls.empty() && app.port == 0)
    throw Failure(Exit::kUsage, "--url needs --port: the port that the application listens on.");
  api::CreateApplicationRequest request;
  request.set_name(app.name);
  request.set_repository_id(FindRepository(context, app.repo).id());
  request.set_ref_name(app.ref);
  request.set_start_on_create(app.start || app.wait);
  TakeMethod(app, *request.mutable_config());
  for (const std::string& url : app.urls) *request.add_websites() = WebsiteOf(url, app.port);
  const auto made = context.Api<api::Application>("CreateApplication", request);
  if (app.wait) {
    Following following;
    following.app_id = made.id();
    FollowToSuccess(context, following);
  }
  context.Print(made, made.id() + "\n");
}

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

void Delete(Context& context, const Existing& given) {
  const auto app = FindApplication(context, given.app);
  api::ApplicationIdRequest request;
  request.set_id(app.id());
  context.Api("DeleteApplication", request);
  if (given.wait) FollowToTheEnd(context, app.id());
  context.Done(app.name() + (given.wait ? " is gone." : " is being removed."));
}

void AddExisting(CLI::App& noun, const char* name, const char* what,
                 std::function<void(const Existing&)> run) {
  auto given = std::make_shared<Existing>();
  auto* command = noun.add_subcommand(name, what);
  command->add_option("APP", given->app, "name or id")->required();
  command->add_flag("--wait", given->wait, "until it is so");
  command->callback([given, run = std::move(run)] { run(*given); });
}

void AddCreate(CLI::App& noun, Context& context) {
  auto fresh = std::make_shared<NewApp>();
  auto* create =
      noun.add_subcommand("create", "make an application of a repository; prints its id");
  create->add_option("REPO", fresh->repo, "name, id or URL of a registered repository")->required();
  create->add_option("--name", fresh->name, "name of the application")->required();
  create->add_option("--ref", fresh->ref, "branch or tag that it follows")->capture_default_str();
  create->add_option("--url", fresh->urls,
                     "where it answers, e.g. https://app.example.com/path; repeat for more");
  create->add_option("--port", fresh->port, "port that it listens on")->check(CLI::Range(1, 65535));
  create->add_option("--dockerfile", fresh->dockerfile, "build with this Dockerfile");
  create->add_option("--context", fresh->folder, "folder of the source that is built")
      ->capture_default_str();
  create->add_option("--image", fresh->image, "without a Dockerfile: image to begin with");
  create->add_option("--build", fresh->build, "without a Dockerfile: script that builds");
  create->add_option("--entrypoint", fresh->entrypoint, "instead of the image's");
  create->add_option("--command", fresh->command, "instead of the image's");
  create->add_flag("--start", fresh->start, "start it at once");
  create->add_flag("--wait", fresh->wait, "start it and wait until it is live");
  create->callback([&context, fresh] { Create(context, *fresh); });
}

}  // namespace

void AddApp(CLI::App& root, Context& context) {
  auto* noun = root.add_subcommand("app", "applications")->require_subcommand(1);
  AddCreate(*noun, context);
  auto mine = std::make_shared<bool>(false);
  auto* list = noun->add_subcommand("list", "all applications");
  list->add_flag("--mine", *mine, "only those that you own");
  list->callback([&context, mine] { List(context, *mine); });
  AddReleases(*noun, context);
  AddExisting(*noun, "start", "start it; restart it when it runs", [&](const Existing& app) {
    Change(context, app, "StartApplication", "is being started");
  });
  AddExisting(*noun, "stop", "stop it; its URL answers 503", [&](const Existing& app) {
    Change(context, app, "StopApplication", "is being stopped");
  });
  AddExisting(*noun, "delete", "remove a stopped application and all that belongs to it",
              [&](const Existing& app) { Delete(context, app); });
}

}  // namespace ns::cli
