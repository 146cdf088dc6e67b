#include "api/watch_world.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(WatchTest, WhatIsThere_ThenAMarker_ThenWhatChanges) {
  const auto one = MakeNamed(Named("alice"), "one"), two = MakeNamed(Named("alice"), "two");
  auto stream = Open(Named("alice"), {}).value();
  const auto there = Until(*stream, Synced);
  ASSERT_EQ(there.size(), 3u);
  EXPECT_TRUE(there[0].application().initial());
  EXPECT_EQ(there[0].resume_token(), "");
  EXPECT_EQ(there[0].application().application().form().name(), "one");
  EXPECT_EQ(there[0].application().status().state(), own_pb::ApplicationStatus::STOPPED);
  EXPECT_THAT(there[0].application().events(), IsEmpty());
  EXPECT_NE(there[2].resume_token(), "");

  Start(Named("alice"), two.id());
  const auto changed = Until(*stream, [](const auto& got) { return !got.empty(); });
  EXPECT_THAT(KindsOf(changed[0]), ElementsAre("app.desired"));
  EXPECT_EQ(changed[0].application().events(0).actor(), "alice");
  EXPECT_TRUE(changed[0].application().application().running());
  EXPECT_FALSE(changed[0].application().initial());
}

TEST_F(WatchTest, Resume_GoesOnBehindTheToken_OnAnyGateway) {
  const auto app = MakeNamed(Named("alice"), "one");
  WatchRequest in;
  {
    const auto stream = Begin(Named("alice"));
    in.set_resume_token(last.resume_token());
  }
  Start(Named("alice"), app.id());
  AddBuild(app.id());
  Dispatcher other(TestSettings(), MakeParts());
  const std::jthread others_reader = Reader(other);
  auto stream = Open(Named("alice"), in, &other).value();
  const auto got = Until(*stream, [](const auto& out) { return EventsIn(out) == 2; });
  ASSERT_EQ(got.size(), 2u);
  EXPECT_THAT(KindsOf(got[0]), ElementsAre("app.desired"));
  EXPECT_THAT(KindsOf(got[1]), ElementsAre("build.queued"));
  EXPECT_FALSE(got[1].application().has_build());
}

TEST_F(WatchTest, BeforeTheFirstEvent_ThereIsNoToken_AndNothingIsPassedOver) {
  auto stream = Open(Root(), {}).value();
  EXPECT_EQ(Until(*stream, Synced).back().resume_token(), "");
  clock.Advance(25s);
  const auto beat = Look(*stream);
  ASSERT_EQ(beat.size(), 1u);
  EXPECT_TRUE(beat[0].has_heartbeat());
  EXPECT_EQ(beat[0].resume_token(), "");
  const auto app = MakeNamed(Named("alice"), "one");
  const auto got = Until(*stream, [](const auto& out) { return EventsIn(out) == 1; });
  EXPECT_THAT(KindsOf(got.back()), ElementsAre("app.created"));
  WatchRequest in;
  in.set_resume_token(got.back().resume_token());
  stream = Open(Root(), in).value();
  Start(Named("alice"), app.id());
  EXPECT_THAT(KindsOf(Until(*stream, [](const auto& out) { return !out.empty(); })[0]),
              ElementsAre("app.desired"));
}

TEST_F(WatchTest, Builds_AreShown_WhereAskedFor) {
  const auto app = MakeNamed(Named("alice"), "one");
  WatchRequest in;
  in.set_builds(true);
  Start(Named("alice"), app.id());
  auto stream = Begin(Named("alice"), in);
  const BuildId build = AddBuild(app.id());
  Claim(build);
  const auto got = Until(*stream, [](const auto& out) { return EventsIn(out) == 2; });
  EXPECT_EQ(got.back().application().build().build_id(), build.str());
  EXPECT_EQ(got.back().application().build().status(), "BUILDING");
  EXPECT_EQ(got.back().application().status().state(), own_pb::ApplicationStatus::BUILDING);
}

TEST_F(WatchTest, Others_SeeNoEventsAndNoConditions) {
  const auto app = MakeNamed(Named("alice"), "one");
  auto stream = Begin(Named("bob"));
  ASSERT_TRUE(
      store.store()
          .events
          .SetConditions(model::Subject::kApplication, app.id(),
                         {{"Deploy", false, "Broken", "secret words", kNever, kNever, kNever}})
          .ok());
  const auto got = Until(*stream, [](const auto& out) { return !out.empty(); });
  EXPECT_THAT(got[0].application().events(), IsEmpty());
  EXPECT_THAT(got[0].application().status().conditions(), IsEmpty());
  EXPECT_EQ(got[0].SerializeAsString().find("secret words"), std::string::npos);
}

TEST_F(WatchTest, Filters_LeaveOutTheRest) {
  const auto one = MakeNamed(Named("alice"), "one");
  const auto two = MakeNamed(Named("bob"), "two");  // alice owns the repository, and so both
  WatchRequest mine, named, of_repository;
  mine.set_mine(true);
  named.add_application_ids(two.id());
  of_repository.set_repository_id(MakeRepository(Named("carol"), "https://git.test/c/other.git"));
  auto bobs = Begin(Named("bob"), mine), twos = Begin(Root(), named),
       carols = Begin(Root(), of_repository);
  Start(Named("alice"), one.id());
  Start(Named("alice"), two.id());
  for (Stream* stream : {bobs.get(), twos.get()}) {
    const auto got = Until(*stream, [](const auto& out) { return !out.empty(); });
    EXPECT_EQ(got[0].application().application().id(), two.id());
  }
  EXPECT_THAT(Look(*carols), IsEmpty());
}

TEST_F(WatchTest, WhatLeavesTheView_IsRemoved_AndComesBack) {
  const auto app = MakeNamed(Named("bob"), "one");
  WatchRequest in;
  in.set_mine(true);
  auto stream = Begin(Named("bob"), in);
  model::Application row = store.store().apps.Get(AppId(app.id())).value();
  const std::vector<UserId> both = row.owners;
  const auto own = [&](std::vector<UserId> owners) {
    row = store.store().apps.Get(row.id).value();
    row.owners = std::move(owners);
    ASSERT_TRUE(store.store().apps.Update(row, row.updated_at, nullptr).ok());
  };
  own({both[0]});
  auto got = Until(*stream, [](const auto& out) { return !out.empty(); });
  EXPECT_EQ(got[0].removed().application_id(), app.id());
  Start(Named("alice"), app.id());  // is none of bob's business any more
  own(both);
  got = Until(*stream, [](const auto& out) { return !out.empty(); });
  ASSERT_EQ(got.size(), 1u);
  EXPECT_THAT(KindsOf(got[0]), testing::Contains("app.updated"));
}

TEST_F(WatchTest, Deleted_IsRemovedForThoseWhoSawIt) {
  const auto app = MakeNamed(Named("bob"), "one");
  WatchRequest mine;
  mine.set_mine(true);
  auto bobs = Begin(Named("bob"), mine), carols = Begin(Named("carol"), mine),
       all = Begin(Named("carol"));
  ASSERT_TRUE(store.store().apps.MarkDeleted(AppId(app.id())).ok());
  for (Stream* stream : {bobs.get(), all.get()}) {
    const auto got = Until(*stream, [](const auto& out) { return !out.empty(); });
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].removed().application_id(), app.id());
  }
  EXPECT_THAT(Look(*carols), IsEmpty());
}

TEST_F(WatchTest, Repository_ThatCannotBeRead_IsToldToItsOwners_AndItsApplicationsToAll) {
  const auto app = MakeNamed(Named("alice"), "one");
  WatchRequest named, other;
  named.add_application_ids(app.id());
  other.set_repository_id(MakeRepository(Named("alice"), "https://git.test/a/other.git"));
  auto alices = Begin(Named("alice"));
  const std::string before = last.resume_token();
  auto bobs = Begin(Named("bob")), of_app = Begin(Named("alice"), named),
       of_other = Begin(Named("alice"), other);
  FailFetch(repository);

  const auto got = Until(*alices, [](const auto& out) { return out.size() == 2; });
  EXPECT_EQ(got[0].application().application().id(), app.id());
  EXPECT_THAT(got[0].application().events(), IsEmpty());
  ASSERT_EQ(got[0].application().status().conditions(0).type(), "Source");
  EXPECT_EQ(got[0].application().status().conditions(0).reason(), "RemoteUnreachable");
  EXPECT_EQ(got[0].resume_token(), before);
  const auto& change = got[1].repository();
  EXPECT_EQ(change.repository_id(), repository);
  EXPECT_EQ(change.name(), "shop");
  ASSERT_EQ(change.events_size(), 1);
  EXPECT_EQ(change.events(0).kind(), "condition.changed");
  EXPECT_EQ(change.status().conditions(0).message(), "no route");
  EXPECT_NE(got[1].resume_token(), before);

  for (Stream* stream : {bobs.get(), of_app.get()}) {
    const auto seen = Until(*stream, [](const auto& out) { return !out.empty(); });
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].application().application().id(), app.id());
    EXPECT_THAT(Look(*stream), IsEmpty());
  }
  EXPECT_THAT(Look(*of_other), IsEmpty());
}

TEST_F(WatchTest, Repository_CutAmongItsApplications_IsToldAgain) {
  MakeNamed(Named("alice"), "one");
  MakeNamed(Named("alice"), "two");
  auto stream = Begin(Named("alice"));
  FailFetch(repository);
  auto got = Until(*stream, [](const auto& out) { return out.size() == 3; });
  WatchRequest in;
  in.set_resume_token(got[1].resume_token());
  stream = Open(Named("alice"), in).value();
  got = Until(*stream, [](const auto& out) { return out.size() == 3; });
  in.set_resume_token(got[2].repository().repository_id().empty() ? "" : got[2].resume_token());
  stream = Open(Named("alice"), in).value();
  EXPECT_THAT(Look(*stream), IsEmpty());
}

TEST_F(WatchTest, Idle_BeatsWithATokenThatIsNew) {
  MakeNamed(Named("alice"), "one");
  WatchRequest in;
  in.set_mine(true);
  auto stream = Begin(Named("bob"), in);
  const std::string before = last.resume_token();
  MakeNamed(Named("alice"), "two");
  EXPECT_LE(stream->interval(), 25s);
  std::this_thread::sleep_for(100ms);  // the feed has read it
  EXPECT_THAT(Look(*stream), IsEmpty());
  clock.Advance(25s);
  const auto got = Look(*stream);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_TRUE(got[0].has_heartbeat());
  EXPECT_NE(got[0].resume_token(), before);
  EXPECT_THAT(Look(*stream), IsEmpty());
}

TEST_F(WatchTest, Token_ThatIsTooOldOrOfAnotherHistory_IsRefused) {
  const auto app = MakeNamed(Named("alice"), "one");
  WatchRequest in;
  {
    const auto stream = Begin(Named("alice"));
    in.set_resume_token(last.resume_token());
  }
  clock.Advance(2h);
  Start(Named("alice"), app.id());
  EXPECT_TRUE(Open(Named("alice"), in).ok());
  ASSERT_GT(store.store().retention.DropEvents(1h, 1000).value(), 0);
  Status refused = Open(Named("alice"), in).status();
  EXPECT_EQ(refused.code(), Code::kPrecondition);
  EXPECT_EQ(refused.reason(), "ResumeTokenTooOld");

  auto stream = Begin(Named("alice"));
  in.set_resume_token(last.resume_token());
  EXPECT_TRUE(Open(Named("alice"), in).ok());
  ASSERT_TRUE(store.store().deploys.RaiseEpoch(7).ok());
  refused = Open(Named("alice"), in).status();
  EXPECT_EQ(refused.reason(), "ResumeTokenTooOld");
  for (int i = 0; i < 2000 && refused.ok() == false; ++i) {  // and whoever watches is told
    const auto piece = stream->Next({});
    if (!piece.ok()) {
      EXPECT_EQ(piece.status().reason(), "ResumeTokenTooOld");
      return;
    }
    std::this_thread::sleep_for(2ms);
  }
  FAIL() << "the stream goes on";
}

TEST_F(WatchTest, CleanedUpBetweenOpeningAndReading_IsTold) {
  const auto app = MakeNamed(Named("alice"), "one");
  WatchRequest in;
  {
    const auto stream = Begin(Named("alice"));
    in.set_resume_token(last.resume_token());
  }
  Start(Named("alice"), app.id());
  auto stream = Open(Named("alice"), in).value();
  clock.Advance(2h);
  ASSERT_GT(store.store().retention.DropEvents(1h, 1000).value(), 0);
  EXPECT_EQ(stream->Next({}).status().reason(), "ResumeTokenTooOld");
}

TEST_F(WatchTest, BadRequests_NameTheField) {
  const auto refusal = [&](auto change) {
    WatchRequest in;
    change(in);
    return FieldsOf(Open(Root(), in).status());
  };
  EXPECT_EQ(refusal([](auto& in) { in.set_resume_token("x"); }), Texts{"resume_token"});
  EXPECT_EQ(refusal([](auto& in) { in.set_resume_token("1-1-x"); }), Texts{"resume_token"});
  EXPECT_EQ(refusal([](auto& in) { in.set_repository_id("x"); }), Texts{"repository_id"});
  EXPECT_EQ(refusal([](auto& in) { in.add_application_ids("x"); }), Texts{"application_ids[0]"});
  EXPECT_EQ(refusal([](auto& in) {
              for (int i = 0; i <= 1000; ++i) in.add_application_ids(std::string(22, '0'));
            }),
            Texts{"application_ids"});
}

TEST_F(WatchTest, AdminNoMore_MustOpenItAgain) {
  const auto app = MakeNamed(Named("bob"), "one");
  const UserId alice(Call<api_pb::User>(Named("alice"), "GetMe", Empty()).value().id());
  ASSERT_TRUE(store.store().admins.Grant(alice, "root").ok());
  const auto stream = Begin(Named("alice"));
  ASSERT_TRUE(store.store().admins.Withdraw(alice).ok());
  clock.Advance(31s);
  const auto refused = stream->Next({}).status();
  EXPECT_EQ(refused.code(), Code::kUnavailable) << refused.ToString();
  EXPECT_EQ(refused.reason(), "RightsChanged");
}

}  // namespace
}  // namespace ns::api
