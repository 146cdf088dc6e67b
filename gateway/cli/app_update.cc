// `ns app update` and `ns app show`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>

#include "app_flags.h"
#include "apply_steps.h"
#include "detect.h"
#include "failure.h"
#include "follow.h"
#include "form/address.h"
#include "form/own.h"
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

using Website = api::CreateWebsiteRequest;
using Websites = google::protobuf::RepeatedPtrField<Website>;

// The stored one at the same host and path; where two schemes lead there, that of the same scheme.
const Website* StoredAt(const Website& wanted, const Websites& stored) {
  const auto place = [](Website website) {
    website.set_https(false);
    return form::AddressOf(website);
  };
  const Website* found = nullptr;
  for (const Website& one : stored) {
    if (place(one) != place(wanted)) continue;
    if (!found || one.https() == wanted.https()) found = &one;
  }
  return found;
}

// Whether the stored ones have not all the same of something.
template <class Part>
bool Differ(const Websites& stored, Part part) {
  return std::ranges::any_of(stored, [&](const Website& one) {
    return std::invoke(part, one) != std::invoke(part, stored[0]);
  });
}

// An address more must not be a way around the login of those that there are.
Website NewWebsite(const std::string& host, int port, const Websites& stored) {
  Website website = WebsiteOf(host, port);
  if (port == 0 && stored.empty())
    throw Failure(Exit::kUsage, "--host needs --port: the port that the application listens on.");
  if (port == 0 && Differ(stored, &Website::http_port))
    throw Failure(Exit::kUsage, "--host " + host +
                                    " needs --port: it is new, and the addresses that there are "
                                    "lead to different ports.");
  if (Differ(stored, &Website::authentication))
    throw Failure(Exit::kUsage, "--host " + host +
                                    " is new, and the addresses that there are differ in "
                                    "`authentication`; `ns apply` says which it shall have.");
  if (stored.empty()) return website;
  if (port == 0) website.set_http_port(stored[0].http_port());
  website.set_authentication(stored[0].authentication());
  return website;
}

// A host without a scheme leaves the scheme as it was.
Website WebsiteFor(const std::string& host, int port, const Websites& stored) {
  const Website wanted = WebsiteOf(host, port);
  const Website* found = StoredAt(wanted, stored);
  if (!found) return NewWebsite(host, port, stored);
  Website website = *found;
  if (host.find("://") != std::string::npos) website.set_https(wanted.https());
  if (port != 0) website.set_http_port(port);
  return website;
}

void TakeWebsites(const AppFlags& flags, platform::ApplicationForm& form) {
  if (flags.hosts.empty()) {
    for (auto& website : *form.mutable_websites()) website.set_http_port(flags.port);
    return;
  }
  const Websites stored = form.websites();
  form.clear_websites();
  for (const std::string& host : flags.hosts) {
    if (host != "none") *form.add_websites() = WebsiteFor(host, flags.port, stored);
  }
}

// What the flags say, in the form that there is.
platform::UpdateApplicationRequest ChangeOf(Context& context, const AppFlags& flags,
                                            const platform::Application& own) {
  platform::UpdateApplicationRequest request;
  request.set_application_id(own.id());
  request.set_etag(own.etag());
  auto& form = *request.mutable_form() = own.form();
  const auto part = [&](const char* field) { request.mutable_update_mask()->add_paths(field); };
  if (!flags.name.empty()) form.set_name(flags.name), part("name");
  if (!flags.ref.empty()) form.set_ref_name(flags.ref), part("ref_name");
  if (!flags.method.empty() || !flags.settings.empty()) {
    const form::Build build = WantedBuild(flags, form::BuildOf(own.form()));
    const std::string loss = form::LossIn(own.form(), build);
    if (!loss.empty()) throw Failure(Exit::kFailed, "build: " + loss + ".");
    form::TakeBuild(build, own.form(), form);
    part("build");
    part(form.has_site() ? "site" : "run");
  }
  if (!flags.strategy.empty())
    form.set_strategy(form::StrategyOf(flags.strategy)), part("strategy");
  if (!flags.hosts.empty() || flags.port != 0) TakeWebsites(flags, form), part("websites");
  if (!flags.owners.empty()) {
    const auto ids = OwnerIds(context, flags.owners);
    *form.mutable_owner_ids() = {ids.begin(), ids.end()};
    part("owner_ids");
  }
  if (request.update_mask().paths().empty())
    throw Failure(Exit::kUsage,
                  "Nothing is to be changed; `ns app update --help` shows what can be.");
  return request;
}

void Update(Context& context, const std::string& name, const AppFlags& flags) {
  form::Live live;
  const std::string id = FindApplication(context, name).id();
  LoadOwn(context, id, live);
  const auto request = ChangeOf(context, flags, live.own.at(id));
  const Following following = FollowingOf(context, id);
  try {
    context.Own<platform::UpdateApplicationResponse>("ApplicationService/UpdateApplication",
                                                     request);
  } catch (const Refused& refused) {
    if (refused.code() != "aborted") throw;
    throw Refused(refused.code(), "Somebody else changed " + name +
                                      " at this moment; nothing of theirs is overwritten. Run this "
                                      "again.");
  }
  if (flags.wait) FollowToSuccess(context, following);
  context.Done(name + (flags.wait ? " is as asked." : " is changed; what runs follows by itself."));
}

void Show(Context& context, const std::string& name) {
  const auto app = FindApplication(context, name);
  form::Live live = LoadLive(context);
  LoadOwn(context, app.id(), live);
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
  command->add_option("--owner", flags->owners, "its owners from now on; repeat for more")
      ->type_name("USER");
  command->callback([&context, app, flags] { Update(context, *app, *flags); });
}

void AddAppShow(CLI::App& noun, Context& context) {
  auto app = std::make_shared<std::string>();
  auto* command = noun.add_subcommand("show", "what an application is, in the form of `ns export`");
  command->add_option("APP", *app, "name or id")->required();
  command->callback([&context, app] { Show(context, *app); });
}

}  // namespace ns::cli
