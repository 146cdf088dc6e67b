// Values of variables, and of the keys that people log in with.
#pragma once

#include <string>
#include <vector>

#include "api/testing/hostile_calls.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "neoshowcase/platform/v1/platform.pb.h"

namespace ns::api::hostile {

namespace own = neoshowcase::platform::v1;

class VariableWays {
 public:
  explicit VariableWays(Calls& calls) : calls_(calls) {}

  // `part`: "key" or "value".
  std::vector<Way> Of(const std::string& part) {
    return {Set<pb::SetApplicationEnvVarRequest>("SetEnvVar", part),
            Set<own::SetEnvRequest>(std::string(kPlatformService) + "SetEnv", part),
            SetInForm(part)};
  }

 private:
  static constexpr char kKey[] = "KEY";

  template <class Variable>
  static void Put(const std::string& part, const std::string& value, Variable& variable) {
    variable.set_key(part == "key" ? value : kKey);
    variable.set_value(part == "key" ? "" : value);
  }
  pb::ApplicationEnvVars All() {
    pb::ApplicationIdRequest in;
    in.set_id(calls_.app);
    return calls_.Done<pb::ApplicationEnvVars>("GetEnvVars", in);
  }
  std::function<std::string()> Kept(const std::string& part) {
    return [this, part] {
      const auto all = All();
      return part == "key" ? all.variables(0).key() : all.variables(0).value();
    };
  }
  std::function<void()> Delete() {
    return [this] {
      pb::DeleteApplicationEnvVarRequest in;
      in.set_application_id(calls_.app);
      in.set_key(All().variables(0).key());
      calls_.Do("DeleteEnvVar", in);
    };
  }

  template <class In>
  Way Set(const std::string& method, const std::string& part) {
    return {method, part,
            [this, part](const std::string& value) {
              In in;
              in.set_application_id(calls_.app);
              Put(part, value, in);
              return in.SerializeAsString();
            },
            Kept(part), Delete()};
  }

  Way SetInForm(const std::string& part) {
    return {std::string(kApplicationService) + "UpdateApplication", "form.env[0]." + part,
            [this, part](const std::string& value) {
              own::UpdateApplicationRequest in;
              in.set_application_id(calls_.app);
              Put(part, value, *in.mutable_form()->add_env());
              return in.SerializeAsString();
            },
            Kept(part), Delete()};
  }

  Calls& calls_;
};

class KeyWays {
 public:
  explicit KeyWays(Calls& calls) : calls_(calls) {}

  std::vector<Way> Of() {
    return {{"CreateUserKey", "public_key",
             [](const std::string& value) {
               pb::CreateUserKeyRequest in;
               in.set_name("laptop");
               in.set_public_key(value);
               return in.SerializeAsString();
             },
             [this] { return Newest().public_key(); },
             [this] {
               pb::DeleteUserKeyRequest in;
               in.set_key_id(Newest().id());
               calls_.Do("DeleteUserKey", in);
             }}};
  }

 private:
  pb::UserKey Newest() {
    const auto all = calls_.Done<pb::GetUserKeysResponse>("GetUserKeys", google::protobuf::Empty());
    return all.keys(all.keys_size() - 1);
  }

  Calls& calls_;
};

}  // namespace ns::api::hostile
