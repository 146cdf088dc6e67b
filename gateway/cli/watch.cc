#include "neoshowcase/platform/v1/watch.pb.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <ctime>
#include <map>

#include "context.h"
#include "failure.h"
#include "resume.h"
#include "status_text.h"
#include "text.h"

namespace ns::cli {
namespace {

using platform::WatchRequest;
using platform::WatchResponse;

struct Given {
  std::vector<std::string> apps;
  std::string repo;
  bool mine = false, builds = false;
};

std::string ClockOf(int64_t seconds) {
  const std::time_t at = seconds;
  std::tm parts{};
  localtime_r(&at, &parts);
  char text[16];
  std::strftime(text, sizeof(text), "%H:%M:%S", &parts);
  return text;
}

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

template <class Change>
std::string EventsOf(const Change& change) {
  std::string out;
  for (const auto& event : change.events()) {
    out += (out.empty() ? "" : ", ") + event.kind();
    if (!event.reason().empty()) out += " " + Plain(event.reason());
  }
  return out;
}

// What a person is shown, line by line.
class Writer {
 public:
  explicit Writer(const Context& context) : context_(context) {}

  void Write(const WatchResponse& message) {
    if (context_.json) return context_.Print(JsonLine(message));
    if (message.has_application()) Application(message.application());
    if (message.has_removed()) {
      const std::string& id = message.removed().application_id();
      const auto known = names_.find(id);
      Line(known == names_.end() ? id : known->second, "gone", "");
    }
    if (message.has_repository()) Repository(message.repository());
    if (message.has_synced()) context_.Progress("this is what is there; what changes follows");
  }

 private:
  void Application(const WatchResponse::Change& change) {
    const std::string name = Plain(change.application().form().name());
    names_[change.application().id()] = name;
    std::string rest = Plain(change.status().summary());
    if (change.has_build()) {
      std::string build = change.build().status();
      for (char& c : build) c = static_cast<char>(std::tolower(c));
      rest += "; build " + change.build().build_id() + " of " +
              ShortCommit(change.build().commit()) + ": " + build;
    }
    const std::string events = EventsOf(change);
    Line(name, StateWord(change.status().state()),
         rest + (events.empty() ? "" : "  [" + events + "]"));
  }
  void Repository(const WatchResponse::RepositoryChange& change) {
    std::string rest;
    bool ok = true;
    for (const auto& condition : change.status().conditions()) {
      if (condition.ok()) continue;
      ok = false;
      rest += (rest.empty() ? "" : "; ") + Plain(condition.message());
    }
    const std::string events = EventsOf(change);
    Line(Plain(change.name()), ok ? "readable" : "unreadable",
         "repository" + (rest.empty() ? "" : ": " + rest) + "  [" + events + "]");
  }
  void Line(const std::string& name, const std::string& state, const std::string& rest) {
    std::string line =
        ClockOf(NowSeconds()) + "  " + Padded(name, 20) + "  " + Padded(state, 9) + "  " + rest;
    while (line.ends_with(' ')) line.pop_back();
    context_.Print(line + "\n");
  }

  const Context& context_;
  std::map<std::string, std::string> names_;  // by id
};

WatchRequest RequestOf(Context& context, const Given& given) {
  WatchRequest request;
  request.set_mine(given.mine);
  request.set_builds(given.builds);
  for (const std::string& app : given.apps)
    request.add_application_ids(FindApplication(context, app).id());
  if (!given.repo.empty()) request.set_repository_id(FindRepository(context, given.repo).id());
  return request;
}

void Watch(Context& context, const Given& given) {
  WatchRequest request = RequestOf(context, given);
  Writer writer(context);
  UntilItEnds(context, [&](const std::function<void()>& alive) {
    const auto take = [&](const WatchResponse& message) {
      alive();
      if (!message.resume_token().empty()) request.set_resume_token(message.resume_token());
      if (!message.has_heartbeat()) writer.Write(message);
    };
    try {
      context.Stream<WatchResponse>("neoshowcase.platform.v1.WatchService/Watch", request, take);
    } catch (const Refused& refused) {
      // The one refusal of this method that a later begin does not meet again.
      if (refused.code() != "failed_precondition" || request.resume_token().empty()) throw;
      context.Progress("what happened meanwhile is not known any more; beginning anew");
      request.clear_resume_token();
      context.Stream<WatchResponse>("neoshowcase.platform.v1.WatchService/Watch", request, take);
    }
  });
}

}  // namespace

void AddWatch(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(
      "watch", "how applications are, and what changes as it happens; with --json a line for each");
  command->add_option("APP", given->apps, "names or ids; default: all");
  command->add_flag("--mine", given->mine, "only those that you own");
  command->add_option("--repo", given->repo, "only those of this repository: id, name or URL")
      ->type_name("REPO");
  command->add_flag("--builds", given->builds, "show the build that something is about");
  command->callback([&context, given] { Watch(context, *given); });
}

}  // namespace ns::cli
