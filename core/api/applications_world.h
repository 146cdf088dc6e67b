// A repository of alice's, for the tests of applications.
#pragma once

#include <string>
#include <vector>

#include "api/api_world.h"

namespace ns::api {

class ApplicationsWorld : public ApiWorld {
 protected:
  using Fields = std::vector<std::string>;

  void SetUp() override { repository = MakeRepository(Named("alice")); }
  api_pb::Application Create() {
    return Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository))
        .value();
  }
  api_pb::Application Get(const std::string& id) {
    return Call<api_pb::Application>(Named("bob"), "GetApplication", OfApp(id)).value();
  }
  static api_pb::UpdateApplicationRequest Update(const std::string& id) {
    api_pb::UpdateApplicationRequest in;
    in.set_id(id);
    return in;
  }

  std::string repository;
};

}  // namespace ns::api
