#include "form/plan_repositories.h"

#include "failure.h"
#include "form/planning.h"
#include "text.h"

namespace ns::cli::form {
namespace {

std::string TextOf(const Repository& repo) { return Write({false, {repo}, {}}); }

class RepositoryPlanner : Planning {
 public:
  using Planning::Planning;

  void Run() {
    for (const Repository& repo : wanted_.form.repositories) Take(repo);
  }

 private:
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
    if (MayPin(repo, nullptr)) step.host_keys = *repo.host_keys;
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
    if (MayPin(repo, known)) Pin(*repo.host_keys, step, after);
    if (const auto ids = NewOwners(repo, *known)) {
      *step.change.mutable_owner_ids()->mutable_owner_ids() = {ids->begin(), ids->end()};
      after.owners = repo.owners;
      step.parts.emplace_back("owners");
    }
    if (step.parts.empty()) return;
    step.changes = step.parts != Names{"hostKeys"};
    Differ("repository " + repo.name, TextOf(before), TextOf(after));
    plan_.repositories.push_back(std::move(step));
  }

  // Whether there are keys to pin. `known`: null of a new one.
  bool MayPin(const Repository& repo, const api::Repository* known) {
    if (!repo.host_keys) return false;
    const auto stored = known ? known->auth_method() : api::Repository::NONE;
    const auto method = repo.auth ? repo.auth->method : stored;
    const bool ssh = method == api::Repository::SSH, mine = !known || live_.Owns(*known);
    if (!ssh)
      Fault(repo.path + ".hostKeys", "is for auth of method: ssh alone, not \"" +
                                         Lowered(api::Repository::AuthMethod_Name(method)) + "\"");
    if (ssh && !mine) Fault(repo.path + ".hostKeys", "is for owners and admins alone");
    return ssh && mine;
  }

  // Where the remote is asked anew it is held to the keys of the form, though none of them is new.
  static void Pin(const Names& keys, RepositoryStep& step, Repository& after) {
    const bool same = after.host_keys && SameNames(keys, *after.host_keys);
    if (!same || step.asks_remote()) step.host_keys = keys;
    if (same) return;
    after.host_keys = keys;
    step.parts.emplace_back("hostKeys");
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
};

}  // namespace

void PlanRepositories(const Read& wanted, const Live& live, const Options& options, Plan& plan) {
  RepositoryPlanner(wanted, live, options, plan).Run();
}

}  // namespace ns::cli::form
