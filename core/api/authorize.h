// Who may do what: the one function that decides, and the loading of what it decides about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/application.h"
#include "model/build.h"
#include "model/repository.h"
#include "model/user.h"
#include "ports/store.h"

namespace google::protobuf {
class Message;
}
namespace neoshowcase::policy::v1 {
class Policy;
}

namespace ns::api {

enum class Action { kAny, kSee, kUse, kOwn, kAdmin };

// What a policy needs to know of the thing that a call is about.
struct Object {
  std::string name;  // "application 0123...", for messages
  std::vector<UserId> owners;
  bool everyone_sees = false;
  bool everyone_uses = false;
};

bool Owns(const model::User& user, const std::vector<UserId>& owners);

// Admins may do everything. kDenied for what the user may know of, kNotFound for what they may not.
Status Authorize(const model::User& user, Action action, const Object& object);

// What was loaded to authorise a call; handlers need not load it again.
struct Admitted {
  std::optional<model::Repository> repository;  // with credentials
  std::optional<model::Application> app;        // with env; maybe a tombstone
  std::optional<model::Build> build;
};

// Loads what `message` names as `policy` says, and authorises. kInvalid with the field for what is
// no id, kNotFound.
Result<Admitted> Admit(const ports::Store& store, const model::User& user,
                       const neoshowcase::policy::v1::Policy& policy,
                       const google::protobuf::Message& message);

}  // namespace ns::api
