// `ns export`, `ns diff` and `ns apply`: the installation as one form (docs/apply.md).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <set>

#include "apply_steps.h"
#include "context.h"
#include "failure.h"
#include "form/plan.h"
#include "form_file.h"
#include "terminal.h"
#include "unified_diff.h"

namespace ns::cli {
namespace {

struct Given {
  std::string file;
  std::vector<std::string> apps;
  bool all = false, prune = false, replace_secrets = false, yes = false, wait = false;
  bool dry_run = false;
};

// -- export
// ----------------------------------------------------------------------------------------
std::vector<api::Application> Chosen(Context& context, const Given& given) {
  std::vector<api::Application> chosen;
  for (const std::string& name : given.apps) chosen.push_back(FindApplication(context, name));
  if (!given.apps.empty()) return chosen;
  api::GetApplicationsRequest request;
  request.set_scope(given.all ? api::GetApplicationsRequest::ALL
                              : api::GetApplicationsRequest::MINE);
  const auto all = context.Api<api::GetApplicationsResponse>("GetApplications", request);
  return {all.applications().begin(), all.applications().end()};
}

bool IsOwned(const api::Repository& repo, const form::Live& live) {
  const auto& owners = repo.owner_ids();
  return std::find(owners.begin(), owners.end(), live.me) != owners.end();
}

// A server that is older, and a token that is limited, have no keys to tell.
void ExportHostKeys(Context& context, const api::Repository& repo, form::Live& live) {
  try {
    LoadHostKeys(context, repo, live);
  } catch (const Refused& refused) {
    if (refused.code() != "unimplemented" && refused.code() != "permission_denied") throw;
    context.Progress("note: " + repo.name() +
                     ": its pinned host keys are not told: " + refused.what());
  }
}

void Export(Context& context, const Given& given) {
  const auto apps = Chosen(context, given);
  form::Live live = LoadLive(context);
  form::Form out;
  out.whole = given.apps.empty();
  std::set<std::string> used;
  for (const auto& app : apps) {
    LoadOwn(context, app.id(), live);
    out.applications.push_back(form::FormOf(app, live));
    used.insert(app.repository_id());
    WarnOfUnreadable(context, app, live);
  }
  for (const auto& repo : live.repositories) {
    if (!used.contains(repo.id()) && !(out.whole && (given.all || IsOwned(repo, live)))) continue;
    ExportHostKeys(context, repo, live);
    out.repositories.push_back(form::FormOf(repo, live));
  }
  const std::string text = form::Write(out);
  if (context.json)
    return context.Print(boost::json::serialize(boost::json::object{{"form", text}}) + "\n");
  context.Print(text.empty() ? "applications: []\n" : text);
}

// -- diff and apply
// --------------------------------------------------------------------------------
[[noreturn]] void Reject(const std::string& file, const std::vector<form::Mistake>& mistakes) {
  std::string text = file + (mistakes.size() == 1 ? " has a mistake; nothing was changed:"
                                                  : " has " + std::to_string(mistakes.size()) +
                                                        " mistakes; nothing was changed:");
  for (const form::Mistake& mistake : mistakes) text += "\n" + mistake.ToString(file);
  throw Failure(Exit::kUsage, text);
}

template <class Wanted, class Known>
bool IsMeant(const Wanted& wanted, const Known& known) {
  return wanted.id.empty() ? wanted.name == known.name() : wanted.id == known.id();
}

// Looks closely at what the form speaks of.
void LoadMeant(Context& context, const form::Form& wanted, form::Live& live) {
  for (const auto& app : live.applications) {
    const bool meant = std::ranges::any_of(wanted.applications,
                                           [&](const auto& one) { return IsMeant(one, app); });
    if (meant) LoadOwn(context, std::string(app.id()), live);  // a copy: `app` is read anew
  }
  for (const auto& repo : live.repositories) {
    const bool listed = std::ranges::any_of(
        wanted.repositories, [&](const auto& one) { return one.host_keys && IsMeant(one, repo); });
    if (listed) LoadHostKeys(context, repo, live);
  }
}

// What is to be done, and what the server says to that.
form::Plan PlanOf(Context& context, const FormFile& file, const Given& given) {
  const form::Read read = form::Parse(file.text);
  if (!read.mistakes.empty()) Reject(file.name, read.mistakes);
  form::Live live = LoadLive(context);
  LoadMeant(context, read.form, live);
  form::Options options;
  options.prune = given.prune;
  options.replace_secrets = given.replace_secrets;
  options.values = [&](const form::ValueFrom& from) { return file.ValueOf(from); };
  form::Plan plan = form::MakePlan(read, live, options);
  if (!plan.mistakes.empty()) Reject(file.name, plan.mistakes);
  Validate(context, file, plan);
  return plan;
}

std::string DiffOf(const form::Plan& plan, const std::string& file, bool colours) {
  std::string text;
  for (const form::Difference& one : plan.differences)
    text += UnifiedDiff(one.before, one.after, one.what + " (as it is)",
                        one.what + " (" + file + ")", colours);
  return text;
}

boost::json::object JsonOf(const form::Plan& plan) {
  boost::json::array steps;
  const auto add = [&](const char* noun, const auto& step) {
    boost::json::array parts(step.parts.begin(), step.parts.end());
    steps.push_back({{"action", WordOf(step.kind)},
                     {"kind", noun},
                     {"name", step.name},
                     {"id", step.id},
                     {"parts", parts}});
  };
  for (const auto& step : plan.repositories) add("repository", step);
  for (const auto& step : plan.applications) add("application", step);
  return {{"steps", steps}, {"notes", boost::json::array(plan.notes.begin(), plan.notes.end())}};
}

void ShowDiff(Context& context, const Given& given) {
  const FormFile file(given.file);
  const form::Plan plan = PlanOf(context, file, given);
  for (const std::string& note : plan.notes) context.Progress("note: " + note);
  if (!plan.empty()) context.exit = static_cast<int>(Exit::kFailed);
  if (!context.json) return context.Print(DiffOf(plan, file.name, context.Colours(stdout)));
  boost::json::object out = JsonOf(plan);
  out["diff"] = DiffOf(plan, file.name, false);
  context.Print(boost::json::serialize(out) + "\n");
}

// 1 says that something differs, so that what cannot be told ends with another.
void Diff(Context& context, const Given& given) {
  try {
    ShowDiff(context, given);
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::kFailed) throw;
    throw Failure(Exit::kUsage, failure.what());
  }
}

void Confirm(Context& context, const FormFile& file, const form::Plan& plan, const Given& given) {
  std::fprintf(stderr, "%s\n", PlanText(plan, context.Colours(stderr)).c_str());
  if (given.yes) return;
  if (file.from_stdin || !IsInteractive())
    throw Failure(Exit::kUsage,
                  "Nobody can be asked whether this is to be done; --yes does it without asking.");
  if (!AskYes("Make it so?", false)) throw Failure(Exit::kFailed, "Nothing was changed.");
}

void Apply(Context& context, const Given& given) {
  const FormFile file(given.file);
  const form::Plan plan = PlanOf(context, file, given);
  for (const std::string& note : plan.notes) context.Progress("note: " + note);
  if (plan.empty()) {
    return context.Print(context.json ? boost::json::serialize(JsonOf(plan)) + "\n"
                                      : "All is as " + file.name + " says; nothing was changed.\n");
  }
  if (!given.dry_run) {
    Confirm(context, file, plan, given);
    Carry(context, file, plan, given.wait);
  }
  const std::string said =
      given.dry_run ? PlanText(plan, context.Colours(stdout)) + "\nNothing was changed.\n"
                    : "It is as " + file.name + " says.\n";
  context.Print(context.json ? boost::json::serialize(JsonOf(plan)) + "\n" : said);
}

void AddFile(CLI::App& command, Given& given) {
  command.add_option("-f,--file", given.file, "the form; - reads standard input")->required();
  command.add_flag("--prune", given.prune,
                   "also take away what the form does not name: variables, and with whole: true "
                   "applications and repositories that you own");
  command.add_flag("--replace-secrets", given.replace_secrets,
                   "give stored secrets anew where the form says where their value is");
}

}  // namespace

void AddApply(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* out = root.add_subcommand(
      "export", "applications and repositories as a form that `ns apply` reads; without secrets");
  out->add_option("APP", given->apps, "names or ids; default: all that you own");
  out->add_flag("--all", given->all, "also what others own; for admins");
  out->callback([&context, given] { Export(context, *given); });

  auto* diff = root.add_subcommand(
      "diff", "what `ns apply` would change; ends with 0 when nothing, with 1 when something");
  AddFile(*diff, *given);
  diff->callback([&context, given] { Diff(context, *given); });

  auto* apply =
      root.add_subcommand("apply", "make applications and repositories as a form says they are");
  AddFile(*apply, *given);
  apply->add_flag("-y,--yes", given->yes, "without asking");
  apply->add_flag("--dry-run", given->dry_run,
                  "only show what would be done, and what the server would refuse");
  apply->add_flag("--wait", given->wait, "until every application of the form is as it says");
  apply->callback([&context, given] { Apply(context, *given); });
}

}  // namespace ns::cli
