// An application of alice's with a build, for the tests of builds.
#pragma once

#include <string>
#include <vector>

#include "api/api_world.h"

namespace ns::api {

class BuildsWorld : public ApiWorld {
 protected:
  using Fields = std::vector<std::string>;

  void SetUp() override {
    app = MakeApp(Named("alice")).id();
    build = AddBuild(app);
  }
  void Append(const std::string& token, const std::string& text) {
    ports::BuildLogStore& logs = store.store().logs;
    const auto end = logs.Append(build, token, 0, "");
    ASSERT_TRUE(end.ok() && logs.Append(build, token, *end, text).ok());
  }
  void Settle(const std::string& token, model::BuildStatus status) {
    ASSERT_TRUE(store.store().builds.Settle(build, token, {status, Status(), {}, {}}).ok());
  }
  api_pb::Build Get() {
    return Call<api_pb::Build>(Named("bob"), "GetBuild", OfBuild(build.str())).value();
  }

  std::string app;
  BuildId build;
};

}  // namespace ns::api
