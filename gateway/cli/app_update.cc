// `ns app update` and `ns app show`.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "app_flags.h"
#include "apply_steps.h"
#include "detect.h"
#include "failure.h"
#include "follow.h"
#include "form/plan.h"
#include "text.h"

namespace ns::cli {
namespace {

std::vector<std::string> OwnerIds(Context& context, const std::vector<std::string>& names) {
  const auto users = context.Api<api::GetUsersResponse>("GetUsers");
  std::vector<std::string> ids;
  for (const std::string& name : names) {
    const auto user = std::ranges::find_if(
        users.users(), [&](const auto& one) { return one.name() == name || one.id() == name; });
    if (user == users.users().end())
      throw Failure(Exit::kNotFound, "There is no user '" + name + "'.");
    ids.push_back(user->id());
  }
  return ids;
}

// The port of new addresses is that of the old ones, unless it is given.
int PortFor(const AppFlags& flags, const api::Application& app) {
  if (flags.port != 0) return flags.port;
  if (!app.websites().empty()) return app.websites(0).http_port();
  throw Failure(Exit::kUsage, "--host needs --port: the port that the application listens on.");
}

void TakeWebsites(const AppFlags& flags, const api::Application& app,
                  api::UpdateApplicationRequest::UpdateWebsites& out) {
  for (const std::string& host : flags.hosts) {
    if (host != "none") *out.add_websites() = WebsiteOf(host, PortFor(flags, app));
  }
  if (!flags.hosts.empty()) return;
  form::Live live;
  const form::Application shown = form::FormOf(app, live);
  for (api::CreateWebsiteRequest website : *shown.websites) {
    website.set_http_port(flags.port);
    *out.add_websites() = website;
  }
}

void Update(Context& context, const std::string& name, const AppFlags& flags) {
  const auto app = FindApplication(context, name);
  api::UpdateApplicationRequest request;
  request.set_id(app.id());
  if (!flags.name.empty()) request.set_name(flags.name);
  if (!flags.ref.empty()) request.set_ref_name(flags.ref);
  if (!flags.method.empty() || !flags.settings.empty())
    *request.mutable_config() = ConfigOf(flags, app.config());
  if (!flags.hosts.empty() || flags.port != 0)
    TakeWebsites(flags, app, *request.mutable_websites());
  if (!flags.owners.empty()) {
    const auto ids = OwnerIds(context, flags.owners);
    *request.mutable_owner_ids()->mutable_owner_ids() = {ids.begin(), ids.end()};
  }
  if (request.ByteSizeLong() == static_cast<size_t>(2 + app.id().size()))
    throw Failure(Exit::kUsage,
                  "Nothing is to be changed; `ns app update --help` shows what can be.");
  const Following following = FollowingOf(context, app.id());
  context.Api("UpdateApplication", request);
  if (flags.wait) FollowToSuccess(context, following);
  context.Done(app.name() +
               (flags.wait ? " is as asked." : " is changed; what runs follows by itself."));
}

void Show(Context& context, const std::string& name) {
  const auto app = FindApplication(context, name);
  form::Live live = LoadLive(context);
  form::Application shown = form::FormOf(app, live);
  shown.id = app.id();
  std::string text = form::Write({false, {}, {shown}});
  for (const auto& one : app.websites())
    text += "# " + UrlOf(one.fqdn(), one.path_prefix(), one.https()) + "\n";
  context.Print(app, text);
}

}  // namespace

void AddAppUpdate(CLI::App& noun, Context& context) {
  auto flags = std::make_shared<AppFlags>();
  auto app = std::make_shared<std::string>();
  auto* command = noun.add_subcommand("update", "change an application; what is not given stays");
  command->add_option("APP", *app, "name or id")->required();
  AddAppFlags(*command, *flags);
  command->add_option("--owner", flags->owners, "its owners from now on; repeat for more");
  command->callback([&context, app, flags] { Update(context, *app, *flags); });
}

void AddAppShow(CLI::App& noun, Context& context) {
  auto app = std::make_shared<std::string>();
  auto* command = noun.add_subcommand("show", "what an application is, in the form of `ns export`");
  command->add_option("APP", *app, "name or id")->required();
  command->callback([&context, app] { Show(context, *app); });
}

}  // namespace ns::cli
