#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "context.h"
#include "deploy.h"
#include "detect.h"
#include "failure.h"
#include "follow.h"
#include "status_text.h"
#include "text.h"

namespace ns::cli {
namespace {

constexpr size_t kWidest = 100;  // characters of settings in a table

using Method = platform::Suggestion::Method;

struct Given : Deploying {
  bool detect = false;
};

api::Repository Register(Context& context, const std::string& url, const std::string& name) {
  const auto all = AllRepositories(context);
  const auto known =
      std::ranges::find_if(all.repositories(), [&](const auto& repo) { return repo.url() == url; });
  if (known != all.repositories().end()) return *known;
  api::CreateRepositoryRequest request;
  request.set_url(url);
  request.set_name(name);
  request.mutable_auth()->mutable_none();
  const auto made = context.Api<api::Repository>("CreateRepository", request);
  context.Progress("registered " + url);
  return made;
}

// The application of this repository and ref that is there already.
std::optional<api::Application> Known(Context& context, const Deploying& given,
                                      const api::Repository& repo,
                                      const platform::Suggestion& wanted) {
  api::GetApplicationsRequest request;
  request.set_scope(api::GetApplicationsRequest::REPOSITORY);
  request.set_repository_id(repo.id());
  const auto all = context.Api<api::GetApplicationsResponse>("GetApplications", request);
  for (const auto& app : all.applications()) {
    if (app.ref_name() == wanted.ref_name() && (given.name.empty() || app.name() == given.name))
      return app;
  }
  return std::nullopt;
}

const Method& MethodOf(const Deploying& given, const platform::Suggestion& wanted) {
  if (const Method* best = BestOf(wanted)) return *best;
  throw Failure(
      Exit::kFailed,
      given.url + " at " + ShortCommit(wanted.commit()) +
          " is nothing that a build method knows:\n" + WhyNot(wanted) +
          "Add what is missing, or say how: ns app create " + given.url + " --name " +
          wanted.name() +
          " --method runtime-cmd --set baseImage=IMAGE --set buildCmd=SCRIPT --set command=COMMAND "
          "--url HOST --port PORT --wait");
}

int PortFor(Context& context, const Deploying& given, const Method& method) {
  const int port = given.port != 0 ? given.port : PortOf(method);
  if (port != 0) return port;
  context.Progress("the source names no port; taking " + std::to_string(kUsualPort) +
                   " (--port names another)");
  return kUsualPort;
}

// Every method, the best first, and why.
void ShowFits(Context& context, const platform::Suggestion& wanted) {
  std::vector<std::vector<std::string>> rows = {{"FIT", "METHOD", "SETTINGS", "WHY"}};
  for (const auto& method : wanted.methods()) {
    std::string settings = Plain(method.settings());
    if (settings.size() > kWidest) settings = settings.substr(0, kWidest - 3) + "...";
    rows.push_back({std::to_string(method.fit()), MethodName(method.name()), settings,
                    Plain(method.reason())});
  }
  for (const auto& method : wanted.misfits())
    rows.push_back({"no", MethodName(method.name()), "-", Plain(method.reason())});
  for (const auto& one : wanted.failures())
    rows.push_back({"?", MethodName(one.name()), "-",
                    "could not be asked: " + one.reason() + ": " + Plain(one.message())});
  context.Print(wanted, Table(rows));
}

api::Application Create(Context& context, const Deploying& given, const api::Repository& repo,
                        const platform::Suggestion& wanted) {
  const auto& method = MethodOf(given, wanted);
  const std::string host = given.host.empty() ? wanted.fqdn() : given.host;
  if (given.confirm)
    given.confirm("Application " + wanted.name() + (host.empty() ? "" : " at " + host) +
                  ", built by " + MethodName(method.name()) + " (" + Plain(method.reason()) + ")");
  api::CreateApplicationRequest request;
  request.set_name(wanted.name());
  request.set_repository_id(repo.id());
  request.set_ref_name(wanted.ref_name());
  request.set_start_on_create(true);
  *request.mutable_config() = method.config();
  if (!host.empty()) {
    auto& website = *request.add_websites();
    website.set_fqdn(host);
    website.set_path_prefix("/");
    website.set_http_port(PortFor(context, given, method));
  }
  const auto made = context.Api<api::Application>("CreateApplication", request);
  context.Progress("application " + made.name() + ": " + MethodName(method.name()) + ". " +
                   Plain(method.reason()));
  return made;
}

// Looks for new commits; starts what is stopped.
void Wake(Context& context, const api::Application& app) {
  context.Progress("application " + app.name() + " is there already");
  if (!app.running()) {
    api::ApplicationIdRequest request;
    request.set_id(app.id());
    context.Api("StartApplication", request);
  }
  api::RepositoryIdRequest request;
  request.set_repository_id(app.repository_id());
  try {
    context.Api("RefreshRepository", request);
  } catch (const Refused& refused) {
    if (refused.code() != "resource_exhausted") throw;  // looked at a moment ago
  }
}

void Run(Context& context, const Given& given) {
  const auto repo =
      Register(context, given.url, given.name.empty() ? NameOfUrl(given.url) : given.name);
  if (given.detect)
    return ShowFits(context, Suggest(context, repo.id(), given.ref, given.name, true));
  Deploy(context, given, repo);
}

}  // namespace

void Deploy(Context& context, const Deploying& given, const api::Repository& repo) {
  auto wanted = Suggest(context, repo.id(), given.ref, given.name, false);
  context.Progress(wanted.ref_name() + " is commit " + ShortCommit(wanted.commit()));
  Following following;
  if (const auto known = Known(context, given, repo, wanted)) {
    following = FollowingOf(context, known->id());
    Wake(context, *known);
  } else {
    wanted = Suggest(context, repo.id(), given.ref, given.name, true);
    following.app_id = Create(context, given, repo, wanted).id();
  }
  following.commit = wanted.commit();
  following.log = true;
  const auto status = FollowToSuccess(context, following);
  if (context.json) return context.Print(StatusJson(status));
  if (status.urls().empty())
    context.Progress("It has no URL: no domain is configured. `ns status " + status.name() +
                     "` shows it.");
  for (const std::string& url : status.urls()) context.Print(url + "\n");
}

void AddDeploy(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(
      "deploy", "from the URL of a Git repository to a running application; prints its URL last");
  command
      ->add_option("URL", given->url,
                   "of a repository that needs no login, or one that `ns repo add` has registered")
      ->required();
  command->add_option("--ref", given->ref, "branch or tag that it follows; default: HEAD");
  command->add_option("--name", given->name, "name of the application; default: the repository's");
  command->add_option("--host", given->host,
                      "host that it answers at; default: its name below the first domain");
  command
      ->add_option("--port", given->port, "port that it listens on; default: what the source names")
      ->check(CLI::Range(1, 65535));
  command->add_flag(
      "--detect", given->detect,
      "deploy nothing: show which build methods fit the source, which do not, and why");
  command->callback([&context, given] { Run(context, *given); });
}

}  // namespace ns::cli
