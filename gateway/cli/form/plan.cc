#include "form/plan.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "form/moves.h"
#include "form/own.h"
#include "form/plan_env.h"
#include "form/plan_repositories.h"
#include "form/planning.h"
#include "form/prune.h"

namespace ns::cli::form {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr char kRef[] = "HEAD";  // of a new application that names none

bool Same(const Build& a, const Build& b) {
  return MessageDifferencer::Equals(a.known, b.known) &&
         MessageDifferencer::Equals(a.other, b.other);
}

template <class M>
bool Same(const std::vector<M>& a, const std::vector<M>& b) {
  return std::ranges::equal(
      a, b, [](const M& x, const M& y) { return MessageDifferencer::Equals(x, y); });
}

std::string TextOf(const Application& app) { return Write({false, {}, {app}}); }

class ApplicationPlanner : Planning {
 public:
  using Planning::Planning;

  void Run() {
    for (const Application& app : wanted_.form.applications) Take(app);
  }

 private:
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
    const auto& none = platform::ApplicationForm::default_instance();
    if (app.build) TakeBuild(*app.build, none, form);
    if (app.strategy) form.set_strategy(*app.strategy);
    if (app.backend) form.set_backend(*app.backend);
    if (app.websites) TakeWebsites(*app.websites, none, form);
    if (app.ports) TakePorts(*app.ports, none, form);
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
    Compare(app, *known, stored ? stored->form() : platform::ApplicationForm::default_instance(),
            step, after);
    if (stored && step.change.form().has_build()) CheckLoss(app, stored->form());
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

  void CheckLoss(const Application& app, const platform::ApplicationForm& stored) {
    const std::string loss = LossIn(stored, *app.build), beyond = BeyondForm(stored);
    if (!loss.empty()) Fault(app.path + ".build", loss);
    if (!beyond.empty() && MethodOf(*app.build) == stored.build().method())
      Fault(app.path + ".build", "cannot be changed: " + beyond);
  }

  // What UpdateApplication changes. `after` is as it was.
  void Compare(const Application& app, const api::Application& known,
               const platform::ApplicationForm& stored, ApplicationStep& step, Application& after) {
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
      TakeBuild(*(after.build = app.build), stored, form);
      part("build", "build");
      Part(step, form.has_site() ? "site" : "run");
    }
    if (app.strategy && *app.strategy != stored.strategy()) {
      form.set_strategy(*(after.strategy = app.strategy));
      part("strategy", "strategy");
    }
    if (app.backend && !stored.backend().empty() && *app.backend != stored.backend())
      Fault(app.path + ".backend", "cannot change: the application runs on \"" + stored.backend() +
                                       "\"; give another name, or delete it first");
    if (app.websites && !Same(*app.websites, *after.websites)) {
      TakeWebsites(*(after.websites = app.websites), stored, form);
      part("websites", "websites");
    }
    if (app.ports && !Same(*app.ports, *after.ports)) {
      TakePorts(*(after.ports = app.ports), stored, form);
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
};

}  // namespace

Plan MakePlan(const Read& wanted, const Live& live, const Options& options) {
  Plan plan;
  PlanRepositories(wanted, live, options, plan);
  ApplicationPlanner(wanted, live, options, plan).Run();
  if (options.prune) Prune(wanted.form, live, plan);
  Order(wanted, live, plan);
  std::ranges::stable_sort(plan.mistakes, {}, [](const Mistake& one) {
    return std::pair(one.place.line, one.place.column);
  });
  plan.places = wanted.places;
  plan.own = live.own;
  return plan;
}

}  // namespace ns::cli::form
