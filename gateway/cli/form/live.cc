// What the server has, as the form says it.
#include <algorithm>

#include "form/address.h"
#include "form/own.h"
#include "form/plan.h"

namespace ns::cli::form {
namespace {

std::vector<std::string> NamesOf(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                 const Live& live) {
  std::vector<std::string> names;
  for (const std::string& id : ids) {
    const auto user = std::ranges::find(live.users, id, [](const auto& one) { return one.id(); });
    names.push_back(user == live.users.end() ? id : user->name());
  }
  std::ranges::sort(names);
  return names;
}

// Whether the name alone does not say which one is meant.
template <class Items>
bool IsTwin(const Items& items, const std::string& name) {
  return std::ranges::count(items, name, [](const auto& one) { return one.name(); }) > 1;
}

std::map<std::string, Variable> EnvOf(const platform::ApplicationForm& form) {
  std::map<std::string, Variable> out;
  for (const auto& one : form.env()) {
    if (one.seal_broken() && !one.secret()) continue;
    Variable& variable = out[one.key()];
    variable.secret = one.secret();
    variable.scope = one.scope();
    if (!one.secret()) variable.value = one.value();
  }
  return out;
}

std::string RepositoryOf(const std::string& id, const Live& live) {
  const auto found =
      std::ranges::find(live.repositories, id, [](const auto& one) { return one.id(); });
  const bool named = found != live.repositories.end() && !IsTwin(live.repositories, found->name());
  return named ? found->name() : id;
}

template <class Thing>
bool MayLook(const Live& live, const Thing& thing) {
  return live.admin || std::ranges::find(thing.owner_ids(), live.me) != thing.owner_ids().end();
}

}  // namespace

bool Live::Owns(const api::Application& app) const { return MayLook(*this, app); }
bool Live::Owns(const api::Repository& repo) const { return MayLook(*this, repo); }

Repository FormOf(const api::Repository& repo, const Live& live) {
  Repository out;
  out.name = repo.name();
  if (IsTwin(live.repositories, repo.name())) out.id = repo.id();
  out.url = repo.url();
  out.auth.emplace().method = repo.auth_method();
  const auto pinned = live.host_keys.find(repo.id());
  if (pinned != live.host_keys.end() && !pinned->second.empty()) out.host_keys = pinned->second;
  out.owners = NamesOf(repo.owner_ids(), live);
  return out;
}

Application FormOf(const api::Application& app, const Live& live) {
  Application out;
  out.name = app.name();
  if (IsTwin(live.applications, app.name())) out.id = app.id();
  out.repository = RepositoryOf(app.repository_id(), live);
  out.ref = app.ref_name();
  out.running = app.running();
  const auto own = live.own.find(app.id());
  out.build.emplace().known = app.config();
  if (own != live.own.end() && MethodOf(app.config()).empty() &&
      BeyondForm(own->second.form()).empty())
    out.build = BuildOf(own->second.form());
  Normalise(*out.build);
  for (const auto& one : (out.websites.emplace(), app.websites())) {
    auto& website = out.websites->emplace_back();
    CopyWebsite(one, website);
    Normalise(website);
  }
  out.ports.emplace(app.port_publications().begin(), app.port_publications().end());
  for (auto& port : *out.ports) port.DiscardUnknownFields();
  if (own != live.own.end()) {
    const platform::ApplicationForm& form = own->second.form();
    if (form.strategy() != platform::ApplicationForm::ROLLING) out.strategy = form.strategy();
    if (!form.backend().empty()) out.backend = form.backend();
    if (live.Owns(app)) out.env = EnvOf(form);
  }
  out.owners = NamesOf(app.owner_ids(), live);
  return out;
}

}  // namespace ns::cli::form
