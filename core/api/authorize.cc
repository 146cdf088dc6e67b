#include "api/authorize.h"

#include <algorithm>

#include "api/problem.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "neoshowcase/policy/v1/policy.pb.h"

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
             ? Absent({std::string(kind) + " " + id, {}, false, false})
             : failure;
}

class Admission {
 public:
  Admission(const ports::Store& store, const model::User& user, Action action)
      : store_(store), user_(user), action_(action) {}

  Result<Admitted> Repository(const std::string& id) {
    const auto snapshot = store_.repositories.Snapshot(RepositoryId(id));
    if (!snapshot.ok()) return Named(snapshot.status(), "repository", id);
    Admitted admitted;
    admitted.repository = snapshot->repository;
    const bool open = snapshot->repository.credentials.method == model::GitAuth::kNone;
    const Object object{"repository " + id, snapshot->repository.owners,
                        open || !snapshot->followers.empty(), open};
    NS_TRY(Authorize(user_, action_, object));
    return admitted;
  }

  Result<Admitted> App(const std::string& id) {
    auto app = store_.apps.Get(AppId(id));
    if (!app.ok()) return Named(app.status(), "application", id);
    NS_TRY(Authorize(user_, action_, {"application " + id, app->owners, true, false}));
    Admitted admitted;
    admitted.app = std::move(*app);
    return admitted;
  }

  Result<Admitted> Build(const std::string& id) {
    auto build = store_.builds.Get(BuildId(id));
    if (!build.ok()) return Named(build.status(), "build", id);
    auto app = store_.apps.Get(build->app);
    if (!app.ok()) return Named(app.status(), "build", id);
    NS_TRY(Authorize(user_, action_, {"build " + id, app->owners, true, false}));
    Admitted admitted;
    admitted.app = std::move(*app);
    admitted.build = std::move(*build);
    return admitted;
  }

 private:
  const ports::Store& store_;
  const model::User& user_;
  const Action action_;
};

std::string FieldOf(const google::protobuf::Message& message, const std::string& name) {
  return message.GetReflection()->GetString(message,
                                            message.GetDescriptor()->FindFieldByName(name));
}

}  // namespace

bool Owns(const model::User& user, const std::vector<UserId>& owners) {
  return user.admin || std::find(owners.begin(), owners.end(), user.id) != owners.end();
}

Status Authorize(const model::User& user, Action action, const Object& object) {
  if (action == Action::kAny || Owns(user, object.owners)) return Status();
  if (action == Action::kAdmin) return {Code::kDenied, "NotAllowed", "only admins may do this"};
  if (!object.everyone_sees && !object.everyone_uses) return Absent(object);
  if (action == Action::kSee || (action == Action::kUse && object.everyone_uses)) return Status();
  return Denied(object, "its owners and admins");
}

Result<Admitted> Admit(const ports::Store& store, const model::User& user, const Policy& policy,
                       const google::protobuf::Message& message) {
  const Action action = ActionOf(policy.action());
  if (policy.object() == Policy::NONE) {
    NS_TRY(Authorize(user, action, {}));
    return Admitted();
  }
  const std::string id = FieldOf(message, policy.id());
  if (!IsId(id))
    return InvalidField(policy.id(),
                        "must be an id of 22 lower-case hex characters, got " + model::Quoted(id));
  Admission admission(store, user, action);
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
