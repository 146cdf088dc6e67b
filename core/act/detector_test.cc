// Questions which build methods fit a commit, from the store to the answer.
#include "act/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "act/store_desk.h"
#include "act/world.h"
#include "ports/testing/fake_store.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kCommit(40, 'a');

// One file, or a failure; or it takes until the call is cancelled.
class OneFileRemote final : public ports::GitRemote {
 public:
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&, const ports::Remote&) override {
    return std::vector<model::GitRef>();
  }
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote&,
                                             const std::vector<std::string>&) override {
    return std::vector<model::Commit>();
  }
  Status Checkout(const ports::Call& call, const ports::Remote& remote, const std::string& commit,
                  const std::string& path, const ports::LargeFiles& large) override {
    EXPECT_FALSE(large.fetch) << "what a source is built with is seen without";
    ++checkouts;
    while (patient && !call.cancel.stop_requested()) std::this_thread::sleep_for(1ms);
    if (patient) return Status(Code::kCancelled, "Cancelled", "stopped");
    std::ofstream(path + "/index.html") << commit << remote.credentials.password.Reveal();
    return failure.With([](const Status& status) { return status; });
  }

  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote&) override {
    return Status(Code::kUnsupported, "there is no SSH here");
  }

  std::atomic<int> checkouts = 0;
  std::atomic<bool> patient = false;
  Guarded<Status> failure;
};

// Says what it sees.
class ReadingMethod final : public ports::BuildMethod {
 public:
  Result<ports::BuildPlan> Plan(const ports::Call&, const ports::BuildRequest&) override {
    return ports::BuildPlan();
  }
  Result<std::vector<ports::Suggestion>> Detect(const ports::Call& call,
                                                const ports::SourceListing& source) override {
    EXPECT_TRUE(call.deadline.has_value());
    ports::Suggestion one;
    one.fit = static_cast<int>(source.files.size());
    one.why = source.files.empty() ? "empty" : source.head(source.files[0].path);
    return std::vector<ports::Suggestion>{one};
  }
};

class DetectorTest : public ::testing::Test {
 protected:
  DetectorTest() : folder_(::testing::TempDir() + "detector-" + NewIdText(SystemRandom())) {
    store_.hints.Subscribe([this](const ports::Hint& hint) {
      if (hint.kind == ports::Hint::Kind::kDetection && detector_) detector_->Wake();
    });
    const auto user = store_.users.Ensure("alice", false);
    model::Repository repository{repository_, "shop", "https://git.test/shop", {}, {user->id}};
    repository.credentials = {model::GitAuth::kBasic, "bot", Secret("password"), Secret()};
    EXPECT_TRUE(store_.repositories.Insert(repository).ok());
    model::Host host;
    host.id = host_;
    EXPECT_TRUE(store_.hosts.Beat(host, 1min).ok());
  }
  ~DetectorTest() override {
    detector_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Begin() { detector_.emplace(parts_); }
  ports::DetectionId Ask() { return store_.detections.Ask(repository_, kCommit).value(); }
  ports::DetectionAnswer AnswerOf(const ports::DetectionId& id) {
    for (int i = 0; i < 3000; ++i) {
      const auto answer = store_.detections.Read(id);
      if (answer.ok() && answer->has_value()) return **answer;
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << "never answered";
    return {};
  }
  template <class Condition>
  void Until(const char* what, Condition condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "never: " << what;
  }
  bool NothingIsLeft() {
    return !std::filesystem::exists(folder_) || std::filesystem::is_empty(folder_);
  }

  const std::string folder_;
  const HostId host_ = HostId::New(SystemRandom());
  const RepositoryId repository_ = RepositoryId::New(SystemRandom());
  ports::testing::FakeStore rows_{SystemClock()};
  const ports::Store store_ = rows_.store();
  OneFileRemote remote_;
  testing::MemoryRegistry registry_;
  testing::MemoryMethod silent_;
  ReadingMethod reading_;
  StoreDesk desk_{store_, registry_, nullptr, {Secret(), Secret("installation")}, host_};
  const BuilderParts parts_{
      desk_,        remote_, {{"runtime-cmd", &silent_}, {"static-cmd", &reading_}},
      {},           folder_, SystemRandom(),
      SystemClock()};
  std::optional<Detector> detector_;
};

TEST_F(DetectorTest, Question_IsAnsweredFromTheSourceThatIsThenGone) {
  silent_.Suggest(Status(Code::kInternal, "Defect", "it broke"));
  Begin();
  const ports::DetectionAnswer answer = AnswerOf(Ask());
  EXPECT_EQ(answer.failure, Status());
  ASSERT_THAT(answer.found.fits, SizeIs(1));
  EXPECT_EQ(answer.found.fits[0].method, "static-cmd");
  EXPECT_EQ(answer.found.fits[0].suggestion.why, kCommit + "password");
  ASSERT_THAT(answer.found.failed, SizeIs(1));
  EXPECT_EQ(answer.found.failed.at("runtime-cmd").reason(), "Defect");
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(DetectorTest, QuestionsThatWaitAlready_AreAnsweredOneAfterAnother) {
  const ports::DetectionId first = Ask();
  const ports::DetectionId second =
      store_.detections.Ask(repository_, std::string(40, 'b')).value();
  Begin();
  EXPECT_THAT(AnswerOf(first).found.fits, SizeIs(1));
  EXPECT_THAT(AnswerOf(second).found.fits, SizeIs(1));
}

TEST_F(DetectorTest, SourceThatCannotBeRead_IsAnsweredWithTheReason) {
  remote_.failure.With([](Status& failure) {
    failure = Status(Code::kNotFound, "CommitNotFound", "no such commit");
  });
  Begin();
  const ports::DetectionAnswer answer = AnswerOf(Ask());
  EXPECT_EQ(answer.failure.reason(), "CommitNotFound");
  EXPECT_EQ(answer.failure.fault(), Fault::kSource);
  EXPECT_THAT(answer.failure.message(), HasSubstr("the repository cannot be read"));
  EXPECT_THAT(answer.found.fits, IsEmpty());
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(DetectorTest, Stop_GivesUpAtOnceAndLeavesTheQuestionToOthers) {
  remote_.patient = true;
  const ports::DetectionId id = Ask();
  Begin();
  Until("looks", [&] { return remote_.checkouts == 1; });
  detector_.reset();
  EXPECT_TRUE(NothingIsLeft());
  EXPECT_FALSE(store_.detections.Read(id)->has_value());
  ASSERT_TRUE(store_.hosts.Leave(host_).ok());
  EXPECT_TRUE(store_.detections.Take(HostId::New(SystemRandom()), 1min)->has_value());
}

TEST_F(DetectorTest, StoreAwayForAMoment_QuestionIsAnsweredAllTheSame) {
  const ports::DetectionId id = Ask();
  rows_.FailWith(Unavailable("no database"));
  Begin();
  std::this_thread::sleep_for(50ms);
  rows_.FailWith(Status());
  EXPECT_THAT(AnswerOf(id).found.fits, SizeIs(1));
}

TEST_F(DetectorTest, LookThatIsCancelled_SaysSo) {
  std::stop_source stop;
  stop.request_stop();
  remote_.patient = true;
  const auto answer = LookAtSource(
      parts_, {{ports::DetectionId::New(SystemRandom()), "t"}, {}, kCommit}, stop.get_token());
  EXPECT_EQ(answer.failure.code(), Code::kCancelled);
}

TEST_F(DetectorTest, Desk_GivesTheInstallationsKeyWhereARepositoryHasNone) {
  model::Repository repository = store_.repositories.Get(repository_).value();
  repository.credentials = {model::GitAuth::kSsh, "", Secret(), Secret()};
  ASSERT_TRUE(store_.repositories.Update(repository).ok());
  EXPECT_FALSE(desk_.TakeDetection({})->has_value());
  Ask();
  const auto order = desk_.TakeDetection({}).value();
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(order->commit, kCommit);
  EXPECT_EQ(order->remote.credentials.ssh_private_key.Reveal(), "installation");
  EXPECT_TRUE(desk_.AnswerDetection({}, order->claim, {}).ok());
  EXPECT_EQ(desk_.AnswerDetection({}, order->claim, {}).code(), Code::kStale);
}

}  // namespace
}  // namespace ns::act
