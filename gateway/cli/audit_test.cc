#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context.h"
#include "neoshowcase/platform/v1/audit.pb.h"
#include "program.h"
#include "testing/api_server.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    auto& app = *apps_.add_applications();
    app.set_id("0123456789abcdef012345");
    app.set_name("shop");
    server_.On("GetApplications", apps_);
    auto& event = *page_.add_events();
    event.mutable_at()->set_seconds(1);
    event.set_user_name("ali\033ce");
    event.set_via("proxy");
    event.set_address("192.0.2.7");
    event.set_method("neoshowcase.protobuf.APIService/SetEnvVar");
    event.set_object_id("0123456789abcdef012345");
    event.set_outcome("permission_denied");
    event.set_reason("NotAllowed");
    page_.set_next("7");
    server_.On("ListAuditEvents", [&](const std::string& body) {
      asked_.emplace_back().ParseFromString(body);
      return Ok(page_);
    });
  }

  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"ns", "--server", server_.unix_address()});
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int exit = RunProgram(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return exit;
  }

  ApiServer server_;
  api::GetApplicationsResponse apps_;
  platform::ListAuditEventsResponse page_;
  std::vector<platform::ListAuditEventsRequest> asked_;
  std::string out_, err_;
};

TEST_F(AuditTest, Events_AreATableOfWhoAskedForWhat) {
  EXPECT_EQ(Run({"audit", "shop", "--user", "alice", "--since", "36h", "-n", "2"}), 0);
  EXPECT_THAT(out_, HasSubstr("1970-01-01T00:00:01Z  ali ce  proxy  192.0.2.7  SetEnvVar  "
                              "0123456789abcdef012345  permission_denied NotAllowed\n"));
  ASSERT_EQ(asked_.size(), 2U) << "a page goes on behind the one before";
  EXPECT_EQ(asked_[0].object(), "0123456789abcdef012345");
  EXPECT_EQ(asked_[0].user(), "alice");
  EXPECT_EQ(asked_[0].limit(), 2);
  EXPECT_GT(asked_[0].since().seconds(), 1600000000);
  EXPECT_EQ(asked_[1].before(), "7");
  EXPECT_EQ(asked_[1].limit(), 1);
}

TEST_F(AuditTest, Json_IsThatOfTheApi) {
  EXPECT_EQ(Run({"audit", "-n", "1", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"reason\": \"NotAllowed\""));
  EXPECT_EQ(asked_.at(0).object(), "");
}

TEST_F(AuditTest, SinceThatIsNoSpan_IsWrongUse) {
  for (const char* since : {"yesterday", "5", "0m", "-1h", "1w", "h"}) {
    EXPECT_EQ(Run({"audit", "--since", since}), 2) << since;
    EXPECT_THAT(err_, HasSubstr("--since")) << since;
  }
}

}  // namespace
}  // namespace ns::cli
