// Who may do what: the one function that decides, and the loading of what it decides about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/caller.h"
#include "model/application.h"
#include "model/build.h"
#include "model/repository.h"
#include "model/snapshot.h"
#include "model/user.h"
#include "ports/store.h"

namespace google::protobuf {
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace ns::api {

enum class Action { kAny, kSee, kUse, kOwn, kAdmin };

// What a method asks of its caller.
struct Demand {
  Action action = Action::kAdmin;
  model::TokenScope scope = model::TokenScope::kAdmin;  // at least, of a token
  bool limited_tokens = false;  // where there is no object: one that is limited is enough
};

// What a policy needs to know of the thing that a call is about.
struct Object {
  std::string name;  // "application 0123...", for messages; empty: the call is about none
  std::vector<UserId> owners;
  bool everyone_sees = false;
  bool everyone_uses = false;
  std::vector<AppId> apps{};  // that it is, belongs to, or is the source of
  bool shared = false;        // with other applications than these, now or later
};

Object ObjectOf(const model::RepositorySnapshot& snapshot);

bool Owns(const model::User& user, const std::vector<UserId>& owners);

// The one decision: what the user may, and of that what their token allows. Admins may do
// everything. kDenied for what the user may know of, kNotFound for what they may not. A limited
// token reaches its applications, and looks at and refreshes repositories that they come from.
Status Authorize(const Caller& caller, const Demand& demand, const Object& object);

// What was loaded to authorise a call; handlers need not load it again.
struct Admitted {
  std::optional<model::Repository> repository;  // with credentials
  std::optional<model::Application> app;        // with env; maybe a tombstone
  std::optional<model::Build> build;
};

// Loads what `message` names as the policy of `method` says, and authorises. kInvalid with the
// field for what is no id, kNotFound.
Result<Admitted> Admit(const ports::Store& store, const Caller& caller,
                       const google::protobuf::MethodDescriptor& method,
                       const google::protobuf::Message& message);

}  // namespace ns::api
