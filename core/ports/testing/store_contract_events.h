// Included by store_contract.h: what the store tells of itself, and reading it.
#pragma once

#include <set>
#include <thread>

#include "ports/testing/store_contract_base.h"
#include "ports/testing/store_contract_deploys.h"

namespace ns::ports::testing {

// "kind reason actor", the actor left out where it is the platform.
inline std::vector<std::string> Told(const Store& s, model::Subject subject,
                                     const std::string& id) {
  std::vector<std::string> told;
  const auto events = s.events.List(subject, id, 0, 1000).value();
  for (const model::Event& event : events) {
    std::string text = event.kind;
    if (!event.reason.empty()) text += " " + event.reason;
    if (event.actor != "platform") text += " by " + event.actor;
    told.push_back(std::move(text));
  }
  return told;
}

TEST_P(StoreContract, Events_TellWhatPeopleDoToAnApplication) {
  const model::Application app = NewApp(1);
  const UserId alice = NewUser("alice").id;
  ASSERT_EQ(s.apps.SetEnv(app.id, {"KEY", Secret("hidden")}, alice), Status());
  ASSERT_EQ(s.apps.DeleteEnv(app.id, "KEY", alice), Status());
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, false, alice), Status());
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, false, alice), Status());
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, true, alice), Status());
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, {}, ReleaseOf(1, kHashA)).ok());
  ASSERT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(1), alice), Status());
  ASSERT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(1), alice), Status());
  ASSERT_EQ(s.apps.SetPin(app.id, {}, alice), Status());
  const model::Application now = s.apps.Get(app.id).value();
  ASSERT_EQ(s.apps.Update(now, now.updated_at, nullptr, alice), Status());
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kStopped, false, alice), Status());
  ASSERT_EQ(s.apps.MarkDeleted(app.id, alice), Status());
  ASSERT_EQ(s.deploys.ConfirmRemoved(app.id), Status());
  ASSERT_EQ(s.deploys.ConfirmRemoved(app.id), Status());
  ASSERT_EQ(s.deploys.Purge(app.id), Status());
  const std::string by = " by " + alice.str();
  EXPECT_THAT(
      Told(s, model::Subject::kApplication, app.id.str()),
      ElementsAre("app.created", "app.env_set" + by, "app.env_deleted" + by,
                  "app.desired Running" + by, "app.restarted" + by, "target.set Stopped",
                  "app.pinned" + by, "app.unpinned" + by, "app.updated" + by,
                  "app.desired Stopped" + by, "app.deleted" + by, "app.removed", "app.purged"));
  const auto events = s.events.List(model::Subject::kApplication, app.id.str(), 0, 100).value();
  EXPECT_EQ(events[1].message, "KEY");
  for (const model::Event& event : events) {
    EXPECT_EQ(event.app, app.id);
    EXPECT_EQ((event.message + event.data).find("hidden"), std::string::npos);
  }
}

TEST_P(StoreContract, Events_TellTheLifeOfABuild) {
  const model::Application app = NewApp(1);
  const UserId alice = NewUser("alice").id;
  const auto told = [&](int n) { return Told(s, model::Subject::kBuild, IdOf<BuildId>(n).str()); };
  NewBuild(1, app.id, "one");
  model::Build claimed = Claimed(1);
  ASSERT_EQ(s.builds.Settle(claimed.id, claimed.lease.token,
                            Ended(model::BuildStatus::kQueued, "BuilderStopped")),
            Status());
  Settle(Claimed(1), model::BuildStatus::kFailed);
  ASSERT_EQ(s.builds.Retry(app.id, claimed.commit, alice), Status());
  ASSERT_EQ(s.builds.Retry(app.id, claimed.commit, alice), Status());
  EXPECT_THAT(told(1), ElementsAre("build.queued", "build.started", "build.retried BuilderStopped",
                                   "build.started", "build.settled Broken",
                                   "build.retry_asked by " + alice.str()));
  NewBuild(2, app.id, "two");
  ASSERT_EQ(s.builds.Register(BuildOf(3, app.id, "three"), {IdOf<BuildId>(2)}, {}), Status());
  EXPECT_THAT(told(2), ElementsAre("build.queued", "build.superseded Superseded"));
  claimed = Claimed(3);
  ASSERT_EQ(s.builds.Cancel(claimed.id, alice), Status());
  ASSERT_EQ(s.builds.Cancel(claimed.id, alice), Status());
  Settle(claimed, model::BuildStatus::kCancelled);
  EXPECT_THAT(told(3),
              ElementsAre("build.queued", "build.started", "build.cancel_asked by " + alice.str(),
                          "build.cancelled Broken"));
  NewBuild(4, app.id, "four");
  Settle(Claimed(4), model::BuildStatus::kSucceeded);
  ASSERT_EQ(s.retention.CondemnImages(app.id, {IdOf<BuildId>(4)}), Status());
  ASSERT_EQ(s.retention.ImagesGone(app.id, {IdOf<BuildId>(4)}), Status());
  ASSERT_EQ(s.retention.ImagesGone(app.id, {IdOf<BuildId>(4)}), Status());
  EXPECT_THAT(told(4), ElementsAre("build.queued", "build.started", "build.settled BuildSucceeded",
                                   "image.condemned", "image.gone"));
}

TEST_P(StoreContract, Events_TellWhatTheLoopsSeeAndDecide) {
  const model::Application app = NewApp(1);
  const HostId host = Beat(1);
  ASSERT_TRUE(s.deploys.Take(app.id, host, {app.backend}).ok());
  ASSERT_TRUE(s.deploys.Take(app.id, host, {app.backend}).ok());
  ASSERT_TRUE(s.repositories.Take(app.repository, host).ok());
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(s.repositories.SetCommits(app.repository, {{app.id, "main", kHashA}}, {}), Status());
    ASSERT_EQ(s.events.SetConditions(model::Subject::kApplication, app.id.str(),
                                     {{"Source", true, "RefResolved", i == 0 ? "one" : "two",
                                       kNever, kNever, kNever}}),
              Status());
  }
  model::Target next{0, model::DesiredState::kRunning, {}, "run", "route"};
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, next, std::nullopt).ok());
  next.run_key = "other";
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 1, next, std::nullopt).ok());
  EXPECT_THAT(
      Told(s, model::Subject::kApplication, app.id.str()),
      ElementsAre("app.created", "holder.changed", "commit.seen", "condition.changed RefResolved",
                  "target.set Running", "target.set Running"));
  const auto events = s.events.List(model::Subject::kApplication, app.id.str(), 0, 100).value();
  EXPECT_EQ(events[1].data, "{\"holder\":\"" + host.str() + "\"}");
  EXPECT_EQ(events[2].data, std::string("{\"commit\":\"") + kHashA + "\"}");
  EXPECT_EQ(events[3].data, R"({"type":"Source","ok":true})");
  EXPECT_EQ(events[4].data, R"({"generation":1,"changed":["state","settings","routes"]})");
  EXPECT_EQ(events[5].data, R"({"generation":2,"changed":["settings"]})");
  EXPECT_THAT(Told(s, model::Subject::kRepository, app.repository.str()),
              ElementsAre("repository.created", "holder.changed"));
  ASSERT_EQ(s.deploys.RaiseEpoch(1), Status());
  ASSERT_EQ(s.deploys.RaiseEpoch(4), Status());
  ASSERT_EQ(s.deploys.RaiseEpoch(4), Status());
  EXPECT_THAT(Told(s, model::Subject::kInstallation, model::kInstallationId),
              ElementsAre("epoch.raised"));
}

TEST_P(StoreContract, Events_OfARefusedWrite_AreNotTold) {
  const model::Application app = NewApp(1);
  EXPECT_NE(s.apps.DeleteEnv(app.id, "NONE"), Status());
  EXPECT_NE(s.apps.SetPin(app.id, IdOf<ReleaseId>(9)), Status());
  EXPECT_NE(s.deploys.SetTarget(app.id, 7, {}, std::nullopt).status(), Status());
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, false), Status());
  EXPECT_NE(s.apps.MarkDeleted(app.id), Status());
  EXPECT_THAT(Told(s, model::Subject::kApplication, app.id.str()),
              ElementsAre("app.created", "app.desired Running"));
}

TEST_P(StoreContract, Events_AfterAPlace_OfOneApplicationOrAll) {
  const model::Application one = NewApp(1), two = NewApp(2);
  NewBuild(1, one.id);
  EventPage page = s.events.After(EventScope::Of(one.id), "", 1).value();
  ASSERT_THAT(page.events, SizeIs(1));
  EXPECT_EQ(page.events[0].kind, "app.created");
  page = s.events.After(EventScope::Of(one.id), page.next, 10).value();
  ASSERT_THAT(page.events, SizeIs(1));
  EXPECT_EQ(page.events[0].kind, "build.queued");
  EXPECT_EQ(page.events[0].app, one.id);
  EXPECT_EQ(s.events.After(EventScope::Of(one.id), page.next, 10)->next, page.next);
  EXPECT_THAT(s.events.After(EventScope::Of(one.id), page.next, 10)->events, IsEmpty());
  const EventPage newest = s.events.Newest({}, 2).value();
  ASSERT_THAT(newest.events, SizeIs(2));
  EXPECT_EQ(newest.events[0].app, two.id);
  EXPECT_EQ(newest.events[1].kind, "build.queued");
  EXPECT_THAT(s.events.After({}, newest.next, 10)->events, IsEmpty());
  EXPECT_GT(s.events.After({}, "", 100)->events.size(), 3U);
  EXPECT_EQ(s.events.After({}, "nonsense", 1).status().code(), Code::kInvalid);
  EXPECT_EQ(s.events.After({}, "1.2.3", 1).status().code(), Code::kInvalid);
}

TEST_P(StoreContract, Events_AmongSome_AreAsIfThereWereNoOthers) {
  const model::Application one = NewApp(1), two = NewApp(2), three = NewApp(3);
  NewBuild(2, two.id);
  NewBuild(1, one.id);
  const EventScope some{std::vector{three.id, one.id, one.id, IdOf<AppId>(9)}};
  const auto told = [](const EventPage& page) {
    std::vector<std::string> out;
    for (const model::Event& event : page.events) out.push_back(event.app.str() + event.kind);
    return out;
  };
  const std::string first = one.id.str() + "app.created", second = three.id.str() + "app.created",
                    third = one.id.str() + "build.queued";
  EXPECT_THAT(told(s.events.After(some, "", 10).value()), ElementsAre(first, second, third));
  EventPage page = s.events.After(some, "", 2).value();
  EXPECT_THAT(told(page), ElementsAre(first, second));
  EXPECT_EQ(page.next, page.places.back());
  page = s.events.After(some, page.next, 2).value();
  EXPECT_THAT(told(page), ElementsAre(third));
  EXPECT_EQ(s.events.After(some, page.next, 2)->next, page.next);
  EXPECT_THAT(told(s.events.Newest(some, 2).value()), ElementsAre(second, third));
  for (const EventScope& none :
       {EventScope{std::vector<AppId>()}, EventScope::Of(IdOf<AppId>(9))}) {
    EXPECT_THAT(s.events.After(none, "", 10)->events, IsEmpty());
    EXPECT_THAT(s.events.Newest(none, 10)->events, IsEmpty());
    EXPECT_EQ(s.events.Newest(none, 10)->next, "");
  }
}

TEST_P(StoreContract, Events_TellWhoLosesSightOfAnApplication) {
  model::Application app = NewApp(1);
  const UserId carol = NewUser("carol").id, dave = NewUser("dave").id;
  app.owners = {carol, dave};
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status());
  app = s.apps.Get(app.id).value();
  app.owners = {dave};
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status());
  EXPECT_EQ(s.events.Newest(EventScope::Of(app.id), 1)->events[0].data,
            R"({"owners_left":[")" + carol.str() + R"("]})");
  app = s.apps.Get(app.id).value();
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status());
  EXPECT_EQ(s.events.Newest(EventScope::Of(app.id), 1)->events[0].data, "{}");
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  EXPECT_EQ(
      s.events.Newest(EventScope::Of(app.id), 1)->events[0].data,
      R"({"repository":")" + app.repository.str() + R"(","owners":[")" + dave.str() + R"("]})");
}

TEST_P(StoreContract, Events_EachWithItsPlace_ReachedUntilItIsGone) {
  NewApp(1);
  NewApp(2);
  const EventPage all = s.events.After({}, "", 100).value();
  ASSERT_EQ(all.places.size(), all.events.size());
  EXPECT_EQ(all.places.back(), all.next);
  EXPECT_EQ(s.events.Newest({}, 1)->places, std::vector<std::string>{all.next});
  for (size_t i = 0; i < all.places.size(); ++i) {
    EXPECT_TRUE(s.events.Reaches(all.places[i]).value());
    EXPECT_EQ(s.events.After({}, all.places[i], 100)->events.size(), all.events.size() - i - 1);
  }
  EXPECT_FALSE(s.events.Reaches("").value());
  EXPECT_EQ(s.events.Reaches("nonsense").status().code(), Code::kInvalid);
  ASSERT_EQ(s.retention.DropEvents(Duration::zero(), 2).value(), 2);
  EXPECT_FALSE(s.events.Reaches(all.places[1]).value());
  EXPECT_TRUE(s.events.Reaches(all.next).value());
}

TEST_P(StoreContract, Events_OfManyAtOnce_AreSeenOnceByWhoGoesOn) {
  constexpr int kWriters = 4, kEach = 25;
  for (int t = 1; t <= kWriters; ++t) NewApp(t);
  std::multiset<std::string> seen;
  std::string place = s.events.Newest({}, 1)->next;
  const auto read = [&] {
    const EventPage page = s.events.After({}, place, 7).value();
    for (const model::Event& event : page.events) {
      if (event.kind == "app.env_set") seen.insert(event.app.str() + event.message);
    }
    place = page.next;
    return !page.events.empty();
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 1; t <= kWriters; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < kEach; ++n)
          EXPECT_EQ(s.apps.SetEnv(IdOf<AppId>(t), {"K" + std::to_string(n), Secret("v")}),
                    Status());
      });
    }
    for (int reads = 0; reads < 200; ++reads) read();
  }
  // What began last may wait for what PostgreSQL does by itself.
  for (int reads = 0; seen.size() < kWriters * kEach && reads < 2000; ++reads) {
    if (!read()) std::this_thread::sleep_for(5ms);
  }
  EXPECT_THAT(seen, SizeIs(kWriters * kEach));
  EXPECT_THAT(std::set<std::string>(seen.begin(), seen.end()), SizeIs(kWriters * kEach));
}

}  // namespace ns::ports::testing
