// Releases, pins, and what led to them, against a real HTTP server.
#include <gmock/gmock.h>

#include "testing/status_run.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;

class ReleaseTest : public StatusRun {};

TEST_F(ReleaseTest, Rollback_SaysWhatItDidAndHowToUndoIt) {
  platform::RollbackResponse done;
  done.mutable_release()->set_id("11");
  done.mutable_release()->set_commit(kCommit);
  done.mutable_before()->set_id("22");
  platform::RollbackRequest asked;
  server_.On("Rollback", [&](const std::string& body) {
    asked.ParseFromString(body);
    return Ok(done);
  });
  EXPECT_EQ(Run({"rollback", "shop"}), 0) << err_;
  EXPECT_EQ(asked.release_id(), "");
  EXPECT_THAT(out_, HasSubstr("shop goes back to release 11 (commit 37cacd29"));
  EXPECT_THAT(out_, HasSubstr("`ns unpin shop` lets it follow main again"));
  EXPECT_THAT(out_, HasSubstr("`ns rollback shop 22`"));
  EXPECT_EQ(Run({"rollback", "shop", "11", "--wait"}), 0) << err_;
  EXPECT_EQ(asked.release_id(), "11");
  EXPECT_THAT(out_, HasSubstr("shop runs release 11"));
  EXPECT_EQ(Run({"rollback", "shop", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"before\": "));
  server_.On("Rollback", [](const std::string&) {
    return Refusal(400, "failed_precondition", "release_id: there is no release before it");
  });
  EXPECT_EQ(Run({"rollback", "shop"}), 1);
  EXPECT_THAT(err_, HasSubstr("there is no release before it"));
}

TEST_F(ReleaseTest, Unpin_SaysWhetherItWasPinned) {
  platform::UnpinResponse done;
  server_.On("Unpin", done);
  EXPECT_EQ(Run({"unpin", "shop"}), 0);
  EXPECT_EQ(out_, "shop was not pinned; it follows main.\n");
  done.set_was_pinned(true);
  server_.On("Unpin", done);
  EXPECT_EQ(Run({"unpin", "shop", "--wait"}), 0);
  EXPECT_EQ(out_, "shop follows main again.\n");
}

TEST_F(ReleaseTest, Releases_AreATableWithWhatEachIs) {
  platform::ListReleasesResponse all;
  auto& one = *all.add_releases();
  one.set_id("11");
  one.set_current(true);
  one.set_pinned(true);
  one.set_command("serve --port 80");
  all.add_releases()->set_image_gone(true);
  server_.On("ListReleases", all);
  EXPECT_EQ(Run({"app", "releases", "shop"}), 0);
  EXPECT_THAT(out_, HasSubstr("current pinned"));
  EXPECT_THAT(out_, HasSubstr("gone"));
  EXPECT_THAT(out_, HasSubstr("serve --port 80"));
}

TEST_F(ReleaseTest, Why_IsTheChainWithItsCause) {
  platform::Explanation why;
  auto& first = *why.add_links();
  first.set_name("desired");
  first.set_wanted("running");
  first.set_is("running");
  first.set_ok(true);
  server_.On("ExplainApplication", why);
  EXPECT_EQ(Run({"status", "--why", "shop"}), 0);
  EXPECT_THAT(out_, HasSubstr("ok  desired  running  running"));
  EXPECT_THAT(out_, HasSubstr("shop is as its owner wants it."));
  auto& cause = *why.add_links();
  cause.set_name("build");
  cause.set_cause(true);
  cause.set_reason("CommandFailed");
  cause.set_message("make: no\033 rule");
  server_.On("ExplainApplication", why);
  EXPECT_EQ(Run({"status", "shop", "--why"}), 0);
  EXPECT_THAT(out_, HasSubstr("->  build"));
  EXPECT_THAT(out_, HasSubstr("The cause is at build: make: no  rule (CommandFailed)"));
  EXPECT_EQ(Run({"status", "shop", "--why", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"cause\": true"));
  EXPECT_EQ(Run({"status", "shop", "--why", "--wait"}), 2);
}

TEST_F(ReleaseTest, Events_AreLinesOfOneOrOfAll) {
  platform::ListEventsResponse page;
  auto& event = *page.add_events();
  event.mutable_at()->set_seconds(1);
  event.set_actor("alice");
  event.set_kind("app.pinned");
  event.set_subject_id("a1");
  event.set_data("{\"release\":\"11\"}");
  platform::ListEventsRequest asked;
  for (const char* method : {"ListEvents", "ListApplicationEvents"}) {
    server_.On(method, [&](const std::string& body) {
      asked.ParseFromString(body);
      return Ok(page);
    });
  }
  EXPECT_EQ(Run({"events", "-n", "7"}), 0);
  EXPECT_EQ(out_,
            "1970-01-01T00:00:01Z  alice         app.pinned          a1  {\"release\":\"11\"}\n");
  EXPECT_TRUE(asked.newest());
  EXPECT_EQ(asked.limit(), 7);
  EXPECT_EQ(Run({"events", "shop", "--json"}), 0);
  EXPECT_EQ(asked.application_id(), "0123456789abcdef012345");
  EXPECT_THAT(out_, HasSubstr("\"kind\":\"app.pinned\""));
}

TEST_F(ReleaseTest, Events_FollowedGoOnFromTheirEnd) {
  platform::ListEventsResponse page;
  page.set_next("5.7");
  std::vector<platform::ListEventsRequest> asked;
  server_.On("ListEvents", [&](const std::string& body) {
    asked.emplace_back().ParseFromString(body);
    if (asked.size() == 2) return Refusal(503, "unavailable", "it is replaced");
    return asked.size() < 4 ? Ok(page) : Refusal(403, "permission_denied", "enough");
  });
  EXPECT_EQ(Run({"events", "-f"}), 4);
  EXPECT_THAT(err_, HasSubstr("broke off; going on from there"));
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_FALSE(asked[1].newest());
  EXPECT_EQ(asked[1].after(), "5.7");
  EXPECT_EQ(asked[2].after(), "5.7") << "what nobody answered is asked for again";
}

TEST_F(ReleaseTest, Pinned_IsShownAndHoldsBackADeploy) {
  status_.mutable_pin()->set_release_id("11");
  status_.mutable_pin()->set_holds_back(true);
  status_.set_live_commit(std::string(40, 'b'));
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"status", "shop"}), 0);
  EXPECT_THAT(out_,
              HasSubstr("to release 11; what was pushed or set since waits for `ns unpin shop`"));
  server_.On("GetApplication", platform::Application());
  server_.On("UpdateApplication", platform::UpdateApplicationResponse());
  EXPECT_EQ(Run({"env", "set", "shop", "KEY=v", "--wait"}), 0);
  EXPECT_THAT(out_, HasSubstr("counts from `ns unpin shop` on"));
  platform::Suggestion suggestion;
  suggestion.set_ref_name("main");
  suggestion.set_commit(kCommit);
  server_.On("SuggestApplication", suggestion);
  server_.On("RefreshRepository", google::protobuf::Empty());
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git", "--ref", "main"}), 1);
  EXPECT_THAT(
      err_,
      HasSubstr("shop is pinned to a release of commit bbbbbbbb, so 37cacd29 does not go live"));
}

}  // namespace
}  // namespace ns::cli
