// Included by store_contract.h: builds and their logs.
#pragma once

#include <atomic>
#include <thread>

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

using model::BuildStatus;

TEST_P(StoreContract, Build_Registered_IsQueuedAsNew) {
  const model::Application app = NewApp(1);
  model::Build given = BuildOf(1, app.id);
  given.status = BuildStatus::kFailed;
  given.attempt = 9;
  ASSERT_EQ(s.builds.Register(given, {}, {}), Status());
  const model::Build stored = s.builds.Get(given.id).value();
  EXPECT_NE(stored.queued_at, kNever);
  model::Build expected = BuildOf(1, app.id);
  expected.queued_at = expected.updated_at = stored.queued_at;
  EXPECT_EQ(stored, expected);
}

TEST_P(StoreContract, Build_Missing_NotFound) {
  NewApp(1);
  EXPECT_EQ(s.builds.Get(IdOf<BuildId>(1)).status().code(), Code::kNotFound);
  EXPECT_EQ(s.builds.Claim(IdOf<BuildId>(1), IdOf<HostId>(1), 1s).status().code(), Code::kStale);
  EXPECT_EQ(s.builds.Cancel(IdOf<BuildId>(1)).code(), Code::kNotFound);
  EXPECT_EQ(s.builds.Retry(IdOf<AppId>(1), kHashA).code(), Code::kNotFound);
  EXPECT_EQ(s.builds.Register(BuildOf(1, IdOf<AppId>(5)), {}, {}).code(), Code::kNotFound);
  EXPECT_EQ(s.logs.Read(IdOf<BuildId>(1), 0, 10).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, Build_OfADeletedApplication_NotFound) {
  const model::Application app = NewApp(1);
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  EXPECT_EQ(s.builds.Register(BuildOf(1, app.id), {}, {}).code(), Code::kNotFound);
}

TEST_P(StoreContract, Register_TheSameKey_IsRefusedWhileTheOtherCounts) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id);
  EXPECT_EQ(s.builds.Register(BuildOf(2, app.id), {}, {}).code(), Code::kExists);
  const model::Build claimed = Claimed(1);
  EXPECT_EQ(s.builds.Register(BuildOf(2, app.id), {}, {}).code(), Code::kExists);
  Settle(claimed, BuildStatus::kFailed);
  EXPECT_EQ(s.builds.Register(BuildOf(2, app.id), {}, {}).code(), Code::kExists);
  EXPECT_EQ(s.builds.Register(BuildOf(2, app.id, "other key"), {}, {}), Status());
}

TEST_P(StoreContract, Register_TheSameKeyOfAnotherApplication_IsFine) {
  NewBuild(1, NewApp(1).id);
  NewBuild(2, NewApp(2).id);
}

TEST_P(StoreContract, Retry_LetsTheSameKeyBeRegisteredAgain) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id);
  ASSERT_EQ(s.builds.Retry(app.id, kHashA), Status());  // nothing has finished: nothing to do
  EXPECT_FALSE(s.builds.Get(IdOf<BuildId>(1))->retriable);
  Settle(Claimed(1), BuildStatus::kFailed);
  ASSERT_EQ(s.builds.Retry(app.id, kHashA), Status());
  EXPECT_TRUE(s.builds.Get(IdOf<BuildId>(1))->retriable);
  EXPECT_EQ(s.builds.Register(BuildOf(2, app.id), {}, {}), Status());
  EXPECT_EQ(s.builds.Retry(app.id, kHashB).code(), Code::kNotFound);
}

TEST_P(StoreContract, Register_SupersedesQueuedOnes) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id, "one");
  ASSERT_EQ(s.builds.Register(BuildOf(2, app.id, "two"), {IdOf<BuildId>(1)}, {}), Status());
  const model::Build old = s.builds.Get(IdOf<BuildId>(1)).value();
  EXPECT_EQ(old.status, BuildStatus::kSkipped);
  EXPECT_EQ(old.outcome.reason(), model::kSuperseded);
  EXPECT_NE(old.finished_at, kNever);
  EXPECT_EQ(s.builds.Register(BuildOf(3, app.id, "one"), {IdOf<BuildId>(2)}, {}), Status())
      << "a superseded build may be built again";
}

TEST_P(StoreContract, Register_SupersedeAndSameKeyAtOnce_Works) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id);
  EXPECT_EQ(s.builds.Register(BuildOf(2, app.id), {IdOf<BuildId>(1)}, {}), Status());
}

TEST_P(StoreContract, Register_Refused_SupersedesNothing) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id, "one");
  NewBuild(2, app.id, "two");
  EXPECT_EQ(s.builds.Register(BuildOf(3, app.id, "two"), {IdOf<BuildId>(1)}, {}).code(),
            Code::kExists);
  EXPECT_EQ(s.builds.Get(IdOf<BuildId>(1))->status, BuildStatus::kQueued);
}

TEST_P(StoreContract, Register_WithoutBuild_SupersedesAndRequestsCancel) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id, "one");
  NewBuild(2, app.id, "two");
  const model::Build running = Claimed(2);
  ASSERT_EQ(s.builds.Register({}, {IdOf<BuildId>(1), IdOf<BuildId>(2)},
                              {IdOf<BuildId>(2), IdOf<BuildId>(1)}),
            Status());
  EXPECT_EQ(s.builds.Get(IdOf<BuildId>(1))->status, BuildStatus::kSkipped);
  EXPECT_FALSE(s.builds.Get(IdOf<BuildId>(1))->cancel_requested);
  const model::Build cancelling = s.builds.Get(IdOf<BuildId>(2)).value();
  EXPECT_EQ(cancelling.status, BuildStatus::kBuilding);
  EXPECT_TRUE(cancelling.cancel_requested);
  EXPECT_EQ(cancelling.outcome.reason(), model::kSuperseded);
  Settle(running, BuildStatus::kCancelled);
  EXPECT_EQ(s.builds.Get(IdOf<BuildId>(2))->outcome.reason(), model::kSuperseded)
      << "kept through the end of the claim";
  EXPECT_THAT(s.listings.Builds({}, 0, 10).value(), SizeIs(2));
}

TEST_P(StoreContract, Supersede_OfABuildThatSucceedsAllTheSame_CountsAgain) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id);
  const model::Build running = Claimed(1);
  ASSERT_EQ(s.builds.Register({}, {}, {running.id}), Status());
  Settle(running, BuildStatus::kSucceeded);
  EXPECT_EQ(s.builds.Get(running.id)->outcome, Status());
  EXPECT_EQ(s.builds.Register(BuildOf(2, app.id), {}, {}).code(), Code::kExists);
}

TEST_P(StoreContract, Claim_OfAQueuedBuild_LeasesIt) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1, 90s);
  EXPECT_EQ(claimed.status, BuildStatus::kBuilding);
  EXPECT_EQ(claimed.attempt, 1);
  EXPECT_EQ(claimed.lease.host, IdOf<HostId>(7));
  EXPECT_FALSE(claimed.lease.token.empty());
  EXPECT_EQ(claimed.lease.expires, claimed.started_at + 90s);
  EXPECT_EQ(s.builds.Get(claimed.id).value(), claimed);
  EXPECT_EQ(s.builds.Claim(claimed.id, IdOf<HostId>(8), 1s).status().code(), Code::kStale);
}

TEST_P(StoreContract, Claims_AtOnce_OneWins) {
  NewBuild(1, NewApp(1).id);
  std::atomic<int> won{0}, stale{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto claimed = s.builds.Claim(IdOf<BuildId>(1), IdOf<HostId>(i), 1min);
        won += claimed.ok() ? 1 : 0;
        stale += claimed.status().code() == Code::kStale ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(stale, 7);
  EXPECT_EQ(s.builds.Get(IdOf<BuildId>(1))->attempt, 1);
}

TEST_P(StoreContract, Renew_ProlongsTheLeaseOfItsHolder) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1, 10s);
  EXPECT_EQ(s.builds.Renew(claimed.id, claimed.lease.token, 100s), Status());
  EXPECT_GE(s.builds.Get(claimed.id)->lease.expires, claimed.lease.expires + 89s);
  EXPECT_EQ(s.builds.Renew(claimed.id, "other", 100s).code(), Code::kStale);
  EXPECT_EQ(s.builds.Renew(claimed.id, "", 100s).code(), Code::kStale);
}

TEST_P(StoreContract, Renew_AfterARequestToCancel_SaysSoAndProlongs) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1, 10s);
  ASSERT_EQ(s.builds.Cancel(claimed.id), Status());
  EXPECT_EQ(s.builds.Get(claimed.id)->status, BuildStatus::kBuilding);
  EXPECT_EQ(s.builds.Renew(claimed.id, claimed.lease.token, 100s).code(), Code::kCancelled);
  EXPECT_GE(s.builds.Get(claimed.id)->lease.expires, claimed.lease.expires + 89s);
}

TEST_P(StoreContract, Settle_StoresTheResultOnce) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1);
  BuildResult result;
  result.status = BuildStatus::kSucceeded;
  result.image = {"127.0.0.1:5000/ns/app:1-1", "sha256:abc", 1'234'567'890'123};
  ASSERT_EQ(s.builds.Settle(claimed.id, claimed.lease.token, result), Status());
  const model::Build stored = s.builds.Get(claimed.id).value();
  EXPECT_EQ(stored.status, BuildStatus::kSucceeded);
  EXPECT_EQ(stored.image, result.image);
  EXPECT_EQ(stored.lease, model::Lease());
  EXPECT_GE(stored.finished_at, stored.started_at);
  EXPECT_EQ(s.builds.Settle(claimed.id, claimed.lease.token, result).code(), Code::kStale);
  EXPECT_EQ(s.builds.Renew(claimed.id, claimed.lease.token, 1s).code(), Code::kStale);
}

TEST_P(StoreContract, Settle_Failed_KeepsEveryPartOfTheOutcome) {
  NewBuild(1, NewApp(1).id);
  Settle(Claimed(1), BuildStatus::kFailed);
  EXPECT_EQ(s.builds.Get(IdOf<BuildId>(1))->outcome, Ended(BuildStatus::kFailed, "Broken").outcome);
}

TEST_P(StoreContract, Settle_Queued_WaitsAndCanBeClaimedAgainWithANewToken) {
  NewBuild(1, NewApp(1).id);
  const model::Build first = Claimed(1);
  BuildResult again = Ended(BuildStatus::kQueued, "RegistryDown");
  again.retry_in = 30s;
  ASSERT_EQ(s.builds.Settle(first.id, first.lease.token, again), Status());
  const model::Build queued = s.builds.Get(first.id).value();
  EXPECT_EQ(queued.status, BuildStatus::kQueued);
  EXPECT_EQ(queued.attempt, 1);
  EXPECT_EQ(queued.finished_at, kNever);
  EXPECT_EQ(queued.not_before, queued.updated_at + 30s);
  EXPECT_EQ(queued.outcome.reason(), "RegistryDown");
  const model::Build second = Claimed(1);
  EXPECT_EQ(second.attempt, 2);
  EXPECT_NE(second.lease.token, first.lease.token);
  EXPECT_EQ(s.builds.Settle(first.id, first.lease.token, Ended(BuildStatus::kSucceeded)).code(),
            Code::kStale);
}

TEST_P(StoreContract, Settle_QueuedAfterARequestToCancel_IsCancelled) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1);
  ASSERT_EQ(s.builds.Cancel(claimed.id), Status());
  ASSERT_EQ(
      s.builds.Settle(claimed.id, claimed.lease.token, Ended(BuildStatus::kQueued, "RegistryDown")),
      Status());
  EXPECT_EQ(s.builds.Get(claimed.id)->status, BuildStatus::kCancelled);
}

TEST_P(StoreContract, Expire_BeforeTheLeaseHasRunOut_IsStale) {
  NewBuild(1, NewApp(1).id);
  Claimed(1, 1h);
  EXPECT_EQ(s.builds.Expire(IdOf<BuildId>(1), 1, Ended(BuildStatus::kQueued)).code(), Code::kStale);
  EXPECT_EQ(s.builds.Expire(IdOf<BuildId>(2), 1, Ended(BuildStatus::kQueued)).code(), Code::kStale);
}

TEST_P(StoreContract, Expire_AfterTheLeaseHasRunOut_EndsThatAttemptOnly) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1, 20ms);
  under_test_->Advance(30ms);
  EXPECT_EQ(s.builds.Expire(claimed.id, 2, Ended(BuildStatus::kQueued, "BuilderLost")).code(),
            Code::kStale);
  EXPECT_EQ(s.builds.Expire(claimed.id, 1, Ended(BuildStatus::kQueued, "BuilderLost")), Status());
  EXPECT_EQ(s.builds.Get(claimed.id)->status, BuildStatus::kQueued);
  EXPECT_EQ(s.builds.Settle(claimed.id, claimed.lease.token, Ended(BuildStatus::kSucceeded)).code(),
            Code::kStale);
  EXPECT_EQ(s.builds.Expire(claimed.id, 1, Ended(BuildStatus::kQueued, "BuilderLost")).code(),
            Code::kStale);
}

TEST_P(StoreContract, Cancel_OfAQueuedBuild_EndsItAtOnce) {
  NewBuild(1, NewApp(1).id);
  ASSERT_EQ(s.builds.Cancel(IdOf<BuildId>(1)), Status());
  const model::Build stored = s.builds.Get(IdOf<BuildId>(1)).value();
  EXPECT_EQ(stored.status, BuildStatus::kCancelled);
  EXPECT_NE(stored.finished_at, kNever);
  EXPECT_EQ(s.builds.Cancel(IdOf<BuildId>(1)).code(), Code::kPrecondition);
  EXPECT_EQ(s.builds.Claim(IdOf<BuildId>(1), IdOf<HostId>(1), 1s).status().code(), Code::kStale);
}

TEST_P(StoreContract, Builds_Listed_NewestFirst) {
  const model::Application one = NewApp(1), two = NewApp(2);
  for (int n = 1; n <= 5; ++n) NewBuild(n, n % 2 ? one.id : two.id, "key" + std::to_string(n));
  const auto ids = [](const std::vector<model::Build>& builds) {
    std::vector<BuildId> all;
    for (const auto& build : builds) all.push_back(build.id);
    return all;
  };
  EXPECT_THAT(ids(s.listings.Builds({}, 1, 3).value()),
              ElementsAre(IdOf<BuildId>(4), IdOf<BuildId>(3), IdOf<BuildId>(2)));
  EXPECT_THAT(ids(s.listings.Builds({}, 5, 3).value()), IsEmpty());
  EXPECT_THAT(ids(s.builds.ListByApp(one.id, 2).value()),
              ElementsAre(IdOf<BuildId>(5), IdOf<BuildId>(3)));
  EXPECT_THAT(ids(s.builds.ListByApp(IdOf<AppId>(9), 2).value()), IsEmpty());
}

TEST_P(StoreContract, Queue_ShowsQueuedBuildingAndLiveBuilders) {
  const model::Application app = NewApp(1);
  for (int n = 1; n <= 4; ++n) NewBuild(n, app.id, "key" + std::to_string(n));
  model::Host builder;
  builder.id = IdOf<HostId>(7);
  builder.build_slots = 2;
  builder.build_methods = {"runtime-cmd"};
  ASSERT_TRUE(s.hosts.Beat(builder, 1min).ok());
  Beat(8);
  Claimed(2);
  Settle(Claimed(3), BuildStatus::kSucceeded);
  const model::QueueSnapshot queue = s.builds.Queue().value();
  ASSERT_THAT(queue.queued, SizeIs(2));
  EXPECT_EQ(queue.queued[0].id, IdOf<BuildId>(1));
  EXPECT_EQ(queue.queued[1].id, IdOf<BuildId>(4));
  ASSERT_THAT(queue.building, SizeIs(1));
  EXPECT_EQ(queue.building[0], s.builds.Get(IdOf<BuildId>(2)).value());
  ASSERT_THAT(queue.builders, SizeIs(1));
  EXPECT_EQ(queue.builders[0].host, IdOf<HostId>(7));
  EXPECT_EQ(queue.builders[0].slots, 2);
  EXPECT_EQ(queue.builders[0].running, 1);
  EXPECT_EQ(queue.builders[0].methods, builder.build_methods);
  EXPECT_THAT(queue.apps, SizeIs(1));
  EXPECT_EQ(queue.apps.at(app.id).owner, app.owners.front());
  EXPECT_EQ(queue.apps.at(app.id).method, app.build.method);
  EXPECT_FALSE(queue.apps.at(app.id).has_release);
  EXPECT_THAT(queue.served, SizeIs(1));
  EXPECT_GE(queue.served.at(app.owners.front()), queue.building[0].started_at);
  EXPECT_GE(queue.now, queue.building[0].started_at);
}

TEST_P(StoreContract, Hints_OfBuilds) {
  const model::Application app = NewApp(1);
  const auto all = UnorderedElementsAre(AppHint(1), BuildHint(1), kQueueHint);
  EXPECT_THAT(HintsOf([&] { NewBuild(1, app.id); }), all);
  model::Build claimed;
  EXPECT_THAT(HintsOf([&] { claimed = Claimed(1); }), all);
  EXPECT_THAT(HintsOf([&] { (void)s.builds.Renew(claimed.id, claimed.lease.token, 1min); }),
              IsEmpty());
  EXPECT_THAT(HintsOf([&] { (void)s.logs.Append(claimed.id, claimed.lease.token, 0, "x"); }),
              ElementsAre(Hint{Hint::Kind::kBuildLog, claimed.id.str()}));
  EXPECT_THAT(HintsOf([&] { (void)s.builds.Cancel(claimed.id); }), all);
  EXPECT_THAT(HintsOf([&] { Settle(claimed, BuildStatus::kCancelled); }), all);
  EXPECT_THAT(HintsOf([&] { (void)s.builds.Retry(app.id, kHashA); }), ElementsAre(AppHint(1)));
  EXPECT_THAT(HintsOf([&] { (void)s.builds.Retry(app.id, kHashA); }), IsEmpty());
  EXPECT_THAT(HintsOf([&] { (void)s.builds.Settle(claimed.id, "x", {}); }), IsEmpty());
}

// -- logs --

TEST_P(StoreContract, Log_AppendedInPieces_ReadsAsOneFromAnyOffset) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1);
  const std::string odd = std::string("\0\x01\\x", 4) + "\xff\xfe";
  std::string whole;
  for (const std::string& piece : {std::string("first\n"), odd, std::string(),
                                   std::string(70'000, 'x'), std::string("last\n")}) {
    const auto offset = static_cast<int64_t>(whole.size());
    whole += piece;
    ASSERT_EQ(s.logs.Append(claimed.id, claimed.lease.token, offset, piece).value(),
              static_cast<int64_t>(whole.size()));
  }
  const auto size = static_cast<int64_t>(whole.size());
  for (const int64_t offset :
       {int64_t{0}, int64_t{3}, int64_t{6}, int64_t{9}, int64_t{40'000}, size - 1, size}) {
    for (const int64_t max : {int64_t{1}, int64_t{8}, int64_t{65'536}, int64_t{1'000'000}}) {
      const LogSlice slice = s.logs.Read(claimed.id, offset, max).value();
      EXPECT_EQ(slice.bytes, whole.substr(static_cast<size_t>(offset), static_cast<size_t>(max)))
          << offset << " " << max;
      EXPECT_EQ(slice.next_offset, offset + static_cast<int64_t>(slice.bytes.size()));
      EXPECT_FALSE(slice.finished);
    }
  }
}

TEST_P(StoreContract, Log_BeyondTheEnd_IsEmpty) {
  NewBuild(1, NewApp(1).id);
  const LogSlice slice = s.logs.Read(IdOf<BuildId>(1), 100, 10).value();
  EXPECT_EQ(slice.bytes, "");
  EXPECT_EQ(slice.next_offset, 100);
  EXPECT_FALSE(slice.finished);
}

TEST_P(StoreContract, Log_OfASettledBuild_IsFinishedAtItsEndOnly) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1);
  ASSERT_EQ(s.logs.Append(claimed.id, claimed.lease.token, 0, "0123456789").value(), 10);
  Settle(claimed, BuildStatus::kFailed);
  EXPECT_FALSE(s.logs.Read(claimed.id, 0, 9)->finished);
  EXPECT_TRUE(s.logs.Read(claimed.id, 0, 10)->finished);
  EXPECT_TRUE(s.logs.Read(claimed.id, 10, 10)->finished);
}

TEST_P(StoreContract, Log_OfTheNextAttempt_GoesOnBehind) {
  NewBuild(1, NewApp(1).id);
  const model::Build first = Claimed(1);
  ASSERT_EQ(s.logs.Append(first.id, first.lease.token, 0, "one ").value(), 4);
  Settle(first, BuildStatus::kQueued);
  EXPECT_EQ(s.logs.Append(first.id, first.lease.token, 4, "late").status().code(), Code::kStale);
  EXPECT_EQ(s.logs.Append(first.id, first.lease.token, 4, "").status().code(), Code::kStale);
  const model::Build second = Claimed(1);
  EXPECT_EQ(s.logs.Append(first.id, first.lease.token, 4, "late").status().code(), Code::kStale);
  EXPECT_EQ(s.logs.Append(second.id, second.lease.token, 0, "").value(), 4) << "where it goes on";
  ASSERT_EQ(s.logs.Append(second.id, second.lease.token, 4, "two").value(), 7);
  EXPECT_EQ(s.logs.Read(first.id, 0, 100)->bytes, "one two");
}

TEST_P(StoreContract, Log_AppendedAgain_IsStoredOnce) {
  NewBuild(1, NewApp(1).id);
  const model::Build claimed = Claimed(1);
  const auto append = [&](int64_t offset, const std::string& bytes) {
    return s.logs.Append(claimed.id, claimed.lease.token, offset, bytes).value();
  };
  EXPECT_EQ(append(0, "abcdef"), 6);
  EXPECT_EQ(append(0, "abcdef"), 6) << "an answer that was lost";
  EXPECT_EQ(append(2, "cd"), 6);
  EXPECT_EQ(append(6, ""), 6);
  EXPECT_EQ(append(4, "efghi"), 9) << "the rest of it is new";
  EXPECT_EQ(append(10, "x"), 9) << "one byte is missing";
  EXPECT_EQ(append(10, ""), 9);
  EXPECT_EQ(append(-1, "xabcdefghij"), 9) << "there is no such place";
  EXPECT_THAT(HintsOf([&] { append(0, "abc"); }), IsEmpty());
  EXPECT_EQ(s.logs.Read(claimed.id, 0, 100)->bytes, "abcdefghi");
}

}  // namespace ns::ports::testing
