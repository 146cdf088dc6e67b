// Whoever watches for long, is cut off and comes back, and many who watch at once.
#include <atomic>
#include <thread>

#include "api/event_feed.h"
#include "api/testing/counting_listings.h"
#include "api/watch_world.h"
#include "ports/faults/faulty.h"
#include "ports/testing/store_with.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

// What happened is told once and in order to whoever is cut off at any message and comes back, to
// any of two gateways.
TEST_F(WatchTest, CutAtRandom_SeesEachEventOnce) {
  Dispatcher other(TestSettings(), MakeParts());
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

// Rows that do not read, while they are broken.
class BrokenRows final : public ports::FaultPlan {
 public:
  Status Before(const ports::FaultPoint& point) override {
    for (const std::string_view read : {"AppStore.Get.", "RepositoryStore.Get.", "BuildStore.Get."})
      if (broken && point.name.starts_with(read)) return Internal("a time that is none");
    return {};
  }
  void After(const ports::FaultPoint&) override {}
  Status Lost(const ports::FaultPoint&) override { return {}; }
  std::atomic<bool> broken = false;
};

TEST_F(WatchTest, RowThatDoesNotRead_IsShownToNobodyAndEndsNoStream) {
  const auto one = MakeNamed(Named("alice"), "one");
  BrokenRows rows;
  ports::FaultyStore faulty(store.store(), rows);
  Dispatcher other(TestSettings(), Parts{faulty.Ports(), git, outputs, clock, random});
  const std::jthread others_reader = Reader(other);
  const auto wait = [] { std::this_thread::sleep_for(100ms); };  // until the feed has read it
  WatchRequest in;
  in.set_builds(true);
  rows.broken = true;
  auto stream = Open(Named("alice"), in, &other).value();
  const auto there = Until(*stream, Synced);
  ASSERT_EQ(there.size(), 1u) << "the application is left out";
  Start(Named("alice"), one.id());
  FailFetch(repository);
  wait();
  EXPECT_THAT(Look(*stream), IsEmpty());
  in.set_resume_token(there.back().resume_token());
  auto resumed = Open(Named("alice"), in, &other).value();
  EXPECT_THAT(Look(*resumed), IsEmpty());

  rows.broken = false;
  const std::string build = AddBuild(one.id()).str();
  for (Stream* watched : {stream.get(), resumed.get()}) {
    const auto got = Until(*watched, [](const auto& out) {
      return !out.empty() && out.back().application().has_build();
    });
    EXPECT_EQ(got.back().application().build().build_id(), build);
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
  Result<ports::EventPage> After(const ports::EventScope& scope, const std::string& place,
                                 int limit) override {
    ++asked;
    return inner_.After(scope, place, limit);
  }
  Result<bool> Reaches(const std::string& place) override { return inner_.Reaches(place); }
  Result<ports::EventPage> Newest(const ports::EventScope& scope, int limit) override {
    return inner_.Newest(scope, limit);
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
    return inner_.Conditions(subject, id);
  }
  std::atomic<int> asked = 0;

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

TEST_F(WatchTest, Many_ShareOneReaderAndOneLook) {
  const auto app = MakeNamed(Named("alice"), "one");
  CountingEvents counted(store.store().events);
  CountingListings looked(store.store().listings);
  Parts parts = {ports::testing::With(store.store(), {.events = &counted, .listings = &looked}),
                 git,
                 outputs,
                 clock,
                 random,
                 [] { return nullptr; }};
  Dispatcher other(TestSettings(), parts);
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
  const int asked = counted.asked, looks = looked.standings;
  for (size_t i = 1; i < streams.size(); ++i) ASSERT_EQ(EventsIn(Look(*streams[i])), 1u);
  EXPECT_LT(counted.asked - asked, 100);
  EXPECT_GT(looks, 0);
  EXPECT_EQ(looked.standings, looks);
}

}  // namespace
}  // namespace ns::api
