#include "form/plan_env.h"

#include <algorithm>

#include "failure.h"

namespace ns::cli::form {
namespace {

using Stored = platform::Application;

bool IsBroken(const Stored* app, const std::string& key) {
  return app && std::ranges::any_of(app->form().env(), [&](const auto& one) {
           return one.key() == key && one.seal_broken();
         });
}

class EnvPlanner {
 public:
  EnvPlanner(const Application& app, const std::map<std::string, Variable>& before,
             const Stored* stored, const Options& options)
      : app_(app), before_(before), stored_(stored), options_(options) {
    plan_.after = before;
  }

  EnvPlan Make() {
    for (const auto& [key, wanted] : *app_.env) {
      const auto found = before_.find(key);
      Take(key, wanted, found == before_.end() ? nullptr : &found->second);
    }
    if (options_.prune) Prune();
    if (stored_) KeepOthers();
    return std::move(plan_);
  }

 private:
  std::string FieldOf(const std::string& key) const { return app_.path + ".env." + key; }

  void Take(const std::string& key, const Variable& wanted, const Variable* before) {
    const bool readable = before && !IsBroken(stored_, key);
    const bool rescoped =
        before && wanted.scope != platform::ENV_SCOPE_UNSPECIFIED && wanted.scope != before->scope;
    const bool as_it_is = readable && !rescoped && before->secret == wanted.secret;
    if (wanted.secret) {
      if (as_it_is && !(wanted.from && options_.replace_secrets)) return Keep(key, wanted);
      if (!wanted.from)
        return Fault(FieldOf(key),
                     "must have valueFrom: it is new, changes its scope, or cannot "
                     "be read any more, and stored secrets are never shown");
    }
    const auto value = ValueOf(key, wanted);
    if (!value || (!wanted.secret && as_it_is && before->value == *value)) return;
    plan_.changes = true;
    auto& set = plan_.all.emplace_back();
    set.set_key(key);
    set.set_value(*value);
    set.set_scope(wanted.scope);
    set.set_secret(wanted.secret);
    plan_.parts.push_back("env." + key);
    Variable& after = plan_.after[key];
    after = wanted;
    if (before && wanted.scope == platform::ENV_SCOPE_UNSPECIFIED) after.scope = before->scope;
  }

  // It cannot be compared with what is stored.
  void Keep(const std::string& key, const Variable& wanted) {
    if (wanted.from)
      plan_.notes.push_back("application " + app_.name + ": " + key +
                            " is kept as it is stored; --replace-secrets gives it anew");
  }

  void Prune() {
    for (const auto& [key, variable] : before_) {
      if (app_.env->contains(key)) continue;
      plan_.changes = true;
      plan_.parts.push_back("env." + key + " (unset)");
      plan_.after.erase(key);
    }
  }

  // Those that are neither set nor taken away stay as they are by being named.
  void KeepOthers() {
    for (const auto& one : stored_->form().env()) {
      const auto same = [&](const auto& set) { return set.key() == one.key(); };
      const bool gone = before_.contains(one.key()) && !plan_.after.contains(one.key());
      if (!gone && std::ranges::none_of(plan_.all, same))
        plan_.all.emplace_back().set_key(one.key());
    }
  }

  std::optional<std::string> ValueOf(const std::string& key, const Variable& wanted) {
    if (wanted.value) return wanted.value;
    try {
      return options_.values(*wanted.from);
    } catch (const Failure& failure) {
      Fault(FieldOf(key) + ".valueFrom", failure.what());
      return std::nullopt;
    }
  }

  void Fault(const std::string& field, const std::string& message) {
    plan_.faults.emplace_back(field, message);
  }

  const Application& app_;
  const std::map<std::string, Variable>& before_;
  const Stored* stored_;
  const Options& options_;
  EnvPlan plan_;
};

}  // namespace

EnvPlan PlanEnv(const Application& app, const std::map<std::string, Variable>& before,
                const Stored* stored, const Options& options) {
  return EnvPlanner(app, before, stored, options).Make();
}

}  // namespace ns::cli::form
