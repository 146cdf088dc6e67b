#include "api/app_form.h"

#include <algorithm>
#include <map>

#include "api/app_build.h"
#include "api/app_urls.h"
#include "api/convert_platform.h"
#include "api/owners.h"
#include "api/problem.h"
#include "model/list_limits.h"

namespace ns::api {
namespace {

using Form = platform::ApplicationForm;

Form::Variable WriteVariable(const model::EnvVar& variable) {
  Form::Variable out;
  out.set_key(variable.key);
  if (!variable.secret && !variable.seal_broken) out.set_value(variable.value.Reveal());
  out.set_scope(ToProto(variable).scope());
  out.set_secret(variable.secret);
  out.set_seal_broken(variable.seal_broken);
  return out;
}

pb::CreateWebsiteRequest WriteWebsite(const model::Website& website) {
  const pb::Website shown = ToProto(website);
  pb::CreateWebsiteRequest out;
  out.set_fqdn(shown.fqdn());
  out.set_path_prefix(shown.path_prefix());
  out.set_strip_prefix(shown.strip_prefix());
  out.set_https(shown.https());
  out.set_h2c(shown.h2c());
  out.set_http_port(shown.http_port());
  out.set_authentication(shown.authentication());
  return out;
}

Form FormOf(const model::Application& app, bool with_env) {
  Form out;
  out.set_name(app.name);
  out.set_ref_name(app.ref);
  out.mutable_build()->set_method(app.build.method);
  out.mutable_build()->set_settings(app.build.settings);
  if (app.deploy_type == model::DeployType::kStatic)
    *out.mutable_site() = SiteOf(app);
  else
    *out.mutable_run() = RunOf(app.run);
  for (const model::Website& website : app.websites) *out.add_websites() = WriteWebsite(website);
  for (const model::PortPublication& port : app.ports) *out.add_port_publications() = ToProto(port);
  AddOwners(app.owners, out.mutable_owner_ids());
  if (with_env) {
    for (const model::EnvVar& variable : app.env) {
      if (!variable.system) *out.add_env() = WriteVariable(variable);
    }
  }
  out.set_backend(app.backend);
  out.set_strategy(static_cast<Form::Strategy>(app.strategy));
  return out;
}

// Variables of somebody else by their keys.
using ByKey = std::map<std::string_view, const model::EnvVar*>;

ByKey Keyed(const std::vector<model::EnvVar>& env) {
  ByKey out;
  for (const model::EnvVar& variable : env) out.emplace(variable.key, &variable);
  return out;
}

const model::EnvVar* Find(const ByKey& env, const std::string& key) {
  const auto found = env.find(key);
  return found == env.end() ? nullptr : found->second;
}

// What is asked for of one variable, given what it was.
model::EnvVar ReadVariable(const Form::Variable& asked, const model::EnvVar* before,
                           const model::Application& app, const std::string& field,
                           model::Violations& violations) {
  model::EnvVar out = before != nullptr ? *before : NewVariable(app, asked.key());
  const bool opened = before != nullptr && before->secret && asked.has_secret() && !asked.secret();
  model::CheckEnvKey(field + ".key", asked.key(), violations);
  if (before != nullptr && before->system) {
    violations.push_back(
        {field + ".key", "names a variable of the platform, which cannot be changed, got " +
                             model::Quoted(asked.key())});
  }
  if (asked.has_value()) {
    model::CheckEnvValue(field + ".value", asked.value(), violations);
    out.value = Secret(asked.value());
    out.seal_broken = false;
  } else if (before == nullptr) {
    violations.push_back({field + ".value", "must be given for a new variable"});
  } else if (opened) {
    violations.push_back({field + ".value", "must be given where it shall be secret no more"});
  }
  if (asked.has_secret()) out.secret = asked.secret();
  out.scope = FromProto(asked.scope(), out.scope);
  if (out.seal_broken && out != *before) {
    violations.push_back({field + ".value", "must be given, since no key opens the stored one"});
  }
  return out;
}

// Every variable that there will be: those of the platform stay.
std::vector<model::EnvVar> ReadEnv(const Repeated<Form::Variable>& asked,
                                   const model::Application& app, model::Violations& violations) {
  std::vector<model::EnvVar> out;
  for (const model::EnvVar& variable : app.env) {
    if (variable.system) out.push_back(variable);
  }
  if (!model::CheckCount("form.env", static_cast<size_t>(asked.size()), model::kMostVariables,
                         app.env.size() - out.size(), violations))
    return out;
  const ByKey stored = Keyed(app.env);
  std::set<std::string_view> named;
  for (int i = 0; i < asked.size(); ++i) {
    const std::string field = "form.env[" + std::to_string(i) + "]";
    const Form::Variable& one = asked.Get(i);
    const model::EnvVar* before = Find(stored, one.key());
    if (!named.insert(one.key()).second) {
      violations.push_back(
          {field + ".key", "must not be named twice, got " + model::Quoted(one.key())});
    }
    model::EnvVar read = ReadVariable(one, before, app, field, violations);
    if (!read.system) out.push_back(std::move(read));
  }
  std::ranges::sort(out, {}, &model::EnvVar::key);
  return out;
}

// For a new one a backend that some host loads; one that is there stays where it is.
Status ReadBackend(const Context& context, const std::string& asked, model::Application& app,
                   model::Violations& violations) {
  if (asked.empty() || asked == app.backend) return Status();
  if (!app.id.empty()) {
    violations.push_back({"form.backend", "must stay as it was, " + model::Quoted(app.backend) +
                                              ", got " + model::Quoted(asked)});
    return Status();
  }
  NS_ASSIGN(const std::set<std::string> known, Backends(context));
  if (!known.contains(asked)) {
    violations.push_back({"form.backend", "must be a backend that some host has (" + Listed(known) +
                                              "), got " + model::Quoted(asked)});
  }
  app.backend = asked;
  return Status();
}

}  // namespace

platform::Application WriteApplication(const model::Application& app,
                                       const model::PlatformInfo& info, bool with_env) {
  platform::Application out;
  out.set_id(app.id.str());
  out.set_repository_id(app.repository.str());
  *out.mutable_form() = FormOf(app, with_env);
  if (!app.id.empty()) out.set_etag(EtagOf(app));
  out.set_commit(app.commit.empty() ? model::kNoCommit : app.commit);
  out.set_running(app.desired == model::DesiredState::kRunning);
  out.set_deleting(app.deleted);
  out.set_pinned_release_id(app.pinned.str());
  for (const std::string& url : UrlsOf(app, info)) out.add_urls(url);
  if (app.created_at != kNever) *out.mutable_created_at() = ToProto(app.created_at);
  if (app.updated_at != kNever) *out.mutable_updated_at() = ToProto(app.updated_at);
  return out;
}

const FormFields& AllFields() {
  static const FormFields all = {"name",     "ref_name",          "build",     "run", "site",
                                 "websites", "port_publications", "owner_ids", "env", "backend",
                                 "strategy"};
  return all;
}

Result<FormFields> FieldsOf(const google::protobuf::FieldMask& mask, const Form& form) {
  FormFields out;
  for (int i = 0; i < mask.paths_size(); ++i) {
    const std::string& path = mask.paths(i);
    if (path == "*") return AllFields();
    if (!AllFields().contains(path)) {
      return InvalidField(
          "update_mask.paths[" + std::to_string(i) + "]",
          "must be one of " + Listed(AllFields()) + " or *, got " + model::Quoted(path));
    }
    out.insert(path);
  }
  if (mask.paths_size() > 0) return out;
  std::vector<const google::protobuf::FieldDescriptor*> set;
  form.GetReflection()->ListFields(form, &set);
  for (const auto* field : set) out.insert(field->name());
  return out;
}

Form MergeForm(const model::Application& app, const Form& form, const FormFields& fields) {
  Form out = FormOf(app, true);
  for (const std::string& name : fields) {
    const auto* field = Form::descriptor()->FindFieldByName(name);
    out.GetReflection()->ClearField(&out, field);
  }
  const bool kind = fields.contains("run") || fields.contains("site");
  // What kind it is follows the method where only that is given.
  const std::string& method = form.build().method();
  const bool other = (out.has_site() && method.starts_with("runtime")) ||
                     (out.has_run() && method.starts_with("static"));
  if (kind || (fields.contains("build") && other)) out.clear_kind();
  Form part = form;
  for (const std::string& name : AllFields()) {
    const auto* field = Form::descriptor()->FindFieldByName(name);
    if (!fields.contains(name)) part.GetReflection()->ClearField(&part, field);
  }
  out.MergeFrom(part);
  return out;
}

Result<model::Application> ReadForm(const Context& context, const Form& form,
                                    const FormFields& fields, model::Application app,
                                    Mistakes& mistakes) {
  model::Violations& violations = mistakes.rules;
  const auto given = [&](const char* name) { return fields.contains(name); };
  if (given("name")) app.name = form.name();
  if (given("ref_name")) app.ref = form.ref_name().empty() ? "HEAD" : form.ref_name();
  if (given("build") || given("run") || given("site")) {
    NS_ASSIGN(const BuildConfig config, ReadBuild(context, form, violations));
    TakeConfig(config, app, mistakes);
  }
  if (given("websites"))
    app.websites = ReadWebsites(form.websites(), app.websites, context.parts.random,
                                "form.websites", violations);
  if (given("port_publications"))
    app.ports =
        ReadPorts(form.port_publications(), app.ports, "form.port_publications", violations);
  if (given("owner_ids")) {
    NS_ASSIGN(app.owners, ReadUsers(context, form.owner_ids(), "form.owner_ids", app.owners));
    if (app.owners.empty() && !app.id.empty())
      violations.push_back({"form.owner_ids", "must name at least one owner"});
  }
  if (given("env")) app.env = ReadEnv(form.env(), app, violations);
  if (given("backend")) NS_TRY(ReadBackend(context, form.backend(), app, violations));
  if (given("strategy")) app.strategy = static_cast<model::Strategy>(form.strategy());
  return app;
}

std::vector<std::string> Differences(const model::Application& before,
                                     const model::Application& after) {
  std::vector<std::string> out;
  const auto add = [&](bool same, const std::string& name) {
    if (!same) out.push_back(name);
  };
  add(before.name == after.name, "name");
  add(before.ref == after.ref, "ref_name");
  add(before.build.method == after.build.method, "build.method");
  add(before.build.settings == after.build.settings, "build.settings");
  add(before.run == after.run, "run");
  add(before.artifact_path == after.artifact_path && before.spa == after.spa, "site");
  add(before.websites == after.websites, "websites");
  add(before.ports == after.ports, "port_publications");
  add(before.owners == after.owners, "owner_ids");
  add(before.strategy == after.strategy, "strategy");
  const ports::EnvEdit env = EditOf(before, after);
  for (const model::EnvVar& variable : env.set) out.push_back("env." + variable.key);
  for (const std::string& key : env.drop) out.push_back("env." + key);
  return out;
}

ports::EnvEdit EditOf(const model::Application& before, const model::Application& after) {
  ports::EnvEdit out;
  const ByKey were = Keyed(before.env), are = Keyed(after.env);
  for (const model::EnvVar& variable : after.env) {
    const model::EnvVar* old = Find(were, variable.key);
    if (old == nullptr || *old != variable) out.set.push_back(variable);
  }
  for (const model::EnvVar& variable : before.env) {
    if (Find(are, variable.key) == nullptr) out.drop.push_back(variable.key);
  }
  return out;
}

std::string EtagOf(const model::Application& app) {
  return std::to_string(app.updated_at.time_since_epoch().count());
}

}  // namespace ns::api
