#include <gmock/gmock.h>

#include "api/api_world.h"

namespace ns::api {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class EventsTest : public ApiWorld {
 protected:
  void SetUp() override { app = MakeApp(Named("alice")); }
  Result<own_pb::ListEventsResponse> List(const char* who, const char* method,
                                          const std::string& after = "", bool newest = false,
                                          int limit = 0) {
    own_pb::ListEventsRequest in;
    if (std::string(method) == "ListApplicationEvents") in.set_application_id(app.id());
    in.set_after(after);
    in.set_newest(newest);
    in.set_limit(limit);
    return Own<own_pb::ListEventsResponse>(Named(who), method, in);
  }
  static std::vector<std::string> KindsOf(const own_pb::ListEventsResponse& page) {
    std::vector<std::string> kinds;
    for (const auto& event : page.events()) kinds.push_back(event.kind());
    return kinds;
  }
  api_pb::Application app;
};

TEST_F(EventsTest, OfAnApplication_TellWhoDidWhat) {
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  const BuildId build = AddBuild(app.id());
  ASSERT_TRUE(Call(Named("alice"), "CancelBuild", OfBuild(build.str())).ok());
  const auto page = List("alice", "ListApplicationEvents").value();
  EXPECT_THAT(KindsOf(page),
              ElementsAre("app.created", "app.desired", "build.queued", "build.cancelled"));
  EXPECT_EQ(page.events(0).actor(), "alice");
  EXPECT_EQ(page.events(1).reason(), "Running");
  EXPECT_EQ(page.events(2).actor(), "platform");
  EXPECT_EQ(page.events(2).subject(), "build");
  EXPECT_EQ(page.events(2).application_id(), app.id());
  EXPECT_EQ(page.events(3).actor(), "alice");
  EXPECT_EQ(List("bob", "ListApplicationEvents").status().code(), Code::kDenied);
}

TEST_F(EventsTest, Followed_GoOnWhereTheyEnded) {
  auto page = List("alice", "ListApplicationEvents", "", true).value();
  EXPECT_THAT(KindsOf(page), ElementsAre("app.created"));
  const std::string next = page.next();
  EXPECT_THAT(KindsOf(List("alice", "ListApplicationEvents", next).value()), ElementsAre());
  EXPECT_EQ(List("alice", "ListApplicationEvents", next)->next(), next);
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  EXPECT_THAT(KindsOf(List("alice", "ListApplicationEvents", next).value()),
              ElementsAre("app.desired"));
  EXPECT_THAT(KindsOf(List("alice", "ListApplicationEvents", "", true, 1).value()),
              ElementsAre("app.desired"));
}

TEST_F(EventsTest, OfEverything_AreThoseOfWhatOneOwns) {
  EXPECT_THAT(KindsOf(List("alice", "ListEvents").value()),
              ElementsAre("repository.created", "app.created"));
  const auto of_bob = List("bob", "ListEvents").value();
  EXPECT_THAT(KindsOf(of_bob), ElementsAre());
  EXPECT_EQ(of_bob.next(), List("alice", "ListEvents")->next()) << "left out, and passed";
  const auto of_root =
      Own<own_pb::ListEventsResponse>(Root(), "ListEvents", own_pb::ListEventsRequest()).value();
  EXPECT_THAT(KindsOf(of_root), Contains("app.created"));
}

TEST_F(EventsTest, WrongQuestions_NameTheField) {
  EXPECT_THAT(FieldsOf(List("alice", "ListEvents", "nonsense").status()), ElementsAre("after"));
  EXPECT_THAT(FieldsOf(List("alice", "ListEvents", "1", true).status()), ElementsAre("after"));
  EXPECT_THAT(FieldsOf(List("alice", "ListEvents", "", false, 1001).status()),
              ElementsAre("limit"));
  own_pb::ListEventsRequest in;
  in.set_application_id(app.id());
  EXPECT_THAT(FieldsOf(Own(Named("alice"), "ListEvents", in).status()),
              ElementsAre("application_id"));
}

}  // namespace
}  // namespace ns::api
