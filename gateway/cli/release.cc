#include <CLI/CLI.hpp>
#include <optional>

#include "context.h"
#include "failure.h"
#include "follow.h"
#include "text.h"

namespace ns::cli {
namespace {

struct Given {
  std::string app;
  std::optional<std::string> release;
  bool wait = false;
};

struct Listing {
  std::string app;
  int limit = 20;
};

std::string NameOf(const platform::Release& release) {
  return "release " + release.id() + " (commit " + ShortCommit(release.commit()) + ", made " +
         Ago(release.created_at(), NowSeconds()) + ")";
}

// What was done, and how to undo it.
std::string Told(const api::Application& app, const platform::RollbackResponse& done, bool so) {
  const std::string name = Plain(app.name());
  std::string text = name + (so ? " runs " : " goes back to ") + NameOf(done.release()) +
                     ", without a build. It stays there, whatever is pushed or set.\n";
  text += "`ns unpin " + name + "` lets it follow " + Plain(app.ref_name()) + " again";
  if (done.has_before() && done.before().id() != done.release().id())
    text += ", `ns rollback " + name + " " + done.before().id() + "` takes it to what ran before";
  return text + ".\n";
}

void Rollback(Context& context, const Given& given) {
  // As an unset variable of a script gives it.
  if (given.release && given.release->empty())
    throw Failure(Exit::kUsage, "RELEASE is empty; name one of `ns app releases`, or leave it out");
  const auto app = FindApplication(context, given.app);
  const Following following = FollowingOf(context, app.id());
  platform::RollbackRequest request;
  request.set_application_id(app.id());
  request.set_release_id(given.release.value_or(""));
  const auto done = context.Platform<platform::RollbackResponse>("Rollback", request);
  if (given.wait) FollowToSuccess(context, following);
  context.Print(done, Told(app, done, given.wait));
}

void Unpin(Context& context, const Given& given) {
  const auto app = FindApplication(context, given.app);
  const Following following = FollowingOf(context, app.id());
  platform::UnpinRequest request;
  request.set_application_id(app.id());
  const auto done = context.Platform<platform::UnpinResponse>("Unpin", request);
  if (given.wait) FollowToSuccess(context, following);
  const std::string name = Plain(app.name()), ref = Plain(app.ref_name());
  context.Print(done, done.was_pinned() ? name + " follows " + ref + " again.\n"
                                        : name + " was not pinned; it follows " + ref + ".\n");
}

std::string Marks(const platform::Release& release) {
  std::string marks;
  if (release.current()) marks += "current ";
  if (release.pinned()) marks += "pinned ";
  if (release.image_gone()) marks += "gone ";
  if (!marks.empty()) marks.pop_back();
  return marks.empty() ? "-" : marks;
}

void List(Context& context, const Listing& given) {
  platform::ListReleasesRequest request;
  request.set_application_id(FindApplication(context, given.app).id());
  request.set_limit(given.limit);
  const auto all = context.Platform<platform::ListReleasesResponse>("ListReleases", request);
  std::vector<std::vector<std::string>> rows = {
      {"RELEASE", "COMMIT", "MADE", "IS", "BUILD", "COMMAND"}};
  for (const auto& one : all.releases()) {
    const std::string command =
        Plain(one.entrypoint() + (one.entrypoint().empty() ? "" : " ") + one.command());
    rows.push_back({one.id(), ShortCommit(one.commit()), Ago(one.created_at(), NowSeconds()),
                    Marks(one), one.build_id(), command.empty() ? "-" : command});
  }
  context.Print(all, Table(rows));
}

void AddOne(CLI::App& root, Context& context, const char* name, const char* what, bool release,
            void (*run)(Context&, const Given&)) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(name, what);
  command->add_option("APP", given->app, "name or id")->required();
  if (release)
    command->add_option("RELEASE", given->release,
                        "id of `ns app releases`; default: the newest before the current one that "
                        "runs differently and has its image");
  command->add_flag("--wait", given->wait, "until it is so");
  command->callback([&context, given, run] { run(context, *given); });
}

}  // namespace

void AddRelease(CLI::App& root, Context& context) {
  AddOne(root, context, "rollback",
         "deploy an older release again, as it was and without a build, and stay there", true,
         &Rollback);
  AddOne(root, context, "unpin", "follow the ref and the settings again after a rollback", false,
         &Unpin);
}

void AddReleases(CLI::App& noun, Context& context) {
  auto given = std::make_shared<Listing>();
  auto* command = noun.add_subcommand("releases", "what was deployed, newest first");
  command->add_option("APP", given->app, "name or id")->required();
  command->add_option("-n,--lines", given->limit, "at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 200));
  command->callback([&context, given] { List(context, *given); });
}

}  // namespace ns::cli
