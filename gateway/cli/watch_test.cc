#include <gmock/gmock.h>

#include "neoshowcase/platform/v1/watch.pb.h"
#include "testing/program_run.h"

namespace ns::cli {
namespace {

using platform::WatchRequest;
using platform::WatchResponse;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

WatchResponse Change(const std::string& name, platform::ApplicationStatus::State state,
                     const std::string& token, const std::string& kind = "") {
  WatchResponse message;
  message.set_resume_token(token);
  auto& change = *message.mutable_application();
  change.set_initial(kind.empty());
  change.mutable_application()->set_id(std::string(22, name[0]));
  change.mutable_application()->mutable_form()->set_name(name);
  change.mutable_status()->set_state(state);
  change.mutable_status()->set_summary("as said");
  if (!kind.empty()) change.add_events()->set_kind(kind);
  return message;
}

WatchResponse Removed(const std::string& name, const std::string& token) {
  WatchResponse message;
  message.set_resume_token(token);
  message.mutable_removed()->set_application_id(std::string(22, name[0]));
  return message;
}

using WatchTest = ProgramRun;

TEST_F(WatchTest, RepositoryThatCannotBeRead_IsALine) {
  server_.On("Watch", [&](const std::string&) {
    WatchResponse message;
    message.set_resume_token("7");
    auto& change = *message.mutable_repository();
    change.set_name("shop");
    change.add_events()->set_kind("condition.changed");
    auto* condition = change.mutable_status()->add_conditions();
    condition->set_message("no route");
    return Stream<WatchResponse>({message});
  });
  EXPECT_EQ(Run({"watch"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("shop                  unreadable  repository: no route  "
                              "[condition.changed]\n"));
}

TEST_F(WatchTest, ShowsLines_AndGoesOnBehindTheLastToken) {
  std::vector<std::string> tokens;
  server_.On("Watch", [&](const std::string& body) {
    WatchRequest asked;
    asked.ParseFromString(body);
    EXPECT_TRUE(asked.mine());
    tokens.push_back(asked.resume_token());
    if (tokens.size() == 1)
      return Stream<WatchResponse>(
          {Change("shop", platform::ApplicationStatus::LIVE, ""),
           Change("shop", platform::ApplicationStatus::BUILDING, "7", "build.queued")},
          End::kCut);
    return Stream<WatchResponse>({Removed("shop", "8")});
  });
  EXPECT_EQ(Run({"watch", "--mine"}), 0) << err_;
  EXPECT_EQ(tokens, (std::vector<std::string>{"", "7"}));
  EXPECT_THAT(out_, AllOf(HasSubstr("shop                  live       as said\n"),
                          HasSubstr("building   as said  [build.queued]\n"),
                          HasSubstr("shop                  gone\n")));
}

TEST_F(WatchTest, TokenThatIsTooOld_BeginsAnew) {
  int calls = 0;
  server_.On("Watch", [&](const std::string& body) {
    WatchRequest asked;
    asked.ParseFromString(body);
    switch (++calls) {
      case 1:
        return Stream<WatchResponse>({Change("a", platform::ApplicationStatus::LIVE, "old", "x")},
                                     End::kCut);
      case 2: {
        EXPECT_EQ(asked.resume_token(), "old");
        Reply reply;
        reply.body = EndOfStream(
            R"({"error":{"code":"failed_precondition","message":"resume_token: gone"}})");
        return reply;
      }
      default:
        EXPECT_EQ(asked.resume_token(), "");
        return Stream<WatchResponse>({Change("b", platform::ApplicationStatus::LIVE, "new", "x")});
    }
  });
  EXPECT_EQ(Run({"watch", "--json"}), 0) << err_;
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(err_, HasSubstr("beginning anew"));
  EXPECT_THAT(out_, AllOf(HasSubstr("\"resumeToken\":\"old\""),
                          HasSubstr("\"resumeToken\":\"new\""), Not(HasSubstr("\n\n"))));
}

}  // namespace
}  // namespace ns::cli
