// Runs the program against a server with one application that is live.
#pragma once

#include <string>

#include "testing/program_run.h"

namespace ns::cli {

class StatusRun : public ProgramRun {
 protected:
  StatusRun() {
    auto& app = *apps_.add_applications();
    app.set_id("0123456789abcdef012345");
    app.set_name("shop");
    app.set_ref_name("main");
    app.set_running(true);
    app.set_repository_id("r1");
    server_.On("GetApplications", apps_);
    auto& repo = *repos_.add_repositories();
    repo.set_id("r1");
    repo.set_name("shop");
    repo.set_url("http://git.test/shop.git");
    server_.On("GetRepositories", repos_);
    status_.set_application_id(apps_.applications(0).id());
    status_.set_name("shop");
    status_.set_summary("commit 37cacd29 is live");
    status_.set_state(platform::ApplicationStatus::LIVE);
    status_.set_settled(true);
    status_.set_ok(true);
    status_.set_wanted_commit(kCommit);
    status_.add_urls("http://shop.test/");
    server_.On("GetApplicationStatus", status_);
  }

  static constexpr const char* kCommit = "37cacd292c1f80a5942b97a99389af354f16799b";
  platform::ApplicationStatus status_;
};

}  // namespace ns::cli
