// Included by store_contract.h: who asked for what, and answers that are kept for a repetition.
#pragma once

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class AuditContract : public StoreContract {
 protected:
  static model::AuditEvent EventOf(int n) {
    model::AuditEvent event;
    event.call = IdOf<AppId>(n).str();
    event.request = "request-" + std::to_string(n);
    event.user = IdOf<UserId>(n % 2);
    event.user_name = n % 2 == 0 ? "Alice" : "bob";
    event.via = "proxy";
    event.address = "192.0.2.7";
    event.method = n < 3 ? "x.v1.Service/Create" : "x.v1.Other/Delete";
    event.object_kind = "application";
    event.object_id = IdOf<AppId>(100 + n).str();
    event.app = IdOf<AppId>(100 + n);
    return event;
  }
  void Tell(const model::AuditEvent& event, Duration ago = 0s) {
    EXPECT_EQ(s.audit.Append(event, ago), Status());
  }
  // Calls, newest first, as numbers.
  std::vector<int> CallsOf(AuditQuery query, bool all = true) {
    query.all = all;
    const auto found = s.audit.List(query);
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    std::vector<int> calls;
    for (const auto& event : found.value()) calls.push_back(std::stoi(event.call));
    return calls;
  }
  static AuditQuery By(const std::string& user) {
    AuditQuery query;
    query.user = user;
    return query;
  }
};

TEST_P(AuditContract, Event_IsReadAsItWasTold) {
  model::AuditEvent event = EventOf(1);
  event.credential = IdOf<AppId>(8).str();
  event.repository = IdOf<RepositoryId>(9);
  event.result_id = IdOf<AppId>(10).str();
  event.code = Code::kDenied;
  event.reason = "NotAllowed";
  Tell(event);
  AuditQuery query;
  query.all = true;
  auto found = s.audit.List(query).value();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_GT(found[0].cursor, 0);
  EXPECT_NE(found[0].at, kNever);
  event.cursor = found[0].cursor;
  event.at = found[0].at;
  EXPECT_EQ(found[0], event);
}

TEST_P(AuditContract, Events_AreNewestFirstAPageAtATime) {
  for (int n = 1; n <= 5; ++n) Tell(EventOf(n));
  EXPECT_THAT(CallsOf({}), ElementsAre(5, 4, 3, 2, 1));
  AuditQuery query;
  query.all = true;
  query.limit = 2;
  const auto page = s.audit.List(query).value();
  ASSERT_THAT(page, SizeIs(2));
  query.before = page.back().cursor;
  EXPECT_THAT(CallsOf(query), ElementsAre(3, 2));
}

TEST_P(AuditContract, EventToldTwice_IsThereOnce) {
  Tell(EventOf(1));
  Tell(EventOf(1));
  EXPECT_THAT(CallsOf({}), ElementsAre(1));
}

TEST_P(AuditContract, Filters_TellApart) {
  for (int n = 1; n <= 4; ++n) Tell(EventOf(n));
  EXPECT_THAT(CallsOf(By("alice")), ElementsAre(4, 2));
  EXPECT_THAT(CallsOf(By(IdOf<UserId>(1).str())), ElementsAre(3, 1));
  EXPECT_THAT(CallsOf(By("carol")), IsEmpty());
  AuditQuery query;
  query.method = "Create";
  EXPECT_THAT(CallsOf(query), ElementsAre(2, 1));
  query.method = "x.v1.Other/Delete";
  EXPECT_THAT(CallsOf(query), ElementsAre(4, 3));
  for (const char* none : {"x.v1.Other/Create", "reate", "%", "_reate", "Service/Create"}) {
    query.method = none;
    EXPECT_THAT(CallsOf(query), IsEmpty()) << none;
  }
  query = {};
  query.object = IdOf<AppId>(103).str();
  EXPECT_THAT(CallsOf(query), ElementsAre(3));
}

TEST_P(AuditContract, Object_IsFoundAsWhateverItWas) {
  for (int n = 1; n <= 3; ++n) {
    model::AuditEvent event = EventOf(n);
    event.app = AppId();
    event.object_id = "";
    if (n == 1) event.repository = IdOf<RepositoryId>(50);
    if (n == 2) event.result_id = IdOf<AppId>(50).str();
    Tell(event);
  }
  AuditQuery query;
  query.object = IdOf<AppId>(50).str();
  EXPECT_THAT(CallsOf(query), ElementsAre(2, 1));
}

TEST_P(AuditContract, Times_BoundWhatIsRead) {
  Tell(EventOf(1), 2h);
  Tell(EventOf(2), 1h);
  Tell(EventOf(3));
  AuditQuery query;
  query.all = true;
  const auto all = s.audit.List(query).value();
  EXPECT_EQ(all[1].at - all[2].at < 2h, true);
  query.since = all[1].at;
  EXPECT_THAT(CallsOf(query), ElementsAre(3, 2));
  query.until = all[0].at;
  EXPECT_THAT(CallsOf(query), ElementsAre(2));
}

TEST_P(AuditContract, WhoIsNoAdmin_SeesWhatTheyDidAndOwn) {
  for (int n = 1; n <= 4; ++n) Tell(EventOf(n));
  model::AuditEvent on_repository = EventOf(5);
  on_repository.user = UserId();
  on_repository.app = AppId();
  on_repository.repository = IdOf<RepositoryId>(60);
  Tell(on_repository);
  AuditQuery query;
  query.viewer = IdOf<UserId>(0);
  EXPECT_THAT(CallsOf(query, false), ElementsAre(4, 2));
  query.owned = {IdOf<AppId>(103).str(), IdOf<RepositoryId>(60).str()};
  EXPECT_THAT(CallsOf(query, false), ElementsAre(5, 4, 3, 2));
  query.viewer = IdOf<UserId>(77);
  query.owned = {};
  EXPECT_THAT(CallsOf(query, false), IsEmpty());
}

TEST_P(AuditContract, OldEvents_GoWithTheOthers) {
  Tell(EventOf(1), 2h);
  Tell(EventOf(2), 2h);
  Tell(EventOf(3));
  EXPECT_EQ(s.retention.DropEvents(1h, 1).value(), 1);
  EXPECT_THAT(CallsOf({}), ElementsAre(3, 2));
  EXPECT_EQ(s.retention.DropEvents(1h, 100).value(), 1);
  EXPECT_THAT(CallsOf({}), ElementsAre(3));
}

class RepeatContract : public StoreContract {
 protected:
  using State = Repeat::State;
  RepeatableCall CallOf(const std::string& key = "key", const std::string& fingerprint = "print") {
    return {NewUser().id, key, fingerprint};
  }
  Repeat Begin(const RepeatableCall& call, const std::string& token, Duration lease = 1min,
               Duration keep = 1h) {
    return s.repeats.Begin(call, token, lease, keep).value();
  }
};

TEST_P(RepeatContract, FirstAnswer_IsGivenAgain) {
  EXPECT_EQ(Begin(CallOf(), "t1").state, State::kFirst);
  EXPECT_EQ(Begin(CallOf(), "t2").state, State::kUnderWay);
  EXPECT_EQ(s.repeats.Finish(CallOf(), "t1", Secret("answer")), Status());
  const Repeat again = Begin(CallOf(), "t3");
  EXPECT_EQ(again.state, State::kAnswered);
  EXPECT_EQ(again.answer.Reveal(), "answer");
}

TEST_P(RepeatContract, AnotherRequest_MayNotHaveTheKey) {
  EXPECT_EQ(Begin(CallOf("key", "one"), "t1").state, State::kFirst);
  EXPECT_EQ(Begin(CallOf("key", "two"), "t2").state, State::kOther);
  EXPECT_EQ(s.repeats.Finish(CallOf("key", "one"), "t1", Secret("answer")), Status());
  EXPECT_EQ(Begin(CallOf("key", "two"), "t3").state, State::kOther);
  EXPECT_EQ(Begin(CallOf("other key", "two"), "t4").state, State::kFirst);
}

TEST_P(RepeatContract, AnotherUser_HasKeysOfTheirOwn) {
  EXPECT_EQ(Begin(CallOf(), "t1").state, State::kFirst);
  RepeatableCall call = CallOf();
  call.user = NewUser("bob").id;
  call.fingerprint = "another";
  EXPECT_EQ(Begin(call, "t2").state, State::kFirst);
}

TEST_P(RepeatContract, AbandonedCall_IsFirstAgain) {
  EXPECT_EQ(Begin(CallOf(), "t1").state, State::kFirst);
  EXPECT_EQ(s.repeats.Abandon(CallOf(), "t0"), Status());
  EXPECT_EQ(Begin(CallOf(), "t2").state, State::kUnderWay);
  EXPECT_EQ(s.repeats.Abandon(CallOf(), "t1"), Status());
  EXPECT_EQ(Begin(CallOf("key", "another"), "t3").state, State::kFirst);
}

TEST_P(RepeatContract, AnsweredCall_CannotBeAbandoned) {
  EXPECT_EQ(Begin(CallOf(), "t1").state, State::kFirst);
  EXPECT_EQ(s.repeats.Finish(CallOf(), "t1", Secret("answer")), Status());
  EXPECT_EQ(s.repeats.Abandon(CallOf(), "t1"), Status());
  EXPECT_EQ(Begin(CallOf(), "t2").state, State::kAnswered);
}

TEST_P(RepeatContract, LeaseThatPassed_IsTakenOver) {
  EXPECT_EQ(Begin(CallOf(), "t1", 1ms).state, State::kFirst);
  under_test_->Advance(5ms);
  EXPECT_EQ(Begin(CallOf("key", "another"), "t2").state, State::kOther);
  EXPECT_EQ(Begin(CallOf(), "t2").state, State::kFirst);
  EXPECT_EQ(s.repeats.Finish(CallOf(), "t1", Secret("late")).code(), Code::kStale);
  EXPECT_EQ(s.repeats.Finish(CallOf(), "t2", Secret("answer")), Status());
  EXPECT_EQ(Begin(CallOf(), "t3").answer.Reveal(), "answer");
}

TEST_P(RepeatContract, OldAnswer_IsForgotten) {
  EXPECT_EQ(Begin(CallOf(), "t1", 1min, 1ms).state, State::kFirst);
  EXPECT_EQ(s.repeats.Finish(CallOf(), "t1", Secret("answer")), Status());
  under_test_->Advance(5ms);
  EXPECT_EQ(Begin(CallOf("key", "another"), "t2").state, State::kFirst);
}

}  // namespace ns::ports::testing
