#include "apply_steps.h"

#include <google/protobuf/util/message_differencer.h>

#include <thread>
#include <utility>

#include "failure.h"
#include "follow.h"
#include "form/moves.h"
#include "form/own.h"
#include "repo_calls.h"
#include "text.h"

namespace ns::cli {
namespace {

constexpr auto kPause = std::chrono::milliseconds(200);  // between two attempts to delete

// A refusal with the place that it is about.
Refused At(const FormFile& file, const form::Plan& plan, const std::string& path,
           const Refused& refused) {
  form::Read places;
  places.places = plan.places;
  std::string message = refused.what();
  if (refused.code() == "aborted")
    message =
        "somebody changed it since it was looked at, and nothing of theirs is overwritten; "
        "run this again to see what it is now";
  return {refused.code(), form::Mistake{places.PlaceOf(path), path, message}.ToString(file.name)};
}

platform::Application OwnForm(Context& context, const std::string& app_id) {
  platform::GetApplicationRequest request;
  request.set_application_id(app_id);
  return context.Own<platform::Application>("ApplicationService/GetApplication", request);
}

class Carrier {
 public:
  Carrier(Context& context, const FormFile& file, const form::Plan& plan)
      : context_(context), file_(file), plan_(plan) {}

  void Run(bool wait) {
    for (const auto& step : plan_.repositories) {
      if (step.kind != form::Kind::kDelete) Placed(step.path, [&] { Do(step); });
    }
    std::vector<Following> started;
    for (const form::Act& act : plan_.order) {
      const auto& step = plan_.applications[act.step];
      Placed(step.path,
             [&] { act.release ? Release(step, *act.release) : started.push_back(Do(step)); });
    }
    for (const auto& step : plan_.applications) {
      if (step.kind == form::Kind::kDelete) Delete(step);
    }
    for (const auto& step : plan_.repositories) {
      if (step.kind == form::Kind::kDelete) Delete(step);
    }
    for (const Following& following : started) {
      if (wait) FollowToSuccess(context_, following);
    }
  }

 private:
  template <class Action>
  void Placed(const std::string& path, const Action& action) {
    try {
      action();
    } catch (const Refused& refused) {
      throw At(file_, plan_, path, refused);
    }
  }

  void Do(const form::RepositoryStep& step) {
    std::string id = step.id;
    auto keys = step.host_keys;  // that are still to be pinned
    if (step.kind == form::Kind::kCreate) {
      id = CreateRepository(context_, step.create, std::exchange(keys, {})).id();
      made_[step.path] = id;
    }
    if (!keys.empty() && !step.asks_remote()) SetHostKeys(context_, id, std::exchange(keys, {}));
    if (step.changes) {
      api::UpdateRepositoryRequest change = step.change;
      change.set_id(id);
      UpdateRepository(context_, change, keys);
    }
    context_.Progress(std::string(WordOf(step.kind)) + "d repository " + step.name);
  }

  // What to wait for.
  Following Do(const form::ApplicationStep& step) {
    Following following;
    if (step.kind == form::Kind::kChange) following = FollowingOf(context_, step.id);
    const std::string id = step.kind == form::Kind::kCreate ? Create(step) : step.id;
    following.app_id = id;
    if (step.stop) Call("StopApplication", id);
    if (step.stop && step.changes()) LookAgain(id);
    if (step.changes()) {
      platform::UpdateApplicationRequest change = step.change;
      change.set_application_id(id);
      if (const auto own = own_.find(id); own != own_.end()) change.set_etag(own->second.etag());
      Update(change);
    }
    if (step.start) Call("StartApplication", id);
    context_.Progress(std::string(WordOf(step.kind)) + "d application " + step.name);
    return following;
  }

  std::string Create(const form::ApplicationStep& step) {
    platform::CreateApplicationRequest create = step.create;
    if (!step.repository_path.empty()) create.set_repository_id(made_.at(step.repository_path));
    return context_
        .Own<platform::CreateApplicationResponse>("ApplicationService/CreateApplication", create)
        .application()
        .id();
  }

  void Update(const platform::UpdateApplicationRequest& change) {
    own_[change.application_id()] = context_
                                        .Own<platform::UpdateApplicationResponse>(
                                            "ApplicationService/UpdateApplication", change)
                                        .application();
  }

  void Release(const form::ApplicationStep& step,
               const platform::UpdateApplicationRequest& release) {
    Update(release);
    context_.Progress("application " + step.name + " gives up what others take");
  }

  // Stopping is a change of its own, with another etag behind it: what else was there must still be
  // as it was.
  void LookAgain(const std::string& id) {
    const auto before = own_.contains(id) ? own_.at(id) : plan_.own.at(id);
    const platform::Application now = OwnForm(context_, id);
    if (!google::protobuf::util::MessageDifferencer::Equals(now.form(), before.form()))
      throw Refused("aborted", "");
    own_[id] = now;
  }

  void Call(const char* method, const std::string& id) {
    api::ApplicationIdRequest request;
    request.set_id(id);
    context_.Api(method, request);
  }

  void Delete(const form::ApplicationStep& step) {
    if (step.stop) Call("StopApplication", step.id);
    Patient([&] { Call("DeleteApplication", step.id); });
    FollowToTheEnd(context_, step.id);
    context_.Progress("deleted application " + step.name);
  }
  void Delete(const form::RepositoryStep& step) {
    api::RepositoryIdRequest request;
    request.set_repository_id(step.id);
    Patient([&] { context_.Api("DeleteRepository", request); });
    context_.Progress("deleted repository " + step.name);
  }

  // Again and again while what is in the way is still being taken down.
  template <class Action>
  void Patient(const Action& action) {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + std::chrono::seconds(context_.timeout);
    for (;; std::this_thread::sleep_for(kPause)) {
      try {
        return action();
      } catch (const Refused& refused) {
        if (refused.code() != "failed_precondition" || Clock::now() >= until) throw;
      }
    }
  }

  Context& context_;
  const FormFile& file_;
  const form::Plan& plan_;
  std::map<std::string, std::string> made_;  // ids of repositories by their place in the form
  std::map<std::string, platform::Application> own_;  // as they are behind a change, by id
};

// The same asked of the server without making it so.
void Validate(Context& context, const form::ApplicationStep& step) {
  if (step.kind == form::Kind::kCreate && step.repository_path.empty()) {
    platform::CreateApplicationRequest request = step.create;
    request.set_validate_only(true);
    form::LeaveOut(step.taken, *request.mutable_form());
    context.Own<platform::CreateApplicationResponse>("ApplicationService/CreateApplication",
                                                     request);
  }
  if (step.kind == form::Kind::kChange && step.changes()) {
    platform::UpdateApplicationRequest request = step.change;
    request.set_validate_only(true);
    form::LeaveOut(step.taken, *request.mutable_form());
    context.Own<platform::UpdateApplicationResponse>("ApplicationService/UpdateApplication",
                                                     request);
  }
}

std::string LineOf(form::Kind kind, const std::string& what, const std::vector<std::string>& parts,
                   bool colours) {
  const char sign = kind == form::Kind::kCreate ? '+' : kind == form::Kind::kChange ? '~' : '-';
  const char* colour = kind == form::Kind::kCreate   ? "32"
                       : kind == form::Kind::kChange ? "33"
                                                     : "31";
  std::string line = std::string(1, sign) + " " + WordOf(kind) + " " + Plain(what);
  const char* before = ": ";
  for (const std::string& part : parts) line += before + Plain(part), before = ", ";
  return colours ? std::string("\033[") + colour + "m" + line + "\033[0m" : line;
}

}  // namespace

form::Live LoadLive(Context& context) {
  form::Live live;
  api::GetApplicationsRequest request;
  request.set_scope(api::GetApplicationsRequest::ALL);
  const auto apps = context.Api<api::GetApplicationsResponse>("GetApplications", request);
  live.applications.assign(apps.applications().begin(), apps.applications().end());
  const auto repos = AllRepositories(context);
  live.repositories.assign(repos.repositories().begin(), repos.repositories().end());
  const auto users = context.Api<api::GetUsersResponse>("GetUsers");
  live.users.assign(users.users().begin(), users.users().end());
  const auto me = context.Api<api::User>("GetMe");
  live.me = me.id();
  live.admin = me.admin();
  return live;
}

void LoadOwn(Context& context, const std::string& app_id, form::Live& live) {
  const auto& own = live.own[app_id] = OwnForm(context, app_id);
  for (api::Application& app : live.applications) {
    if (app.id() == app_id) app = form::FromOwn(own);
  }
}

void LoadHostKeys(Context& context, const api::Repository& repo, form::Live& live) {
  if (repo.auth_method() != api::Repository::SSH || !live.Owns(repo)) return;
  auto& keys = live.host_keys[repo.id()];
  const auto now = PinnedHostKeys(context, repo.id());
  for (const auto& key : now.pinned()) keys.push_back(key.public_key());
}

void WarnOfUnreadable(Context& context, const api::Application& app, const form::Live& live) {
  if (!live.Owns(app))
    context.Progress("note: " + app.name() + ": its variables are for its owners alone");
  const platform::ApplicationForm& own = live.own.at(app.id()).form();
  if (const std::string beyond = form::BeyondForm(own); !beyond.empty())
    context.Progress("note: " + app.name() + ": build is left out: " + beyond);
  for (const auto& variable : own.env()) {
    if (variable.seal_broken())
      context.Progress("note: " + app.name() + ": no key opens " + variable.key() +
                       " any more; set it again, or unset it");
  }
}

const char* WordOf(form::Kind kind) {
  switch (kind) {
    case form::Kind::kCreate:
      return "create";
    case form::Kind::kChange:
      return "change";
    default:
      return "delete";
  }
}

std::string PlanText(const form::Plan& plan, bool colours) {
  std::string text;
  const auto add = [&](const char* noun, const auto& step) {
    text += (text.empty() ? "" : "\n") +
            LineOf(step.kind, std::string(noun) + step.name, step.parts, colours);
  };
  for (const auto& step : plan.repositories) add("repository ", step);
  for (const auto& step : plan.applications) add("application ", step);
  return text;
}

void Validate(Context& context, const FormFile& file, const form::Plan& plan) {
  std::string all, code;
  for (const form::ApplicationStep& step : plan.applications) {
    try {
      Validate(context, step);
    } catch (const Refused& refused) {
      const Refused placed = At(file, plan, step.path, refused);
      all += (all.empty() ? "" : "\n") + std::string(placed.what());
      if (code.empty()) code = refused.code();
    }
  }
  if (!all.empty()) throw Refused(code, "The server refuses it; nothing was changed:\n" + all);
}

void Carry(Context& context, const FormFile& file, const form::Plan& plan, bool wait) {
  Carrier(context, file, plan).Run(wait);
}

}  // namespace ns::cli
