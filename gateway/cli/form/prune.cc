#include "form/prune.h"

#include <algorithm>

namespace ns::cli::form {
namespace {

template <class Wanted>
bool IsNamed(const std::vector<Wanted>& wanted, const std::string& id, const std::string& name) {
  return std::ranges::any_of(
      wanted, [&](const Wanted& one) { return one.id.empty() ? one.name == name : one.id == id; });
}

template <class Thing>
bool IsMine(const Thing& thing, const Live& live) {
  const auto& owners = thing.owner_ids();
  return std::ranges::find(owners, live.me) != owners.end();
}

void Delete(const api::Application& app, const Live& live, Plan& plan) {
  ApplicationStep step;
  step.kind = Kind::kDelete;
  step.name = app.name(), step.id = app.id();
  step.stop = app.running();
  plan.differences.push_back(
      {"application " + app.name(), Write({false, {}, {FormOf(app, live)}}), ""});
  plan.applications.push_back(std::move(step));
}

void Delete(const api::Repository& repo, const Live& live, Plan& plan) {
  RepositoryStep step;
  step.kind = Kind::kDelete;
  step.name = repo.name(), step.id = repo.id();
  plan.differences.push_back(
      {"repository " + repo.name(), Write({false, {FormOf(repo, live)}, {}}), ""});
  plan.repositories.push_back(std::move(step));
}

}  // namespace

void Prune(const Form& wanted, const Live& live, Plan& plan) {
  if (!wanted.whole) {
    plan.notes.emplace_back(
        "--prune takes away variables alone: only a form with whole: true names all "
        "applications and repositories");
    return;
  }
  std::set<std::string> used;
  for (const ApplicationStep& step : plan.applications) used.insert(step.create.repository_id());
  for (const api::Application& app : live.applications) {
    if (IsMine(app, live) && !IsNamed(wanted.applications, app.id(), app.name()))
      Delete(app, live, plan);
    else
      used.insert(app.repository_id());
  }
  for (const api::Repository& repo : live.repositories) {
    const bool named = IsNamed(wanted.repositories, repo.id(), repo.name());
    if (IsMine(repo, live) && !used.contains(repo.id()) && !named) Delete(repo, live, plan);
  }
}

}  // namespace ns::cli::form
