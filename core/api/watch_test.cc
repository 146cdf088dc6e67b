#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "api/api_world.h"
#include "api/event_feed.h"
#include "neoshowcase/platform/v1/watch.pb.h"
#include "ports/testing/store_with.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;
using own_pb::WatchRequest;
using own_pb::WatchResponse;
using testing::ElementsAre;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

class WatchTest : public ApiWorld {
 protected:
  Result<std::unique_ptr<Stream>> Open(const Peer& peer, const WatchRequest& in,
                                       Dispatcher* with = nullptr) {
    return (with != nullptr ? with : dispatcher.operator->())
        ->Open({}, peer, std::string(kWatchService) + "Watch", in.SerializeAsString());
  }
  static std::vector<WatchResponse> Look(Stream& stream) {
    const auto piece = stream.Next({});
    EXPECT_TRUE(piece.ok()) << piece.status().ToString();
    std::vector<WatchResponse> out;
    if (!piece.ok()) return out;
    for (const std::string& bytes : piece->messages)
      EXPECT_TRUE(out.emplace_back().ParseFromString(bytes));
    return out;
  }
  // Looks until `enough` of what came, or some seconds.
  template <class Enough>
  static std::vector<WatchResponse> Until(Stream& stream, Enough enough) {
    std::vector<WatchResponse> out;
    for (int i = 0; i < 2000 && !enough(out); ++i) {
      auto more = Look(stream);
      if (more.empty()) std::this_thread::sleep_for(2ms);
      std::ranges::move(more, std::back_inserter(out));
    }
    EXPECT_TRUE(enough(out)) << out.size() << " messages";
    return out;
  }
  static size_t EventsIn(const std::vector<WatchResponse>& messages) {
    size_t count = 0;
    for (const auto& message : messages) count += message.application().events_size();
    return count;
  }
  static bool Synced(const std::vector<WatchResponse>& messages) {
    return !messages.empty() && messages.back().has_synced();
  }
  std::unique_ptr<Stream> Begin(const Peer& peer, WatchRequest in = {}) {
    in.set_without_initial(true);
    auto stream = Open(peer, in).value();
    last = Until(*stream, Synced).back();
    return stream;
  }
  static Texts KindsOf(const WatchResponse& message) {
    Texts out;
    for (const auto& event : message.application().events()) out.push_back(event.kind());
    return out;
  }
  api_pb::Application MakeNamed(const Peer& owner, const std::string& name) {
    if (repository.empty()) repository = MakeRepository(Named("alice"));
    auto in = NewApp(repository, name + ".apps.test");
    in.set_name(name);
    return Call<api_pb::Application>(owner, "CreateApplication", in).value();
  }
  void Start(const Peer& owner, const std::string& id) {
    ASSERT_TRUE(Call(owner, "StartApplication", OfApp(id)).ok());
  }

  // Reads events for those who watch, as the host does.
  static std::jthread Reader(Dispatcher& of) {
    return std::jthread([&of](const std::stop_token& stop) { of.FollowEvents(stop); });
  }

  std::string repository;
  WatchResponse last;
  std::jthread reader = Reader(*dispatcher.operator->());
};

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
  Dispatcher other(MakeSettings(), MakeParts());
  const std::jthread others_reader = Reader(other);
  auto stream = Open(Named("alice"), in, &other).value();
  const auto got = Until(*stream, [](const auto& out) { return EventsIn(out) == 2; });
  ASSERT_EQ(got.size(), 2u);
  EXPECT_THAT(KindsOf(got[0]), ElementsAre("app.desired"));
  EXPECT_THAT(KindsOf(got[1]), ElementsAre("build.queued"));
  EXPECT_FALSE(got[1].application().has_build());
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

// What happened is told once and in order to whoever is cut off at any message and comes back, to
// any of two gateways.
TEST_F(WatchTest, CutAtRandom_SeesEachEventOnce) {
  Dispatcher other(MakeSettings(), MakeParts());
  const std::jthread others_reader = Reader(other);
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom chance(seed);
    std::vector<AppId> apps = {AppId(MakeNamed(Root(), "s" + std::to_string(seed)).id())};
    const std::string from = store.store().events.Newest({}, 1).value().next;
    Texts seen;
    WatchRequest in;
    in.set_without_initial(true);
    auto stream = Open(Root(), in).value();
    const auto keep = [&](const std::vector<WatchResponse>& messages, size_t count) {
      for (size_t i = 0; i < count; ++i) {
        in.set_resume_token(messages[i].resume_token());
        for (const auto& event : messages[i].application().events())
          seen.push_back(event.subject_id() + " " + event.kind() + " " + event.message());
      }
    };
    keep(Look(*stream), 1);
    in.set_without_initial(false);
    for (int step = 0; step < 60; ++step) {
      const AppId& app = apps[chance.Below(apps.size())];
      switch (chance.Below(6)) {
        case 0:
          apps.emplace_back(
              MakeNamed(Root(), "s" + std::to_string(seed) + "x" + std::to_string(step)).id());
          break;
        case 1:
          AddBuild(app.str());
          break;
        case 2:
          ASSERT_TRUE(
              store.store().apps.SetEnv(app, {"K" + std::to_string(step), Secret("v")}).ok());
          break;
        default: {
          const auto messages = Look(*stream);
          const size_t kept = chance.Below(messages.size() + 1);
          keep(messages, kept);
          if (kept == messages.size() && chance.Below(3) > 0) break;
          stream = Open(Root(), in, chance.Below(2) == 0 ? &other : nullptr).value();
        }
      }
    }
    Texts told;
    const auto all = store.store().events.After({}, from, 10000).value();
    for (const auto& event : all.events) {
      if (!event.app.empty())
        told.push_back(event.subject_id + " " + event.kind + " " + event.message);
    }
    for (int i = 0; i < 2000 && seen.size() < told.size(); ++i) {
      const auto messages = Look(*stream);
      keep(messages, messages.size());
      if (messages.empty()) std::this_thread::sleep_for(2ms);
    }
    ASSERT_EQ(seen, told) << "seed " << seed;
  }
}

// Counts what is asked of the events.
class CountingEvents final : public ports::EventStore {
 public:
  explicit CountingEvents(ports::EventStore& inner) : inner_(inner) {}
  Status Append(const model::Event& event) override { return inner_.Append(event); }
  Result<std::vector<model::Event>> List(model::Subject subject, const std::string& id,
                                         int64_t cursor, int limit) override {
    return inner_.List(subject, id, cursor, limit);
  }
  Result<ports::EventPage> After(const AppId& app, const std::string& place, int limit) override {
    ++asked;
    return inner_.After(app, place, limit);
  }
  Result<bool> Reaches(const std::string& place) override { return inner_.Reaches(place); }
  Result<ports::EventPage> Newest(const AppId& app, int limit) override {
    return inner_.Newest(app, limit);
  }
  Status SetConditions(model::Subject subject, const std::string& id,
                       const std::vector<model::Condition>& conditions,
                       const HostId& holder) override {
    return inner_.SetConditions(subject, id, conditions, holder);
  }
  Result<std::vector<std::string>> Touch(model::Subject subject,
                                         const std::vector<std::string>& ids,
                                         const std::vector<std::string>& types, Duration next_in,
                                         const HostId& holder) override {
    return inner_.Touch(subject, ids, types, next_in, holder);
  }
  Result<std::vector<model::Condition>> Conditions(model::Subject subject,
                                                   const std::string& id) override {
    ++looked;
    return inner_.Conditions(subject, id);
  }
  std::atomic<int> asked{0}, looked{0};

 private:
  ports::EventStore& inner_;
};

TEST_F(WatchTest, WhatCameBeforeTheReaderBegan_IsTold) {
  const auto app = MakeNamed(Named("alice"), "one");
  std::atomic<int> woken = 0;
  EventFeed feed(store.store().events, [&] { ++woken; });
  const EventFeed::Seat seat(feed);
  EventFeed::Cursor cursor{feed.End().value()};
  EXPECT_THAT(feed.After(cursor, 10).value(), IsEmpty());
  Start(Named("alice"), app.id());
  const std::jthread reads([&](const std::stop_token& stop) { feed.Run(stop); });
  for (int i = 0; i < 5000 && woken == 0; ++i) std::this_thread::sleep_for(2ms);
  EXPECT_GT(woken, 0);
  EXPECT_EQ(feed.After(cursor, 10)->size(), 1u);
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

TEST_F(WatchTest, Many_ShareOneReaderAndOneLook) {
  const auto app = MakeNamed(Named("alice"), "one");
  CountingEvents counted(store.store().events);
  Parts parts = {
      ports::testing::With(store.store(), {.events = &counted}), git, outputs, clock, random, [] {
        return nullptr;
      }};
  Dispatcher other(MakeSettings(), parts);
  const std::jthread others_reader = Reader(other);
  std::vector<std::unique_ptr<Stream>> streams;
  WatchRequest in;
  in.set_without_initial(true);
  for (int i = 0; i < 1000; ++i) {
    streams.push_back(Open(Named("alice"), in, &other).value());
    Until(*streams.back(), Synced);
  }
  Until(*streams.back(), [&](const auto&) { return counted.asked > 0; });  // it reads
  Start(Named("alice"), app.id());
  Until(*streams[0], [](const auto& out) { return EventsIn(out) == 1; });
  const int asked = counted.asked, looks = counted.looked;
  for (size_t i = 1; i < streams.size(); ++i) ASSERT_EQ(EventsIn(Look(*streams[i])), 1u);
  EXPECT_LT(counted.asked - asked, 100);
  EXPECT_EQ(counted.looked, looks);
}

}  // namespace
}  // namespace ns::api
