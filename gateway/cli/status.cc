#include <CLI/CLI.hpp>

#include "context.h"
#include "failure.h"
#include "follow.h"
#include "status_text.h"

namespace ns::cli {
namespace {

struct Given {
  std::string app;
  bool wait = false, why = false;
};

void Explain(Context& context, const std::string& id, const std::string& name) {
  platform::ExplainApplicationRequest request;
  request.set_application_id(id);
  const auto why = context.Platform<platform::Explanation>("ExplainApplication", request);
  context.Print(why, ExplanationText(name, why, NowSeconds()));
}

void Show(Context& context, const Given& given) {
  const auto app = FindApplication(context, given.app);
  if (given.why) return Explain(context, app.id(), app.name());
  const std::string& id = app.id();
  auto status = StatusOf(context, id);
  if (given.wait) {
    Following following;
    following.app_id = id;
    status = Follow(context, following);
    if (!status.ok()) context.exit = static_cast<int>(Exit::kFailed);
  }
  context.Print(context.json ? StatusJson(status) : StatusText(status, NowSeconds()));
}

}  // namespace

void AddStatus(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(
      "status", "state of an application, why, and the seconds of each phase of its last deploy");
  command->add_option("APP", given->app, "name or id")->required();
  command->add_flag("--wait", given->wait,
                    "until nothing is under way; then the exit code tells whether it is as asked");
  command
      ->add_flag("--why", given->why,
                 "the chain from what is wanted to what is seen, and where it breaks")
      ->excludes("--wait");
  command->callback([&context, given] { Show(context, *given); });
}

}  // namespace ns::cli
