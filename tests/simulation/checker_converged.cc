// What is to be there in the end: whether all is as people want it.
#include <algorithm>

#include "checker.h"
#include "plan/keys.h"

namespace ns::sim {

using model::BuildStatus;
using model::DesiredState;
using ports::testing::FakeApp;

namespace {

// Variables of one side, as text.
template <class Env, class Wanted>
std::string EnvText(const Env& env, const Wanted& wanted) {
  std::map<std::string, std::string> sorted;
  for (const auto& variable : env) {
    if (!wanted(variable)) continue;
    if constexpr (requires { variable.value.Reveal(); })
      sorted[variable.key] = variable.value.Reveal();
    else
      sorted[variable.key] = variable.value;
  }
  std::string text;
  for (const auto& [key, value] : sorted) text += key + "=" + value + ";";
  return text;
}

// Not there in time, and there but of something else.
Shortfall Late(std::string what) { return {"I21", std::move(what)}; }
Shortfall Other(std::string what) { return {"I23", std::move(what)}; }

}  // namespace

// The source's own doing: its container cannot run.
bool Checker::Hopeless(const Rows& rows, const model::Application& app) const {
  for (const model::Release& release : rows.apps.at(app.id).releases) {
    if (release.id != app.target.release) continue;
    const ImageFacts* image = registry_.Find(release.image.digest);
    return image && !git_.Facts(image->commit).starts;
  }
  return false;
}

// The release must be of the newest commit, unless its build came to nothing for a reason.
Shortfall Checker::ReleaseNotWanted(const Rows& rows, const model::Application& app) {
  const model::Repository& repository = rows.repositories.at(app.repository);
  const std::string head = git_.Head(repository.url, app.ref);
  if (app.commit != head) return Late("its commit is not that of the remote");
  const std::string key = plan::BuildKey(kPlanKey, app, head);
  const ports::testing::FakeBuild* newest = nullptr;
  std::set<BuildId> succeeded;
  for (const auto& [id, row] : rows.builds) {
    if (row.build.app != app.id || row.build.build_key != key) continue;
    if (!newest || row.number > newest->number) newest = &row;
    // One whose image was cleaned up counts no more: it is built again, unless a person cancels
    // that.
    if (row.build.status == BuildStatus::kSucceeded &&
        row.build.image_state == model::ImageState::kKept)
      succeeded.insert(id);
  }
  if (!newest) return Late("no build of its commit");
  if (!app.pinned.empty())
    return app.target.release == app.pinned ? Shortfall()
                                            : Late("it does not run what it is pinned to");
  if (succeeded.empty()) {
    const model::Build& build = newest->build;
    const bool failed = build.status == BuildStatus::kFailed;
    const bool by_source = failed && !git_.Facts(head).builds;
    const bool by_platform = failed && (build.attempt >= model::kMaxAttempts ||
                                        build.outcome.reason() == "ResultRefused");
    // The request may be lost with the database's tail when its builder has heard of it.
    // What was put aside for something newer is built again where that is taken back.
    const bool by_person = build.status == BuildStatus::kCancelled &&
                           build.outcome.reason() != model::kSuperseded &&
                           (build.cancel_requested || DatabaseHasLost(std::chrono::hours(1)));
    const bool excused = by_source || by_platform || by_person;
    if (excused) return {};
    return Late("the build of its commit is not there: status " +
                std::to_string(static_cast<int>(build.status)) + ", attempt " +
                std::to_string(build.attempt) + ", " + build.outcome.ToString());
  }
  for (const model::Release& release : rows.apps.at(app.id).releases) {
    if (release.id == app.target.release)
      return succeeded.contains(release.build) ? Shortfall()
                                               : Other("its release is of another build");
  }
  return Late("its release is not there");
}

// What a person asked to have built again and no later build of that commit has answered.
bool Checker::AskedAgain(const Rows& rows, const AppId& app) {
  std::map<std::string, const ports::testing::FakeBuild*> newest;  // by commit
  for (const auto& [id, row] : rows.builds) {
    const ports::testing::FakeBuild*& known = newest[row.build.commit];
    if (row.build.app == app && (!known || row.number > known->number)) known = &row;
  }
  return std::any_of(newest.begin(), newest.end(), [](const auto& one) {
    return one.second && one.second->build.retriable && model::IsTerminal(one.second->build.status);
  });
}

Shortfall Checker::RunningNotConverged(const Rows& rows, const model::Application& app) {
  if (Shortfall why = ReleaseNotWanted(rows, app); !why.empty()) return why;
  const std::vector<const Container*> containers = docker_.Of(app.id.str());
  const auto routes = docker_.in_force().find(app.id.str());
  std::set<std::pair<std::string, std::string>> addresses;
  for (const model::Website& site : app.websites) addresses.insert({site.fqdn, site.path_prefix});
  if (routes == docker_.in_force().end() || !routes->second.intact)
    return Late("its routes are not there");
  if (routes->second.addresses != addresses) return Other("its routes are of other addresses");
  if (app.target.release.empty()) return {};
  if (containers.size() != 1) return Late(std::to_string(containers.size()) + " containers");
  const Container& container = *containers.front();
  if (container.life != sdk::Life::kRunning) return Late("its container does not run");
  if (!container.flaw.empty()) return Late("its container was changed by hand");
  if (container.run_key != app.target.run_key) return Late("its container is of another target");
  if (routes->second.targets != std::set<std::string>{container.id})
    return Late("its routes do not lead to its container");
  return ContainerNotWanted(rows, app, container);
}

Shortfall Checker::ContainerNotWanted(const Rows& rows, const model::Application& app,
                                      const Container& container) {
  std::string env = EnvText(app.env, [](const model::EnvVar& v) { return v.InRun(); });
  for (const model::Release& release : rows.apps.at(app.id).releases) {
    if (release.id != app.target.release) continue;
    if (release.image.digest != container.digest) return Other("its container has another image");
    // With the settings that it ran with.
    if (!app.pinned.empty()) env = EnvText(release.env, [](const auto&) { return true; });
  }
  if (EnvText(container.env, [](const auto&) { return true; }) != env)
    return Other("its container has other variables");
  if (const auto promise = users_.promises().find(app.id);
      promise != users_.promises().end() && container.started_at < promise->second.restarted)
    return Other("its container was not restarted");
  const ImageFacts* image = registry_.Find(container.digest);
  const std::string head = git_.Head(rows.repositories.at(app.repository).url, app.ref);
  const auto build = image ? rows.builds.find(BuildId(image->build)) : rows.builds.end();
  const bool current = build != rows.builds.end() &&
                       build->second.build.build_key == plan::BuildKey(kPlanKey, app, head);
  if (current && EnvText(image->env, [](const auto&) { return true; }) !=
                     EnvText(app.env, [](const model::EnvVar& v) { return v.InBuild(); }))
    return Other("its build saw other variables");
  return {};
}

Shortfall Checker::AppNotConverged(const Rows& rows, const FakeApp& row) {
  const model::Application& app = row.app;
  const std::string id = app.id.str();
  if (app.desired == DesiredState::kRunning && !app.deleted) {
    if (AskedAgain(rows, app.id)) return Late("what is to be built again waits for its build");
    return Hopeless(rows, app) ? ReleaseNotWanted(rows, app) : RunningNotConverged(rows, app);
  }
  for (const Container* container : docker_.Of(id)) {
    if (container->life == sdk::Life::kRunning)
      return {"I9", "it is stopped or deleted and a container runs"};
  }
  const auto routes = docker_.in_force().find(id);
  if (routes != docker_.in_force().end() && !routes->second.targets.empty())
    return {"I9", "it is stopped or deleted and routed to a container"};
  return app.deleted ? Late("it is deleted and still known") : Shortfall();
}

// Of applications that are gone.
std::string Checker::LeftBehind(const Rows& rows) {
  for (const auto& [id, promise] : users_.promises()) {
    if (rows.apps.contains(id) || users_.Lost(id)) continue;
    if (!docker_.Of(id.str()).empty()) return id.str() + " has left a container";
    if (docker_.written().contains(id.str())) return id.str() + " has left routes";
    if (registry_.HasAny(id.str())) return id.str() + " has left an image";
  }
  return "";
}

Shortfall Checker::NotConverged() {
  return database_.rows().state.With([this](Rows& rows) -> Shortfall {
    for (const auto& [id, row] : rows.apps) {
      if (const Shortfall why = AppNotConverged(rows, row); !why.empty())
        return {why.invariant, id.str() + ": " + why.what};
    }
    for (const auto& [id, row] : rows.builds) {
      if (!model::IsTerminal(row.build.status)) return Late("build " + id.str() + " has not ended");
    }
    return {"I10", LeftBehind(rows)};
  });
}

}  // namespace ns::sim
