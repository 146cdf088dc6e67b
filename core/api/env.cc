// Environment variables, by the public API and by the project's own.
#include <algorithm>

#include "api/app_changes.h"
#include "api/convert_platform.h"
#include "api/method.h"
#include "api/problem.h"
#include "google/protobuf/empty.pb.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

std::vector<model::EnvVar> ByKey(std::vector<model::EnvVar> env) {
  std::sort(env.begin(), env.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return env;
}

const model::EnvVar* Find(const model::Application& app, const std::string& key) {
  const auto found = std::find_if(app.env.begin(), app.env.end(),
                                  [&](const auto& variable) { return variable.key == key; });
  return found == app.env.end() ? nullptr : &*found;
}

Status NotSystem(const model::EnvVar* variable) {
  if (variable == nullptr || !variable->system) return Status();
  return Refuse(Code::kPrecondition, "SystemVariable",
                {{"key", "names a variable of the platform, which cannot be changed, got " +
                             model::Quoted(variable->key)}});
}

// The variable as it was, or a new one with the defaults of the application's type.
model::EnvVar Current(const model::Application& app, const std::string& key) {
  if (const model::EnvVar* found = Find(app, key)) return *found;
  return NewVariable(app, key);
}

void SetValue(model::EnvVar& variable, const std::string& value) {
  variable.value = Secret(value);
  variable.seal_broken = false;
}

Status Check(const model::Application& app, const std::string& key, const std::string& value) {
  model::Violations violations;
  model::CheckEnvKey("key", key, violations);
  model::CheckEnvValue("value", value, violations);
  NS_TRY(CheckNone(violations));
  NS_TRY(NotSystem(Find(app, key)));
  return NotDeleted(app);
}

Status Store(const Context& context, const Request& request, const model::EnvVar& variable) {
  const Status stored = context.store().apps.SetEnv(request.on.app->id, variable, request.user.id);
  if (stored.reason() != "TooManyVariables") return stored;
  return Refuse(stored.code(), stored.reason(),
                {{"key", "must be one of the variables that there are, since " + stored.message() +
                             ", got " + model::Quoted(variable.key)}});
}

Result<pb::ApplicationEnvVars> GetEnvVars(const Context&, const Request& request,
                                          const pb::ApplicationIdRequest& in) {
  pb::ApplicationEnvVars out;
  for (const model::EnvVar& variable : ByKey(request.on.app->env)) {
    auto* one = out.add_variables();
    one->set_application_id(in.id());
    one->set_key(variable.key);
    one->set_value(ReadableValue(variable));
    one->set_system(variable.system);
  }
  return out;
}

Result<Empty> SetEnvVar(const Context& context, const Request& request,
                        const pb::SetApplicationEnvVarRequest& in) {
  const model::Application& app = *request.on.app;
  NS_TRY(Check(app, in.key(), in.value()));
  model::EnvVar variable = Current(app, in.key());
  SetValue(variable, in.value());
  NS_TRY(Store(context, request, variable));
  return Empty();
}

Result<Empty> DeleteEnvVar(const Context& context, const Request& request,
                           const pb::DeleteApplicationEnvVarRequest& in) {
  const model::Application& app = *request.on.app;
  NS_TRY(NotSystem(Find(app, in.key())));
  NS_TRY(NotDeleted(app));
  const Status deleted = context.store().apps.DeleteEnv(app.id, in.key(), request.user.id);
  if (deleted.code() == Code::kNotFound)
    return Status(Code::kNotFound, "NotFound",
                  "key: there is no variable " + model::Quoted(in.key()));
  NS_TRY(deleted);
  return Empty();
}

Result<platform::ListEnvResponse> ListEnv(const Context&, const Request& request,
                                          const platform::ListEnvRequest&) {
  platform::ListEnvResponse out;
  for (const model::EnvVar& variable : ByKey(request.on.app->env))
    *out.add_variables() = ToProto(variable);
  return out;
}

Result<Empty> SetEnv(const Context& context, const Request& request,
                     const platform::SetEnvRequest& in) {
  const model::Application& app = *request.on.app;
  NS_TRY(Check(app, in.key(), in.value()));
  model::EnvVar variable = Current(app, in.key());
  SetValue(variable, in.value());
  if (in.has_secret()) variable.secret = in.secret();
  variable.scope = FromProto(in.scope(), variable.scope);
  NS_TRY(Store(context, request, variable));
  return Empty();
}

}  // namespace

void OfferEnv(MethodTable& table) {
  const std::string api = kApiService, own = kPlatformService;
  Offer(table, api + "GetEnvVars", GetEnvVars);
  Offer(table, api + "SetEnvVar", SetEnvVar);
  Offer(table, api + "DeleteEnvVar", DeleteEnvVar);
  Offer(table, own + "ListEnv", ListEnv);
  Offer(table, own + "SetEnv", SetEnv);
}

}  // namespace ns::api
