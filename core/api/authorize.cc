#include "api/authorize.h"

#include <algorithm>

#include "api/problem.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "model/received.h"
#include "neoshowcase/policy/v1/policy.pb.h"
#include "proto/descriptors.h"

namespace ns::api {
namespace {

using neoshowcase::policy::v1::Policy;

Action ActionOf(Policy::Action action) {
  switch (action) {
    case Policy::ANY:
      return Action::kAny;
    case Policy::SEE:
      return Action::kSee;
    case Policy::USE:
      return Action::kUse;
    case Policy::OWN:
      return Action::kOwn;
    default:
      return Action::kAdmin;
  }
}

model::TokenScope ScopeOf(Policy::Scope scope) {
  switch (scope) {
    case Policy::READ:
      return model::TokenScope::kRead;
    case Policy::DEPLOY:
      return model::TokenScope::kDeploy;
    default:
      return model::TokenScope::kAdmin;
  }
}

const char* NameOf(model::TokenScope scope) {
  switch (scope) {
    case model::TokenScope::kRead:
      return "read";
    case model::TokenScope::kDeploy:
      return "deploy";
    case model::TokenScope::kAdmin:
      break;
  }
  return "admin";
}

Status Absent(const Object& object) {
  return {Code::kNotFound, "NotFound", "there is no " + object.name};
}

Status Denied(const Object& object, const char* who) {
  return {Code::kDenied, "NotAllowed",
          "only " + std::string(who) + " may do this to " + object.name};
}

// "there is no repository 0123..." instead of what the store says.
Status Named(const Status& failure, const char* kind, const std::string& id) {
  return failure.code() == Code::kNotFound
             ? Absent({std::string(kind) + " " + id, {}, false, false, {}, false})
             : failure;
}

class Admission {
 public:
  Admission(const ports::Store& store, const Caller& caller, const Demand& demand)
      : store_(store), caller_(caller), demand_(demand) {}

  Result<Admitted> Repository(const std::string& id) {
    const auto snapshot = store_.repositories.Snapshot(RepositoryId(id));
    if (!snapshot.ok()) return Named(snapshot.status(), "repository", id);
    NS_TRY(Authorize(caller_, demand_, ObjectOf(*snapshot)));
    Admitted admitted;
    admitted.repository = snapshot->repository;
    return admitted;
  }

  Result<Admitted> App(const std::string& id) {
    auto app = store_.apps.Get(AppId(id));
    if (!app.ok()) return Named(app.status(), "application", id);
    NS_TRY(Authorize(caller_, demand_,
                     {"application " + id, app->owners, true, false, {app->id}, false}));
    Admitted admitted;
    admitted.app = std::move(*app);
    return admitted;
  }

  Result<Admitted> Build(const std::string& id) {
    auto build = store_.builds.Get(BuildId(id));
    if (!build.ok()) return Named(build.status(), "build", id);
    auto app = store_.apps.Get(build->app);
    if (!app.ok()) return Named(app.status(), "build", id);
    NS_TRY(
        Authorize(caller_, demand_, {"build " + id, app->owners, true, false, {app->id}, false}));
    Admitted admitted;
    admitted.app = std::move(*app);
    admitted.build = std::move(*build);
    return admitted;
  }

 private:
  const ports::Store& store_;
  const Caller& caller_;
  const Demand& demand_;
};

Status AuthorizeUser(const model::User& user, Action action, const Object& object) {
  if (action == Action::kAny || Owns(user, object.owners)) return Status();
  if (action == Action::kAdmin) return {Code::kDenied, "NotAllowed", "only admins may do this"};
  if (!object.everyone_sees && !object.everyone_uses) return Absent(object);
  if (action == Action::kSee || (action == Action::kUse && object.everyone_uses)) return Status();
  return Denied(object, "its owners and admins");
}

Status AuthorizeToken(const model::Token& token, const Demand& demand, const Object& object) {
  const std::string name = "the token " + model::Quoted(token.name);
  if (token.scope < demand.scope) {
    return {
        Code::kDenied, "TokenScope",
        name + " is of scope " + NameOf(token.scope) + ", and this needs " + NameOf(demand.scope)};
  }
  if (!token.limited) return Status();
  if (object.name.empty()) {
    if (demand.limited_tokens) return Status();
    return {Code::kDenied, "TokenLimited",
            name + " is limited to applications, and this is about more than these"};
  }
  const bool covered = std::any_of(object.apps.begin(), object.apps.end(),
                                   [&](const AppId& app) { return token.Covers(app); });
  if (covered && (!object.shared || demand.scope < model::TokenScope::kAdmin)) return Status();
  return {Code::kDenied, "TokenLimited",
          name + " is limited to applications, and " + object.name +
              (covered ? " is not theirs alone" : " is none of them")};
}

std::string FieldOf(const google::protobuf::Message& message, const std::string& name) {
  return message.GetReflection()->GetString(message,
                                            message.GetDescriptor()->FindFieldByName(name));
}

}  // namespace

Object ObjectOf(const model::RepositorySnapshot& snapshot) {
  const bool open = model::IsOpen(snapshot.repository);
  Object object{"repository " + snapshot.repository.id.str(),
                snapshot.repository.owners,
                open || !snapshot.followers.empty(),
                open,
                {},
                true};
  for (const auto& follower : snapshot.followers) object.apps.push_back(follower.app);
  return object;
}

bool Owns(const model::User& user, const std::vector<UserId>& owners) {
  return user.admin || std::find(owners.begin(), owners.end(), user.id) != owners.end();
}

Status Authorize(const Caller& caller, const Demand& demand, const Object& object) {
  NS_TRY(AuthorizeUser(caller.user, demand.action, object));
  return caller.token ? AuthorizeToken(*caller.token, demand, object) : Status();
}

Result<Admitted> Admit(const ports::Store& store, const Caller& caller,
                       const google::protobuf::MethodDescriptor& method,
                       const google::protobuf::Message& message) {
  const Policy& policy = proto::PolicyOf(method);
  const Demand demand{ActionOf(policy.action()), ScopeOf(proto::ScopeOf(method)),
                      policy.limited_tokens()};
  if (policy.object() == Policy::NONE) {
    NS_TRY(Authorize(caller, demand, {}));
    return Admitted();
  }
  const std::string id = FieldOf(message, policy.id());
  if (!IsId(id))
    return InvalidField(policy.id(),
                        "must be an id of 22 lower-case hex characters, got " + model::Quoted(id));
  Admission admission(store, caller, demand);
  switch (policy.object()) {
    case Policy::REPOSITORY:
      return admission.Repository(id);
    case Policy::APPLICATION:
      return admission.App(id);
    default:  // an artifact has no id besides its build's
      return admission.Build(id);
  }
}

}  // namespace ns::api
