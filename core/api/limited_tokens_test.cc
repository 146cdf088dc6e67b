// Lists and streams of those whose token is limited to applications: nothing tells of others, nor
// how many there are.
#include <gmock/gmock.h>

#include <thread>

#include "api/api_world.h"
#include "api/resume_token.h"
#include "neoshowcase/platform/v1/queue.pb.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "neoshowcase/platform/v1/watch.pb.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;
using own_pb::WatchRequest;
using own_pb::WatchResponse;
using testing::ElementsAre;
using Texts = std::vector<std::string>;

// Applications "a" to "e", of which the token covers "b" and "d"; an admin's own.
class LimitedTokensTest : public ApiWorld {
 protected:
  void SetUp() override {
    repository = MakeRepository(Root());
    for (const std::string name : {"a", "b", "c", "d", "e"}) {
      auto in = NewApp(repository, name + ".apps.test");
      in.set_name(name);
      apps[name] = Call<api_pb::Application>(Root(), "CreateApplication", in).value().id();
    }
    limited = Limited({apps["b"], apps["d"]});
  }
  Peer Limited(const Texts& of) {
    own_pb::CreateTokenRequest in;
    in.set_name("ci");
    in.set_scope(own_pb::TOKEN_SCOPE_READ);
    for (const std::string& app : of) in.add_application_ids(app);
    const auto made = Parsed<own_pb::CreateTokenResponse>(
        Raw(Root(), "neoshowcase.platform.v1.TokenService/CreateToken", in.SerializeAsString()));
    return {false, 0, 0, "203.0.113.9", {{"authorization", "Bearer " + made.value().text()}}};
  }
  own_pb::ListApplicationsResponse Page(own_pb::ListApplicationsRequest in) {
    return Parsed<own_pb::ListApplicationsResponse>(
               Raw(limited, std::string(kApplicationService) + "ListApplications",
                   in.SerializeAsString()))
        .value();
  }
  own_pb::ListBuildQueueResponse Queue(const Peer& peer) {
    return Parsed<own_pb::ListBuildQueueResponse>(
               Raw(peer, std::string(kQueueService) + "ListBuildQueue", ""))
        .value();
  }
  Result<own_pb::ListEventsResponse> Events(const Peer& peer, const std::string& after,
                                            int limit = 1, const std::string& app = "") {
    own_pb::ListEventsRequest in;
    in.set_application_id(app);
    in.set_after(after);
    in.set_limit(limit);
    return Own<own_pb::ListEventsResponse>(
        peer, app.empty() ? "ListEvents" : "ListApplicationEvents", in);
  }
  Result<std::unique_ptr<Stream>> Watch(const Peer& peer, const WatchRequest& in = {}) {
    return dispatcher->Open({}, peer, std::string(kWatchService) + "Watch", in.SerializeAsString());
  }
  // What comes until the event of that application, or some seconds.
  std::vector<WatchResponse> Until(Stream& stream, const std::string& app) {
    std::vector<WatchResponse> out;
    for (int i = 0; i < 2000; ++i) {
      const auto piece = stream.Next({});
      EXPECT_TRUE(piece.ok()) << piece.status().ToString();
      if (!piece.ok()) break;
      for (const std::string& bytes : piece->messages) {
        EXPECT_TRUE(out.emplace_back().ParseFromString(bytes));
        if (AppOf(out.back()) == app) return out;
      }
      if (piece->messages.empty()) std::this_thread::sleep_for(2ms);
    }
    ADD_FAILURE() << "nothing of " << app;
    return out;
  }
  static std::string AppOf(const WatchResponse& message) {
    if (message.has_removed()) return message.removed().application_id();
    if (message.has_synced()) return "synced";
    return message.application().application().id();
  }
  static Texts AppsOf(const std::vector<WatchResponse>& messages) {
    Texts out;
    for (const WatchResponse& message : messages) out.push_back(AppOf(message));
    return out;
  }
  void Start(const std::string& name) {
    ASSERT_TRUE(Call(Root(), "StartApplication", OfApp(apps[name])).ok());
  }

  std::string repository;
  std::map<std::string, std::string> apps;  // ids by name
  Peer limited;
  std::jthread reader{[this](const std::stop_token& stop) { dispatcher->FollowEvents(stop); }};
};

TEST_F(LimitedTokensTest, ApplicationsAreListed_AsIfThereWereNoOthers) {
  own_pb::ListApplicationsRequest in;
  in.set_page_size(1);
  auto page = Page(in);
  ASSERT_EQ(page.applications_size(), 1);
  EXPECT_EQ(page.applications(0).application().id(), apps["b"]);
  ASSERT_NE(page.next_page_token(), "");
  in.set_page_token(page.next_page_token());
  page = Page(in);
  ASSERT_EQ(page.applications_size(), 1);
  EXPECT_EQ(page.applications(0).application().id(), apps["d"]);
  EXPECT_EQ(page.next_page_token(), "") << "that \"e\" comes behind it is not to be seen";
}

TEST_F(LimitedTokensTest, PlacesInTheQueue_AreThoseAmongItsOwn) {
  std::map<std::string, BuildId> builds;
  for (const std::string name : {"a", "b", "c", "d", "e"}) builds[name] = AddBuild(apps[name]);
  Claim(builds["a"]);
  const auto all = Queue(Root()), own = Queue(limited);
  EXPECT_EQ(all.queued_size(), 4);
  EXPECT_EQ(all.running_size(), 1);
  EXPECT_EQ(own.running_size(), 0);
  Texts seen;
  for (const auto& build : own.queued()) {
    EXPECT_EQ(build.place(), static_cast<int>(seen.size()) + 1);
    seen.push_back(build.application_name());
  }
  EXPECT_THAT(seen, testing::UnorderedElementsAre("b", "d"));
}

TEST_F(LimitedTokensTest, Events_AreThoseOfItsOwn_AsIfThereWereNoOthers) {
  Texts seen, places;
  for (std::string after; seen.empty() || seen.back() != "";) {
    const auto page = Events(limited, after).value();
    seen.push_back(page.events_size() == 0 ? "" : page.events(0).application_id());
    places.push_back(after = page.next());
  }
  EXPECT_THAT(seen, ElementsAre(apps["b"], apps["d"], ""));
  for (const std::string& place : places) EXPECT_EQ(place.size(), places[0].size());
  EXPECT_NE(places[1], places[2]) << "the same place looks different each time";
  Start("a");
  own_pb::ListEventsRequest newest;
  newest.set_newest(true);
  newest.set_limit(1);
  const auto last = Own<own_pb::ListEventsResponse>(limited, "ListEvents", newest).value();
  ASSERT_EQ(last.events_size(), 1);
  EXPECT_EQ(last.events(0).application_id(), apps["d"]);
  EXPECT_EQ(Events(limited, last.next())->events_size(), 0);
}

TEST_F(LimitedTokensTest, EventsOfOneApplication_GoOnFromASealedPlace) {
  const std::string next = Events(limited, "", 100, apps["b"])->next();
  EXPECT_FALSE(store.store().events.After({}, next, 1).ok()) << next;
  Start("a");
  Start("b");
  const auto page = Events(limited, next, 100, apps["b"]).value();
  ASSERT_EQ(page.events_size(), 1);
  EXPECT_EQ(page.events(0).kind(), "app.desired");
}

TEST_F(LimitedTokensTest, EventsThatAreAllGone_GiveNoPlace_AndTheNextIsTheFirst) {
  clock.Advance(2h);
  ASSERT_GT(store.store().retention.DropEvents(1h, 1000).value(), 0);
  own_pb::ListEventsRequest newest;
  newest.set_application_id(apps["b"]);
  newest.set_newest(true);
  const auto none =
      Own<own_pb::ListEventsResponse>(limited, "ListApplicationEvents", newest).value();
  EXPECT_EQ(none.events_size(), 0);
  EXPECT_EQ(none.next(), "");
  Start("b");
  const auto page = Events(limited, none.next(), 100, apps["b"]).value();
  ASSERT_EQ(page.events_size(), 1);
  EXPECT_EQ(page.events(0).kind(), "app.desired");
}

TEST_F(LimitedTokensTest, PlacesOfEvents_OfAnotherQuestionOrHistory_AreNone) {
  const std::string all = Events(limited, "")->next(),
                    of_b = Events(limited, "", 1, apps["b"])->next(),
                    open = Events(Root(), "")->next();
  const std::string watched = Until(*Watch(limited).value(), "synced").back().resume_token();
  const auto refused = [&](const Peer& peer, const std::string& after, const std::string& app) {
    return FieldsOf(Events(peer, after, 1, app).status()) == Texts{"after"};
  };
  for (const std::string& other : {of_b, open, watched, all + "x", std::string("2-")})
    EXPECT_TRUE(refused(limited, other, "")) << other;
  EXPECT_TRUE(refused(limited, all, apps["b"]));
  EXPECT_TRUE(refused(limited, of_b, apps["d"]));
  EXPECT_TRUE(refused(Root(), all, ""));
  EXPECT_TRUE(Events(limited, all).ok());
  EXPECT_TRUE(Events(limited, of_b, 1, apps["b"]).ok());
  ASSERT_EQ(store.store().deploys.RaiseEpoch(7), Status());
  EXPECT_TRUE(refused(limited, all, ""));
  EXPECT_TRUE(refused(limited, of_b, apps["b"]));
  EXPECT_TRUE(Events(limited, "").ok());
}

TEST_F(LimitedTokensTest, Watch_TellsOfItsOwnAlone) {
  auto stream = Watch(limited).value();
  EXPECT_THAT(AppsOf(Until(*stream, "synced")), ElementsAre(apps["b"], apps["d"], "synced"));
  Start("a");
  Start("b");
  Start("c");
  EXPECT_THAT(AppsOf(Until(*stream, apps["b"])), ElementsAre(apps["b"]));
  ASSERT_TRUE(Call(Root(), "DeleteApplication", OfApp(apps["e"])).ok());
  ASSERT_TRUE(Call(Root(), "DeleteApplication", OfApp(apps["d"])).ok());
  const auto last = Until(*stream, apps["d"]);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_TRUE(last[0].has_removed());
}

TEST_F(LimitedTokensTest, Watch_TellsOfNoRepository_NotEvenOfItsOwners) {
  auto stream = Watch(limited).value();
  Until(*stream, "synced");
  ASSERT_TRUE(
      store.store()
          .events
          .SetConditions(model::Subject::kRepository, repository,
                         {{.type = "Fetch", .reason = "RemoteUnreachable", .message = "no route"}})
          .ok());
  ASSERT_TRUE(Call(Root(), "DeleteApplication", OfApp(apps["d"])).ok());
  std::vector<WatchResponse> told;
  while (told.empty() || !told.back().has_removed()) {
    for (auto& message : Until(*stream, apps["d"])) told.push_back(std::move(message));
    ASSERT_FALSE(HasFailure());
  }
  for (const WatchResponse& message : told) EXPECT_FALSE(message.has_repository());
}

TEST_F(LimitedTokensTest, Watch_ForOthersByName_IsAsForThoseThatAreNot) {
  WatchRequest in;
  in.add_application_ids(apps["a"]);
  in.add_application_ids(std::string(22, '0'));
  auto stream = Watch(limited, in).value();
  EXPECT_THAT(AppsOf(Until(*stream, "synced")), ElementsAre("synced"));
}

TEST_F(LimitedTokensTest, ResumeToken_GoesOnAndTellsNothing) {
  WatchRequest in;
  in.set_without_initial(true);
  in.set_resume_token(Until(*Watch(limited, in).value(), "synced").back().resume_token());
  EXPECT_FALSE(ResumeTokens().Read(in.resume_token()));
  Start("a");
  Start("b");
  Texts tokens;
  for (int i = 0; i < 2; ++i) {
    const auto got = Until(*Watch(limited, in).value(), apps["b"]);
    EXPECT_THAT(AppsOf(got), ElementsAre(apps["b"]));
    tokens.push_back(got.back().resume_token());
  }
  EXPECT_NE(tokens[0], tokens[1]) << "the same place looks different each time";
  EXPECT_EQ(tokens[0].size(), in.resume_token().size());
}

TEST_F(LimitedTokensTest, ResumeToken_OfTheOtherForm_IsNone) {
  WatchRequest in;
  in.set_without_initial(true);
  const std::string open = Until(*Watch(Root(), in).value(), "synced").back().resume_token();
  const std::string sealed = Until(*Watch(limited, in).value(), "synced").back().resume_token();
  ASSERT_TRUE(ResumeTokens().Read(open)) << open;
  for (const auto& [peer, token] : {std::pair(limited, open),
                                    {Root(), sealed},
                                    {limited, sealed + "x"},
                                    {limited, "2-" + sealed.substr(8)},
                                    {limited, std::string("2-")}}) {
    in.set_resume_token(token);
    EXPECT_EQ(FieldsOf(Watch(peer, in).status()), Texts{"resume_token"}) << token;
  }
}

TEST(ResumeTokens, LengthTellsNothingOfAPlace) {
  const ResumeTokens tokens(Secret(std::string(32, 'k')), "watch");
  const std::string small = tokens.Write({1, "7.1"}), large = tokens.Write({12, "123456789.12"});
  EXPECT_EQ(small.size(), large.size());
  EXPECT_EQ(tokens.Read(small), (ResumePoint{1, "7.1"}));
  EXPECT_EQ(tokens.Read(large), (ResumePoint{12, "123456789.12"}));
  EXPECT_EQ(tokens.Write({1, ""}), "");
  EXPECT_EQ(ResumeTokens(Secret(std::string(32, 'x')), "watch").Read(small), std::nullopt);
  EXPECT_EQ(ResumeTokens(Secret(std::string(32, 'k')), "events").Read(small), std::nullopt);
}

}  // namespace
}  // namespace ns::api
