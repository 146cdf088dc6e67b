// The loops of a host that builds, answered by hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "plan/test_snapshots.h"
#include "reconcile/engine.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

using namespace std::chrono_literals;
using model::BuildResult;
using model::BuildStatus;
using plan::testing::IdOf;

model::Build BuildOf(int n, const std::string& token = "t1") {
  model::Build build;
  build.id = IdOf<BuildId>(n);
  build.attempt = 1;
  build.lease.token = token;
  return build;
}

BuildResult Succeeded() {
  BuildResult result;
  result.status = BuildStatus::kSucceeded;
  return result;
}

BuildResult Interrupted(const std::string& reason = "Cancelled") {
  BuildResult result;
  result.status = BuildStatus::kCancelled;
  result.outcome = Status(Code::kCancelled, reason, "interrupted");
  return result;
}

// An engine with the three loops; effects are kept until the test answers them.
class BuilderLoopsTest : public testing::Test {
 protected:
  BuilderLoopsTest() {
    BuilderLoops loops = NewBuilderLoops();
    engine_.Add(std::move(loops.claims), {.period = 3s, .in_flight = 2, .keyed = false});
    engine_.Add(std::move(loops.guard), {.period = 0s, .in_flight = 1, .keyed = false});
    engine_.Add(std::move(loops.attempts), {.period = 0s, .in_flight = 4, .keyed = false});
  }

  void Obey(Commands commands) {
    for (Command& command : commands) {
      if (auto* request = std::get_if<Request>(&command)) {
        open_.push_back(std::move(*request));
      } else {
        cancelled_.push_back(std::get<Cancel>(command).ticket);
      }
    }
  }
  // The one open effect of that kind; answered by Answer().
  template <class E>
  Request Take() {
    const auto found = std::ranges::find_if(
        open_, [](const Request& one) { return std::holds_alternative<E>(one.effect); });
    if (found == open_.end()) {
      ADD_FAILURE() << "no such effect is asked for";
      return {};
    }
    Request request = std::move(*found);
    open_.erase(found);
    return request;
  }
  template <class E>
  bool Open() const {
    return std::ranges::any_of(
        open_, [](const Request& one) { return std::holds_alternative<E>(one.effect); });
  }
  void Reply(const Request& request, Outcome outcome) {
    Obey(engine_.Done(request.ticket, std::move(outcome), now_));
  }
  template <class E>
  void Reply(Outcome outcome) {
    Reply(Take<E>(), std::move(outcome));
  }
  void Pass(Duration span) {
    now_ += span;
    Obey(engine_.Tick(now_));
  }
  // From the first look to an attempt that runs.
  Request Begin(const model::Build& build) {
    Pass(0s);
    Reply<ListClaims>(Answer(Builds{build}));
    Reply<RenewClaims>(Answer(Renewals{Status()}));
    return Take<RunAttempt>();
  }
  bool Cancelled(const Request& request) const {
    return std::ranges::find(cancelled_, request.ticket) != cancelled_.end();
  }
  BuildResult SettledWith() { return std::get<SettleAttempt>(Take<SettleAttempt>().effect).result; }

  SeededRandom random_{1};
  Engine engine_{random_};
  Duration now_ = 100s;
  std::vector<Request> open_;
  std::vector<Ticket> cancelled_;
};

TEST_F(BuilderLoopsTest, ClaimedBuild_IsRunAndSettledOnce) {
  const Request run = Begin(BuildOf(1));
  EXPECT_EQ(std::get<RunAttempt>(run.effect).build, BuildOf(1));
  Reply(run, Answer(Succeeded()));
  EXPECT_FALSE(Open<RunAttempt>());
  const Request settle = Take<SettleAttempt>();
  EXPECT_EQ(std::get<SettleAttempt>(settle.effect).result.status, BuildStatus::kSucceeded);
  Reply(settle, Answer());
  EXPECT_TRUE(Open<ListClaims>()) << "there is room for another";
  Reply<ListClaims>(Answer(Builds{}));
  EXPECT_TRUE(open_.empty());
}

TEST_F(BuilderLoopsTest, ListOlderThanTheEndOfTheBuild_BeginsNothing) {
  const Request run = Begin(BuildOf(1));
  Pass(3s);
  Reply<RenewClaims>(Answer(Renewals{Status()}));
  const Request list = Take<ListClaims>();
  Reply(run, Answer(Succeeded()));
  Reply<SettleAttempt>(Answer());
  Reply(list, Answer(Builds{BuildOf(1)}));
  Reply<RenewClaims>(Answer(Renewals{Stale("settled")}));
  EXPECT_FALSE(Open<RunAttempt>());
}

TEST_F(BuilderLoopsTest, ClaimThatCannotBeRenewed_IsNotBegun) {
  Pass(0s);
  Reply<ListClaims>(Answer(Builds{BuildOf(1)}));
  Reply<RenewClaims>(Unavailable("no database"));
  EXPECT_FALSE(Open<RunAttempt>());
  Pass(3s);
  Reply<ListClaims>(Answer(Builds{BuildOf(1)}));
  Reply<RenewClaims>(Answer(Renewals{Status()}));
  EXPECT_TRUE(Open<RunAttempt>());
}

TEST_F(BuilderLoopsTest, Claims_AreRenewedEveryPeriodWithTheirTokens) {
  Begin(BuildOf(1));
  for (int i = 0; i < 10; ++i) {
    Pass(3s);
    const Request renew = Take<RenewClaims>();
    EXPECT_EQ(std::get<RenewClaims>(renew.effect).claims,
              (std::vector<ports::Claim>{{IdOf<BuildId>(1), "t1"}}));
    Reply(renew, Answer(Renewals{Status()}));
    Reply<ListClaims>(Answer(Builds{BuildOf(1)}));
  }
  EXPECT_TRUE(cancelled_.empty());
}

TEST_F(BuilderLoopsTest, CancelAskedFor_InterruptsOnceAndStaysCancelled) {
  const Request run = Begin(BuildOf(1));
  Pass(3s);
  Reply<RenewClaims>(Answer(Renewals{Status(Code::kCancelled, "please")}));
  EXPECT_TRUE(Cancelled(run)) << "without waiting for the list";
  Pass(0s);
  Reply<RenewClaims>(Answer(Renewals{Status(Code::kCancelled, "please")}));
  Reply<ListClaims>(Answer(Builds{BuildOf(1)}));
  EXPECT_EQ(cancelled_, std::vector<Ticket>{run.ticket});
  Reply(run, Answer(Interrupted()));
  EXPECT_EQ(SettledWith().status, BuildStatus::kCancelled);
}

TEST_F(BuilderLoopsTest, CancelAskedForBeforeItBegins_IsSettledWithoutARun) {
  Pass(0s);
  Reply<ListClaims>(Answer(Builds{BuildOf(1)}));
  Reply<RenewClaims>(Answer(Renewals{Status(Code::kCancelled, "please")}));
  EXPECT_FALSE(Open<RunAttempt>());
  EXPECT_EQ(SettledWith().status, BuildStatus::kCancelled);
}

TEST_F(BuilderLoopsTest, ClaimLost_IsInterruptedAndNotCalledACancellation) {
  const Request run = Begin(BuildOf(1));
  Pass(3s);
  Reply<RenewClaims>(Answer(Renewals{Stale("lost")}));
  EXPECT_TRUE(Cancelled(run));
  Reply(run, Answer(Interrupted()));
  const Request settle = Take<SettleAttempt>();
  const BuildResult result = std::get<SettleAttempt>(settle.effect).result;
  EXPECT_EQ(result.status, BuildStatus::kQueued);
  EXPECT_EQ(result.outcome.reason(), "BuilderLost");
  Reply(settle, Stale("lost"));
  EXPECT_FALSE(Open<SettleAttempt>());
}

TEST_F(BuilderLoopsTest, RenewalsThatFail_StopTheWorkWhenTheLeaseMayBeOverAndNotBefore) {
  const Request run = Begin(BuildOf(1));
  const Duration renewed = now_;
  while (now_ < renewed + ports::kBuildLease - 1s) {
    Pass(1s);
    if (Open<RenewClaims>()) Reply<RenewClaims>(Unavailable("no network"));
    if (Open<ListClaims>()) Reply<ListClaims>(Unavailable("no network"));
  }
  EXPECT_FALSE(Cancelled(run));
  Pass(1s);
  EXPECT_TRUE(Cancelled(run));
}

TEST_F(BuilderLoopsTest, RenewalThatHangs_StopsTheWorkAllTheSame) {
  const Request run = Begin(BuildOf(1));
  const Duration renewed = now_;
  Pass(3s);
  ASSERT_TRUE(Open<RenewClaims>());
  EXPECT_LE(engine_.NextDue(), renewed + ports::kBuildLease) << "somebody looks in time";
  Pass(ports::kBuildLease - 3s - 1ms);
  EXPECT_FALSE(Cancelled(run));
  Pass(1ms);
  EXPECT_TRUE(Cancelled(run));
}

TEST_F(BuilderLoopsTest, LeaseIsCountedFromBeforeTheRenewalWasAsked) {
  const Request run = Begin(BuildOf(1));
  Pass(3s);
  const Duration asked = now_;
  const Request renew = Take<RenewClaims>();
  Pass(5s);
  Reply(renew, Answer(Renewals{Status()}));
  Reply<ListClaims>(Answer(Builds{BuildOf(1)}));
  Pass(asked + ports::kBuildLease - now_ - 1ms);
  EXPECT_FALSE(Cancelled(run));
  Pass(1ms);
  EXPECT_TRUE(Cancelled(run));
}

TEST_F(BuilderLoopsTest, SettleThatFails_IsTriedUntilAcknowledgedWithTheSameResult) {
  const Request run = Begin(BuildOf(1));
  Reply(run, Answer(Succeeded()));
  for (int i = 0; i < 20; ++i) {
    const Request settle = Take<SettleAttempt>();
    EXPECT_EQ(std::get<SettleAttempt>(settle.effect).result.status, BuildStatus::kSucceeded);
    Reply(settle, Unavailable("no answer"));
    EXPECT_FALSE(Open<SettleAttempt>()) << "at once";
    Pass(1300ms);
  }
  EXPECT_FALSE(Open<RunAttempt>());
  EXPECT_TRUE(Open<RenewClaims>()) << "the claim is kept meanwhile";
  Reply<SettleAttempt>(Answer());
  Pass(2s);
  EXPECT_FALSE(Open<SettleAttempt>());
}

TEST_F(BuilderLoopsTest, ResultThatIsRefused_IsReplacedOnceThenLeftToTheLease) {
  const Request run = Begin(BuildOf(1));
  Reply(run, Answer(Succeeded()));
  Reply<SettleAttempt>(Invalid("no text"));
  const Request settle = Take<SettleAttempt>();
  EXPECT_EQ(std::get<SettleAttempt>(settle.effect).result.status, BuildStatus::kFailed);
  EXPECT_EQ(std::get<SettleAttempt>(settle.effect).result.outcome.reason(), "ResultRefused");
  Reply(settle, Invalid("still none"));
  Pass(5s);
  EXPECT_FALSE(Open<SettleAttempt>());
}

TEST_F(BuilderLoopsTest, Superseded_StaysSoThoughTheHostLeaves) {
  const Request run = Begin(BuildOf(1));
  Obey(engine_.Hint({LoopId::kClaims, kLeaveKey}, now_));
  Reply(run, Answer(Interrupted(model::kSuperseded)));
  EXPECT_EQ(SettledWith().outcome.reason(), model::kSuperseded);
}

TEST_F(BuilderLoopsTest, Leaving_QueuesAgainTakesNothingUpAndIsIdleThen) {
  const Request run = Begin(BuildOf(1));
  Pass(3s);
  ASSERT_TRUE(Open<RenewClaims>()) << "which hangs";
  Obey(engine_.Hint({LoopId::kClaims, kLeaveKey}, now_));
  EXPECT_TRUE(Cancelled(run));
  EXPECT_FALSE(engine_.Idle(LoopId::kAttempt));
  Reply(run, Answer(Interrupted()));
  const Request settle = Take<SettleAttempt>();
  EXPECT_EQ(std::get<SettleAttempt>(settle.effect).result.outcome.reason(), "BuilderStopped");
  EXPECT_EQ(std::get<SettleAttempt>(settle.effect).result.status, BuildStatus::kQueued);
  Reply(settle, Answer());
  EXPECT_TRUE(engine_.Idle(LoopId::kAttempt));
  Reply<RenewClaims>(Answer(Renewals{Stale("settled")}));
  EXPECT_FALSE(Open<ListClaims>());
}

TEST_F(BuilderLoopsTest, AttemptThatEndsWell_CountsThoughTheHostLeaves) {
  const Request run = Begin(BuildOf(1));
  Obey(engine_.Hint({LoopId::kClaims, kLeaveKey}, now_));
  Reply(run, Answer(Succeeded()));
  EXPECT_EQ(SettledWith().status, BuildStatus::kSucceeded);
}

TEST_F(BuilderLoopsTest, NextAttemptOnTheSameHost_BeginsWhenTheOldOneHasEnded) {
  const Request first = Begin(BuildOf(1));
  Pass(3s);
  Reply<RenewClaims>(Answer(Renewals{Stale("expired")}));
  Pass(0s);
  Reply<RenewClaims>(Answer(Renewals{Stale("expired")}));
  Reply<ListClaims>(Answer(Builds{BuildOf(1, "t2")}));
  EXPECT_FALSE(Open<RunAttempt>());
  Reply(first, Answer(Interrupted()));
  Reply<SettleAttempt>(Stale("expired"));
  Reply<ListClaims>(Answer(Builds{BuildOf(1, "t2")}));
  Reply<RenewClaims>(Answer(Renewals{Status()}));
  EXPECT_EQ(std::get<RunAttempt>(Take<RunAttempt>().effect).build.lease.token, "t2");
}

TEST_F(BuilderLoopsTest, TooFewRenewalsInAnAnswer_LoseNothing) {
  const Request run = Begin(BuildOf(1));
  Pass(3s);
  Reply<RenewClaims>(Answer(Renewals{}));
  Reply<ListClaims>(Answer(Builds{}));
  EXPECT_FALSE(Cancelled(run));
}

}  // namespace
}  // namespace ns::reconcile
