// Runs the program in this process against a server of the test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "context.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "program.h"
#include "testing/api_server.h"

namespace ns::cli {

class ProgramRun : public ::testing::Test {
 protected:
  // The exit code; what it printed is in `out_` and `err_`.
  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"ns", "--server", server_.unix_address()});
    return RunPlain(words);
  }
  // With all of its words.
  int RunPlain(const std::vector<std::string>& words) {
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit = RunProgram(static_cast<int>(argv.size()), argv.data());
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return exit;
  }
  // One application "shop", a1, of the repository "shop", r1; the caller is alice, u1.
  void OfferShop() {
    auto& app = *apps_.add_applications();
    app.set_id("a1"), app.set_name("shop"), app.set_repository_id("r1"), app.set_ref_name("main");
    app.set_running(true);
    app.add_owner_ids("u1");
    app.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("Dockerfile");
    server_.On("GetApplications", apps_);
    auto& repo = *repos_.add_repositories();
    repo.set_id("r1"), repo.set_name("shop"), repo.set_url("http://git.test/shop.git");
    repo.add_owner_ids("u1");
    server_.On("GetRepositories", repos_);
    auto& user = *users_.add_users();
    user.set_id("u1"), user.set_name("alice");
    server_.On("GetUsers", users_);
    server_.On("GetMe", user);
    server_.On("ListEnv", env_);
    own_.set_id("a1"), own_.set_repository_id("r1"), own_.set_etag("7"), own_.set_running(true);
    auto& form = *own_.mutable_form();
    form.set_name("shop"), form.set_ref_name("main"), form.add_owner_ids("u1");
    form.mutable_build()->set_method("runtime-dockerfile");
    form.mutable_build()->set_settings(R"({"dockerfile_name":"Dockerfile"})");
    form.mutable_run();
    server_.On("GetApplication", own_);
  }

  ApiServer server_;
  api::GetApplicationsResponse apps_;
  api::GetRepositoriesResponse repos_;
  api::GetUsersResponse users_;
  platform::ListEnvResponse env_;
  platform::Application own_;  // "shop" as the ApplicationService shows it
  std::string out_, err_;
};

}  // namespace ns::cli
