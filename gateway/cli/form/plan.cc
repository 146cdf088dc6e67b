#include "form/plan.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "failure.h"
#include "form/moves.h"
#include "form/own.h"
#include "form/plan_env.h"
#include "form/prune.h"
#include "text.h"

namespace ns::cli::form {
namespace {

using google::protobuf::util::MessageDifferencer;
using Names = std::vector<std::string>;

constexpr char kRef[] = "HEAD";  // of a new application that names none

bool Same(const api::ApplicationConfig& a, const api::ApplicationConfig& b) {
  return MessageDifferencer::Equals(a, b);
}

template <class M>
bool Same(const std::vector<M>& a, const std::vector<M>& b) {
  return std::ranges::equal(
      a, b, [](const M& x, const M& y) { return MessageDifferencer::Equals(x, y); });
}

bool SameNames(Names a, Names b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

template <class Items>
auto* ById(Items& items, const std::string& id) {
  const auto found = std::ranges::find(items, id, [](const auto& one) { return one.id(); });
  return found == items.end() ? nullptr : &*found;
}

std::string TextOf(const Repository& repo) { return Write({false, {repo}, {}}); }
std::string TextOf(const Application& app) { return Write({false, {}, {app}}); }

// Makes one plan.
class Planner {
 public:
  Planner(const Read& wanted, const Live& live, const Options& options)
      : wanted_(wanted), live_(live), options_(options) {}

  Plan Make() {
    for (const Repository& repo : wanted_.form.repositories) Take(repo);
    for (const Application& app : wanted_.form.applications) Take(app);
    if (options_.prune) Prune(wanted_.form, live_, plan_);
    Order(wanted_, live_, plan_);
    std::ranges::stable_sort(plan_.mistakes, {}, [](const Mistake& one) {
      return std::pair(one.place.line, one.place.column);
    });
    plan_.places = wanted_.places;
    plan_.own = live_.own;
    return std::move(plan_);
  }

 private:
  void Differ(const std::string& what, const std::string& before, const std::string& after) {
    plan_.differences.push_back({what, before, after});
  }
  void Fault(const std::string& field, const std::string& message) {
    plan_.mistakes.push_back({wanted_.PlaceOf(field), field, message});
  }

  // The one that the form means; null: none yet. `id`: exactly that one.
  template <class Wanted, class Items>
  const typename Items::value_type* Find(const Wanted& wanted, const Items& items,
                                         const std::string& noun) {
    if (!wanted.id.empty()) {
      const auto* found = ById(items, wanted.id);
      if (!found)
        Fault(wanted.path + ".id",
              "no " + noun + " here has it; without id, the name says which is meant");
      return found;
    }
    const typename Items::value_type* found = nullptr;
    std::string ids;
    for (const auto& one : items) {
      if (one.name() != wanted.name) continue;
      found = &one;
      ids += (ids.empty() ? "" : ", ") + one.id();
    }
    if (ids.find(',') != std::string::npos)
      Fault(wanted.path + ".name",
            "several have the name \"" + wanted.name + "\"; give id, one of " + ids);
    return found;
  }

  Names IdsOf(const Names& names, const std::string& field) {
    Names ids;
    for (size_t i = 0; i < names.size(); ++i) {
      const auto user = std::ranges::find_if(live_.users, [&](const api::User& one) {
        return Lowered(one.name()) == Lowered(names[i]) || one.id() == names[i];
      });
      if (user == live_.users.end())
        Fault(field + "[" + std::to_string(i) + "]", "there is no user \"" + names[i] + "\"");
      else if (std::ranges::find(ids, user->id()) == ids.end())
        ids.push_back(user->id());
    }
    if (names.empty()) Fault(field, "must name at least one user");
    return ids;
  }

  // Ids of the owners that the form gives, where they are others than those of `known`.
  template <class Wanted, class Known>
  std::optional<Names> NewOwners(const Wanted& wanted, const Known& known) {
    if (!wanted.owners) return std::nullopt;
    Names ids = IdsOf(*wanted.owners, wanted.path + ".owners");
    const auto& now = known.owner_ids();
    if (SameNames(ids, {now.begin(), now.end()})) return std::nullopt;
    return ids;
  }

  std::string PasswordOf(const ValueFrom& from, const std::string& field) {
    try {
      return options_.values(from);
    } catch (const Failure& failure) {
      Fault(field + ".valueFrom", failure.what());
      return "";
    }
  }

  void TakeAuth(const Auth& auth, const std::string& field, api::CreateRepositoryAuth& out) {
    switch (auth.method) {
      case api::Repository::BASIC:
        if (!auth.password)
          return Fault(field, "must have user and valueFrom: no password is stored yet");
        out.mutable_basic()->set_username(auth.user);
        return out.mutable_basic()->set_password(PasswordOf(*auth.password, field));
      case api::Repository::SSH:
        if (auth.key.empty())
          return Fault(field, "must have key, the id of a pair of `ns repo key`");
        return out.mutable_ssh()->set_key_id(auth.key == "platform" ? "" : auth.key);
      default:
        out.mutable_none();
    }
  }

  void Create(const Repository& repo) {
    RepositoryStep step;
    step.kind = Kind::kCreate;
    step.name = repo.name, step.path = repo.path;
    if (!repo.url) Fault(repo.path + ".url", "must be given: the repository is new");
    step.create.set_name(repo.name);
    step.create.set_url(repo.url.value_or(""));
    TakeAuth(repo.auth.value_or(Auth()), repo.path + ".auth", *step.create.mutable_auth());
    if (repo.owners) {
      const Names ids = IdsOf(*repo.owners, repo.path + ".owners");
      step.changes = !SameNames(ids, {live_.me});
      if (step.changes)
        *step.change.mutable_owner_ids()->mutable_owner_ids() = {ids.begin(), ids.end()};
    }
    Differ("repository " + repo.name, "", TextOf(repo));
    plan_.repositories.push_back(std::move(step));
  }

  void Take(const Repository& repo) {
    const size_t faults = plan_.mistakes.size();
    const api::Repository* known = Find(repo, live_.repositories, "repository");
    if (plan_.mistakes.size() > faults) return;
    if (!known) return Create(repo);
    Repository before = FormOf(*known, live_), after = before;
    RepositoryStep step;
    step.name = repo.name, step.id = known->id(), step.path = repo.path;
    step.change.set_id(known->id());
    if (repo.name != known->name()) {
      step.change.set_name(after.name = repo.name);
      step.parts.emplace_back("name");
    }
    if (repo.url && repo.url != before.url) {
      step.change.set_url(*(after.url = repo.url));
      step.parts.emplace_back("url");
    }
    if (repo.auth || step.change.has_url()) ChangeAuth(repo, *before.auth, step, after);
    if (const auto ids = NewOwners(repo, *known)) {
      *step.change.mutable_owner_ids()->mutable_owner_ids() = {ids->begin(), ids->end()};
      after.owners = repo.owners;
      step.parts.emplace_back("owners");
    }
    if (step.parts.empty()) return;
    step.changes = true;
    Differ("repository " + repo.name, TextOf(before), TextOf(after));
    plan_.repositories.push_back(std::move(step));
  }

  // What is stored is kept: it cannot be compared.
  void ChangeAuth(const Repository& repo, const Auth& before, RepositoryStep& step,
                  Repository& after) {
    const bool given = repo.auth && (repo.auth->password || !repo.auth->key.empty());
    const bool kept = !given && (!repo.auth || repo.auth->method != api::Repository::NONE);
    if (step.change.has_url() && kept && before.method != api::Repository::NONE)
      return Fault(repo.path + ".auth", "must give the login anew: the url is another one");
    if (!repo.auth) return;
    const bool anew = options_.replace_secrets || step.change.has_url();
    if (repo.auth->method == before.method && !(given && anew)) {
      if (given)
        plan_.notes.push_back("repository " + repo.name +
                              ": its login is kept as it is stored; --replace-secrets gives it "
                              "anew");
      return;
    }
    TakeAuth(*repo.auth, repo.path + ".auth", *step.change.mutable_auth());
    after.auth = repo.auth;
    step.parts.emplace_back("auth");
  }

  struct Source {
    std::string id, path;  // id: of one that is there; path: of one of the form that is new
  };

  std::optional<Source> SourceOf(const Application& app) {
    const std::string& name = *app.repository;
    for (const RepositoryStep& step : plan_.repositories) {
      const bool meant = step.name == name || step.create.url() == name;
      if (step.kind == Kind::kCreate && meant) return Source{"", step.path};
    }
    const api::Repository* found = nullptr;
    for (const api::Repository& one : live_.repositories) {
      if (one.id() == name) found = &one;
      if (found && found->id() == name) break;
      if (one.name() != name && one.url() != name) continue;
      if (found) {
        Fault(app.path + ".repository", "\"" + name + "\" is several; give its id");
        return std::nullopt;
      }
      found = &one;
    }
    if (found) return Source{found->id(), ""};
    Fault(app.path + ".repository",
          "there is no repository \"" + name + "\", neither under repositories nor on the server");
    return std::nullopt;
  }

  void Create(const Application& app) {
    ApplicationStep step;
    step.kind = Kind::kCreate;
    step.name = app.name, step.path = app.path;
    if (!app.repository) Fault(app.path + ".repository", "must be given: the application is new");
    if (!app.build) Fault(app.path + ".build", "must be given: the application is new");
    auto& form = *step.create.mutable_form();
    form.set_name(app.name);
    form.set_ref_name(app.ref.value_or(kRef));
    if (app.build) TakeConfig(*app.build, form);
    if (app.websites) *form.mutable_websites() = {app.websites->begin(), app.websites->end()};
    if (app.ports) *form.mutable_port_publications() = {app.ports->begin(), app.ports->end()};
    std::map<std::string, Variable> shown;
    if (app.env) (void)TakeEnv(app, nullptr, step, shown, form);
    step.create.set_start(app.running.value_or(true));
    if (app.repository) TakeSource(app, step);
    if (app.owners) TakeOwners(app, step);
    Application after = app;
    if (after.env) after.env = shown;
    Differ("application " + app.name, "", TextOf(after));
    plan_.applications.push_back(std::move(step));
  }

  void TakeSource(const Application& app, ApplicationStep& step) {
    const auto source = SourceOf(app);
    if (!source) return;
    step.create.set_repository_id(source->id);
    step.repository_path = source->path;
  }

  // Who makes it owns it, and gives that up afterwards.
  void TakeOwners(const Application& app, ApplicationStep& step) {
    const Names ids = IdsOf(*app.owners, app.path + ".owners");
    *step.create.mutable_form()->mutable_owner_ids() = {ids.begin(), ids.end()};
    if (std::ranges::find(ids, live_.me) != ids.end()) return;
    Part(step, "owner_ids");
    *step.change.mutable_form()->mutable_owner_ids() = {ids.begin(), ids.end()};
  }

  static void Part(ApplicationStep& step, const char* field) {
    step.change.mutable_update_mask()->add_paths(field);
  }

  void Take(const Application& app) {
    const size_t faults = plan_.mistakes.size();
    const api::Application* known = Find(app, live_.applications, "application");
    if (plan_.mistakes.size() > faults) return;
    if (!known) return Create(app);
    ApplicationStep step;
    step.name = app.name, step.id = known->id(), step.path = app.path;
    step.change.set_application_id(known->id());
    const auto own = live_.own.find(known->id());
    const platform::Application* stored = own == live_.own.end() ? nullptr : &own->second;
    if (stored) step.change.set_etag(stored->etag());
    Application before = FormOf(*known, live_), after = before;
    Compare(app, *known, step, after);
    if (stored && step.change.form().has_build()) {
      const std::string loss = LossIn(stored->form(), *app.build);
      if (!loss.empty()) Fault(app.path + ".build", loss);
    }
    if (app.env) {
      if (!after.env) after.env.emplace();
      if (TakeEnv(app, stored, step, *after.env, *step.change.mutable_form())) Part(step, "env");
    }
    if (app.running && *app.running != *before.running) {
      (*app.running ? step.start : step.stop) = true;
      after.running = app.running;
      step.parts.emplace_back("running");
    }
    if (step.parts.empty()) return;
    Differ("application " + app.name, TextOf(before), TextOf(after));
    plan_.applications.push_back(std::move(step));
  }

  // What UpdateApplication changes. `after` is as it was.
  void Compare(const Application& app, const api::Application& known, ApplicationStep& step,
               Application& after) {
    auto& form = *step.change.mutable_form();
    const auto part = [&](const char* name, const char* field) {
      step.parts.emplace_back(name);
      Part(step, field);
    };
    if (app.repository) {
      const auto source = SourceOf(app);
      if (source && source->id != known.repository_id())
        Fault(app.path + ".repository", "cannot change: the application is one of \"" +
                                            *after.repository +
                                            "\"; give another name, or delete it first");
    }
    if (app.name != known.name()) {
      form.set_name(after.name = app.name);
      part("name", "name");
    }
    if (app.ref && app.ref != after.ref) {
      form.set_ref_name(*(after.ref = app.ref));
      part("ref", "ref_name");
    }
    if (app.build && !Same(*app.build, *after.build)) {
      TakeConfig(*(after.build = app.build), form);
      part("build", "build");
      Part(step, form.has_site() ? "site" : "run");
    }
    if (app.websites && !Same(*app.websites, *after.websites)) {
      after.websites = app.websites;
      *form.mutable_websites() = {app.websites->begin(), app.websites->end()};
      part("websites", "websites");
    }
    if (app.ports && !Same(*app.ports, *after.ports)) {
      after.ports = app.ports;
      *form.mutable_port_publications() = {app.ports->begin(), app.ports->end()};
      part("portPublications", "port_publications");
    }
    if (const auto ids = NewOwners(app, known)) {
      *form.mutable_owner_ids() = {ids->begin(), ids->end()};
      after.owners = app.owners;
      part("owners", "owner_ids");
    }
  }

  // `form` and `shown`, what will be, with the variables of the form. Whether anything differs.
  bool TakeEnv(const Application& app, const platform::Application* stored, ApplicationStep& step,
               std::map<std::string, Variable>& shown, platform::ApplicationForm& form) {
    EnvPlan env = PlanEnv(app, shown, stored, options_);
    for (const auto& [field, message] : env.faults) Fault(field, message);
    plan_.notes.insert(plan_.notes.end(), env.notes.begin(), env.notes.end());
    step.parts.insert(step.parts.end(), env.parts.begin(), env.parts.end());
    if (env.changes) *form.mutable_env() = {env.all.begin(), env.all.end()};
    shown = std::move(env.after);
    return env.changes;
  }

  const Read& wanted_;
  const Live& live_;
  const Options& options_;
  Plan plan_;
};

}  // namespace

Plan MakePlan(const Read& wanted, const Live& live, const Options& options) {
  return Planner(wanted, live, options).Make();
}

}  // namespace ns::cli::form
