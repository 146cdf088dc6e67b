// Included by store_contract.h: questions which build methods fit a commit.
#pragma once

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class DetectionContract : public StoreContract {
 protected:
  DetectionContract() {
    NewRepository(1);
    Beat(1);
    Beat(2);
  }
  DetectionId Ask(const std::string& commit = kHashA) {
    return s.detections.Ask(IdOf<RepositoryId>(1), commit).value();
  }
  // Of host `n`, or none.
  std::optional<DetectionTask> Take(int n, Duration lease = 1min) {
    return s.detections.Take(IdOf<HostId>(n), lease).value();
  }
  static DetectionAnswer Found() {
    DetectionAnswer answer;
    Suggestion best{85, R"({"build_cmd":"npm run build"})", "dist", "", "It uses \"Vite\".", 0};
    Suggestion next{80, "{}", "", "node server.js --port 80", "There is a server.", 80};
    Suggestion none;
    none.settings = "{}";
    none.why = "There is no Dockerfile.";
    answer.found.fits = {{"static-cmd", best}, {"runtime-cmd", next}};
    answer.found.misfits = {{"runtime-dockerfile", none}};
    answer.found.failed = {
        {"other", Status(Code::kInternal, "Defect", "it broke").SetFault(Fault::kPlatform)}};
    return answer;
  }
  static DetectionAnswer Failed() {
    DetectionAnswer answer;
    answer.failure =
        Status(Code::kUnavailable, "RemoteUnreachable", "no route").SetFault(Fault::kSource);
    return answer;
  }
  Hint DetectionHint(const DetectionId& id) { return {Hint::Kind::kDetection, id.str()}; }
};

TEST_P(DetectionContract, Question_IsTakenOnceAndAnsweredWithAllThatWasSaid) {
  const DetectionId id = Ask();
  EXPECT_FALSE(s.detections.Read(id)->has_value());
  const auto task = Take(1);
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->claim.id, id);
  EXPECT_EQ(task->repository, IdOf<RepositoryId>(1));
  EXPECT_EQ(task->commit, kHashA);
  EXPECT_FALSE(Take(2).has_value());
  EXPECT_EQ(s.detections.Answer(task->claim, Found()), Status());
  EXPECT_EQ(**s.detections.Read(id), Found());
  EXPECT_EQ(s.detections.Answer(task->claim, Found()).code(), Code::kStale);
  EXPECT_FALSE(Take(1).has_value());
}

TEST_P(DetectionContract, Unknown_IsNotFound) {
  EXPECT_EQ(s.detections.Read(IdOf<DetectionId>(9)).status().code(), Code::kNotFound);
  EXPECT_EQ(s.detections.Ask(IdOf<RepositoryId>(9), kHashA).status().code(), Code::kNotFound);
  EXPECT_EQ(s.detections.Answer({IdOf<DetectionId>(9), "x"}, Found()).code(), Code::kStale);
}

TEST_P(DetectionContract, SameCommitAskedTwice_SharesTheAnswerUnlessItIsAFailure) {
  const DetectionId id = Ask();
  EXPECT_EQ(Ask(), id);
  EXPECT_NE(Ask(kHashB), id);
  const auto task = Take(1);
  ASSERT_EQ(task->claim.id, id) << "the oldest first";
  ASSERT_EQ(s.detections.Answer(task->claim, Failed()), Status());
  EXPECT_EQ((*s.detections.Read(id))->failure, Failed().failure);
  const DetectionId again = Ask();
  EXPECT_NE(again, id);
  (void)Take(2);
  ASSERT_EQ(s.detections.Answer(Take(1)->claim, Found()), Status());
  EXPECT_EQ(Ask(), again);
}

TEST_P(DetectionContract, TakenAgainByItsHost_IsGivenAnewAndTheOldTokenIsStale) {
  Ask();
  const auto lost = Take(1);
  Ask(kHashB);
  const auto task = Take(1);
  EXPECT_EQ(task->claim.id, lost->claim.id) << "before any other";
  EXPECT_EQ(s.detections.Answer(lost->claim, Found()).code(), Code::kStale);
  EXPECT_EQ(s.detections.Answer(task->claim, Found()), Status());
}

TEST_P(DetectionContract, LeaseThatLapsed_OrHostThatIsGone_LeavesItToOthers) {
  Ask();
  (void)Take(1, 1ms);
  under_test_->Advance(5ms);
  const auto second = Take(2);
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(Take(1).has_value());
  LetLapse(2);
  const auto third = Take(1);
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(s.detections.Answer(second->claim, Found()).code(), Code::kStale);
  EXPECT_EQ(s.detections.Answer(third->claim, Found()), Status());
}

TEST_P(DetectionContract, QuestionsOfARepositoryThatIsDeleted_GoWithIt) {
  const DetectionId id = Ask();
  ASSERT_EQ(s.repositories.Delete(IdOf<RepositoryId>(1)), Status());
  EXPECT_EQ(s.detections.Read(id).status().code(), Code::kNotFound);
  EXPECT_FALSE(Take(1).has_value());
}

TEST_P(DetectionContract, Hints_TellThatOneWasAskedAndThatItWasAnswered) {
  DetectionId id;
  const auto asked = HintsOf([&] { id = Ask(); });
  EXPECT_THAT(asked, ElementsAre(DetectionHint(id)));
  EXPECT_THAT(HintsOf([&] { (void)Ask(); }), IsEmpty());
  std::optional<DetectionTask> task;
  EXPECT_THAT(HintsOf([&] { task = Take(1); }), IsEmpty());
  EXPECT_THAT(HintsOf([&] { (void)s.detections.Answer(task->claim, Found()); }),
              ElementsAre(DetectionHint(id)));
}

}  // namespace ns::ports::testing
