#include "apply_steps.h"

#include <thread>

#include "failure.h"
#include "follow.h"

namespace ns::cli {
namespace {

constexpr auto kPause = std::chrono::milliseconds(200);  // between two attempts to delete

class Carrier {
 public:
  Carrier(Context& context, const FormFile& file, const form::Plan& plan)
      : context_(context), file_(file), plan_(plan) {}

  void Run(bool wait) {
    for (const auto& step : plan_.repositories) {
      if (step.kind != form::Kind::kDelete) At(step.path, [&] { Do(step); });
    }
    std::vector<Following> started;
    for (const auto& step : plan_.applications) {
      if (step.kind == form::Kind::kDelete) continue;
      At(step.path, [&] { started.push_back(Do(step)); });
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
  // A refusal with the place that it is about.
  template <class Action>
  void At(const std::string& path, const Action& action) {
    try {
      action();
    } catch (const Refused& refused) {
      form::Read places;
      places.places = plan_.places;
      const form::Mistake where{places.PlaceOf(path), path, refused.what()};
      throw Refused(refused.code(), where.ToString(file_.name));
    }
  }

  void Do(const form::RepositoryStep& step) {
    std::string id = step.id;
    if (step.kind == form::Kind::kCreate) {
      id = context_.Api<api::Repository>("CreateRepository", step.create).id();
      made_[step.path] = id;
    }
    if (step.changes) {
      api::UpdateRepositoryRequest change = step.change;
      change.set_id(id);
      context_.Api("UpdateRepository", change);
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
    for (platform::SetEnvRequest set : step.set) {
      set.set_application_id(id);
      context_.Platform("SetEnv", set);
    }
    for (const std::string& key : step.unset) {
      api::DeleteApplicationEnvVarRequest unset;
      unset.set_application_id(id);
      unset.set_key(key);
      context_.Api("DeleteEnvVar", unset);
    }
    if (step.changes) {
      api::UpdateApplicationRequest change = step.change;
      change.set_id(id);
      context_.Api("UpdateApplication", change);
    }
    if (step.start) Call("StartApplication", id);
    context_.Progress(std::string(WordOf(step.kind)) + "d application " + step.name);
    return following;
  }

  // It starts once its variables are set.
  std::string Create(const form::ApplicationStep& step) {
    api::CreateApplicationRequest create = step.create;
    if (!step.repository_path.empty()) create.set_repository_id(made_.at(step.repository_path));
    return context_.Api<api::Application>("CreateApplication", create).id();
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
};

std::string LineOf(form::Kind kind, const std::string& what, const std::vector<std::string>& parts,
                   bool colours) {
  const char sign = kind == form::Kind::kCreate ? '+' : kind == form::Kind::kChange ? '~' : '-';
  const char* colour = kind == form::Kind::kCreate   ? "32"
                       : kind == form::Kind::kChange ? "33"
                                                     : "31";
  std::string line = std::string(1, sign) + " " + WordOf(kind) + " " + what;
  const char* before = ": ";
  for (const std::string& part : parts) line += before + part, before = ", ";
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
  live.me = context.Api<api::User>("GetMe").id();
  return live;
}

void LoadEnv(Context& context, const std::string& app_id, form::Live& live) {
  platform::ListEnvRequest request;
  request.set_application_id(app_id);
  live.env[app_id] = context.Platform<platform::ListEnvResponse>("ListEnv", request);
}

void WarnOfUnreadable(Context& context, const api::Application& app, const form::Live& live) {
  for (const auto& variable : live.env.at(app.id()).variables()) {
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

void Carry(Context& context, const FormFile& file, const form::Plan& plan, bool wait) {
  Carrier(context, file, plan).Run(wait);
}

}  // namespace ns::cli
