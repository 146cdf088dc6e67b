#include <CLI/CLI.hpp>
#include <map>

#include "build.h"
#include "failure.h"
#include "follow.h"
#include "text.h"

namespace ns::cli {
namespace {

struct Given {
  std::string app, build;
  bool follow = false, wait = false, all = false;
  int page = 0, limit = 0;
};

std::string Lasted(const api::Build& build) {
  if (!build.started_at().valid()) return "-";
  const auto& begin = build.started_at().timestamp();
  const auto& end = build.finished_at().timestamp();
  if (!build.finished_at().valid())
    return Span(static_cast<double>(NowSeconds() - begin.seconds())) + " so far";
  return Span(static_cast<double>(end.seconds() - begin.seconds()) +
              (end.nanos() - begin.nanos()) / 1e9);
}

// Of every application that the caller may see the builds of.
void ListAll(Context& context, const Given& given) {
  api::GetAllBuildsRequest request;
  request.set_page(given.page);
  request.set_limit(given.limit);
  const auto all = context.Api<api::GetBuildsResponse>("GetAllBuilds", request);
  std::map<std::string, std::string> names;
  api::GetApplicationsRequest every;
  every.set_scope(api::GetApplicationsRequest::ALL);
  const auto apps = context.Api<api::GetApplicationsResponse>("GetApplications", every);
  for (const auto& app : apps.applications()) names[app.id()] = Plain(app.name());
  std::vector<std::vector<std::string>> rows = {
      {"ID", "APP", "STATUS", "COMMIT", "QUEUED", "TOOK"}};
  for (const auto& build : all.builds()) {
    const auto name = names.find(build.application_id());
    rows.push_back({build.id(), name == names.end() ? build.application_id() : name->second,
                    api::BuildStatus_Name(build.status()), ShortCommit(build.commit()),
                    Ago(build.queued_at(), NowSeconds()), Lasted(build)});
  }
  context.Print(all, Table(rows));
}

void List(Context& context, const Given& given) {
  if (given.all == !given.app.empty()) throw Failure(Exit::kUsage, "Give APP or --all.");
  if (given.all) return ListAll(context, given);
  const auto all = BuildsOf(context, given.app);
  std::vector<std::vector<std::string>> rows = {{"ID", "STATUS", "COMMIT", "QUEUED", "TOOK"}};
  for (const auto& build : all.builds())
    rows.push_back({build.id(), api::BuildStatus_Name(build.status()), ShortCommit(build.commit()),
                    Ago(build.queued_at(), NowSeconds()), Lasted(build)});
  context.Print(all, Table(rows));
}

// The whole log in one message. It is bytes, which JSON has as base64.
void PrintLogJson(Context& context, const std::string& id) {
  platform::ReadBuildLogResponse whole, piece;
  do {
    platform::ReadBuildLogRequest request;
    request.set_build_id(id);
    request.set_offset(whole.next_offset());
    piece = context.Platform<platform::ReadBuildLogResponse>("ReadBuildLog", request);
    whole.mutable_data()->append(piece.data());
    whole.set_finished(piece.finished());
    const bool moved = piece.next_offset() > whole.next_offset();
    whole.set_next_offset(piece.next_offset());
    if (!moved) break;
  } while (!piece.finished());
  context.Print(whole, "");
}

void Log(Context& context, const Given& given) {
  const std::string id = BuildIdOf(context, given.build);
  if (given.follow) {
    ShowLog(context, id, true, context.json);
    const auto build = BuildOf(context, id);
    if (context.json) context.Print(build, "");
    if (build.status() != api::SUCCEEDED) context.exit = static_cast<int>(Exit::kFailed);
    return;
  }
  if (context.json) return PrintLogJson(context, id);
  ShowLog(context, id, false, false);
}

void Retry(Context& context, const Given& given) {
  const auto build = BuildOf(context, BuildIdOf(context, given.build));
  Following following = FollowingOf(context, build.application_id());
  following.log = given.wait;
  api::RetryCommitBuildRequest request;
  request.set_application_id(build.application_id());
  request.set_commit(build.commit());
  context.Api("RetryCommitBuild", request);
  if (!given.wait)
    return context.Done("Commit " + ShortCommit(build.commit()) +
                        " is built again; of a stopped application, once it is started.");
  const auto status = FollowToSuccess(context, following);
  context.Print(status, status.name() + ": " + status.summary() + ".\n");
}

void Cancel(Context& context, const Given& given) {
  const std::string id = BuildIdOf(context, given.build);
  api::BuildIdRequest request;
  request.set_build_id(id);
  context.Api("CancelBuild", request);
  if (given.wait) ShowLog(context, id, true, true);
  context.Done("The build " + id + (given.wait ? " has ended." : " is being cancelled."));
}

}  // namespace

void AddBuild(CLI::App& root, Context& context) {
  auto* noun = root.add_subcommand("build", "builds of an application")->require_subcommand(1);
  auto given = std::make_shared<Given>();
  const std::string which = "id of a build, or an application: its newest";

  auto* list = noun->add_subcommand("list", "newest first");
  list->add_option("APP", given->app, "name or id");
  auto* every = list->add_flag("--all", given->all, "of every application that you may see");
  list->add_option("-n", given->limit, "of --all: so many, at most 200 (50)")->needs(every);
  list->add_option("--page", given->page, "of --all: from 0")->needs(every);
  list->callback([&context, given] { List(context, *given); });
  auto* log = noun->add_subcommand("log", "what a build printed");
  log->add_option("BUILD", given->build, which)->required();
  log->add_flag("-f,--follow", given->follow, "until it ends; then the exit code tells how");
  log->callback([&context, given] { Log(context, *given); });
  AddBuildResults(*noun, context);
  auto* retry = noun->add_subcommand("retry", "build that commit again");
  retry->add_option("BUILD", given->build, which)->required();
  retry->add_flag("--wait", given->wait, "until it is live");
  retry->callback([&context, given] { Retry(context, *given); });
  auto* cancel = noun->add_subcommand("cancel", "stop a build");
  cancel->add_option("BUILD", given->build, which)->required();
  cancel->add_flag("--wait", given->wait, "until it has stopped");
  cancel->callback([&context, given] { Cancel(context, *given); });
}

}  // namespace ns::cli
