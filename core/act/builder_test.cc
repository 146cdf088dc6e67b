// The builder where its claims, its store or its process let it down.
#include "act/builder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "act/build_job.h"
#include "act/source_folder.h"
#include "act/store_desk.h"
#include "act/world.h"
#include "plan/keys.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"
#include "ports/testing/store_with.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using model::BuildStatus;

const Secret kKey(std::string(32, 'k'));
const std::string kCommit(40, 'a');

// Builds until it is told to end or is cancelled.
class PatientEngine final : public ports::BuildEngine {
 public:
  ports::EngineAbilities Abilities() const override {
    ports::EngineAbilities abilities;
    abilities.dockerfile = true;
    return abilities;
  }
  Result<ports::EngineOutput> Run(const ports::Call& call, const ports::EngineJob& job,
                                  const std::function<void(std::string_view)>&) override {
    deadline = call.deadline;
    ++runs;
    while (!finish && !call.cancel.stop_requested()) std::this_thread::sleep_for(1ms);
    ports::EngineOutput output;
    output.image = {job.reference, "sha256:" + Sha256Hex(job.reference), 1};
    if (finish) return output;
    cancelled = true;
    return Status(Code::kCancelled, "Cancelled", "the build was cancelled");
  }
  Status Abort(const ports::Call&, const BuildId&) override { return {}; }

  std::optional<Duration> deadline;  // of the last run
  std::atomic<int> runs = 0;
  std::atomic<bool> finish = false, cancelled = false;
};

// The builds of another store, where a queue that was read may be held back on its way.
class SlowQueue final : public ports::BuildStore {
 public:
  explicit SlowQueue(ports::BuildStore& builds) : builds_(builds) {}
  void HoldBack(std::function<void()> hold) {
    hold_.With([&](auto& held) { held = std::move(hold); });
  }

  Result<model::QueueSnapshot> Queue() override {
    auto queue = builds_.Queue();
    const auto hold = hold_.With([](auto& held) { return std::exchange(held, nullptr); });
    if (hold) hold();
    return queue;
  }
  Status Register(const model::Build& build, const std::vector<BuildId>& supersede,
                  const std::vector<BuildId>& cancel, const HostId& holder) override {
    return builds_.Register(build, supersede, cancel, holder);
  }
  Result<model::Build> Get(const BuildId& id) override { return builds_.Get(id); }
  Result<std::vector<model::Build>> ListByApp(const AppId& app, int limit) override {
    return builds_.ListByApp(app, limit);
  }
  Result<std::vector<model::Build>> ClaimAll(const std::vector<ports::BuildClaim>& claims,
                                             Duration lease) override {
    return builds_.ClaimAll(claims, lease);
  }
  Status Renew(const BuildId& id, const std::string& token, Duration lease) override {
    return builds_.Renew(id, token, lease);
  }
  Status Settle(const BuildId& id, const std::string& token,
                const ports::BuildResult& result) override {
    return builds_.Settle(id, token, result);
  }
  Status Expire(const BuildId& id, int attempt, const ports::BuildResult& result) override {
    return builds_.Expire(id, attempt, result);
  }
  Status Cancel(const BuildId& id, const UserId& actor) override {
    return builds_.Cancel(id, actor);
  }
  Status Retry(const AppId& app, const std::string& commit, const UserId& actor) override {
    return builds_.Retry(app, commit, actor);
  }

 private:
  ports::BuildStore& builds_;
  Guarded<std::function<void()>> hold_;
};

class BuilderTest : public ::testing::Test {
 protected:
  BuilderTest()
      : folder_(::testing::TempDir() + "builder-test-" + BuildId::New(SystemRandom()).str()) {
    const auto user = store_.users.Ensure("alice", false);
    const model::Repository repository{
        RepositoryId::New(SystemRandom()), "shop", "https://git.test/shop", {}, {user->id}};
    EXPECT_TRUE(store_.repositories.Insert(repository).ok());
    model::Application app;
    app.id = AppId::New(SystemRandom());
    app.name = "shop";
    app.repository = repository.id;
    app.commit = kCommit;
    app.build = {"runtime-cmd", "{}"};
    app.owners = {user->id};
    app.desired = model::DesiredState::kRunning;
    EXPECT_TRUE(store_.apps.Insert(app, [](const auto&) { return Status(); }).ok());
    model::Build build;
    build.id = build_;
    build.app = app.id;
    build.commit = kCommit;
    build.build_key = plan::BuildKey(kKey, app, kCommit);
    EXPECT_TRUE(store_.builds.Register(build, {}, {}).ok());
    EXPECT_TRUE(store_.builds.Claim(build_, host_, ports::kBuildLease).ok());
  }
  ~BuilderTest() override {
    builder_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Begin() {
    builder_.emplace(BuilderParts{desk_,
                                  remote_,
                                  {{"runtime-cmd", &method_}},
                                  {&engine_},
                                  folder_,
                                  SystemRandom(),
                                  clock_},
                     2);
  }
  model::Build Build() { return store_.builds.Get(build_).value(); }

  // A generous deadline against hanging only.
  template <class Condition>
  void Until(const char* what, Condition condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return;
      clock_.Advance(10ms);
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "never: " << what;
  }

  const HostId host_ = HostId::New(SystemRandom());
  const BuildId build_ = BuildId::New(SystemRandom());
  const std::string folder_;
  ports::testing::FakeClock clock_;
  ports::testing::FakeStore rows_{clock_};
  SlowQueue builds_{rows_.store().builds};
  ports::Store store_ = ports::testing::With(rows_.store(), {.builds = &builds_});
  testing::MemoryRemote remote_;
  testing::MemoryRegistry registry_;
  testing::MemoryMethod method_;
  PatientEngine engine_;
  StoreDesk desk_{store_, registry_, nullptr, {kKey, Secret("installation")}, host_};
  std::optional<Builder> builder_;
};

TEST_F(BuilderTest, StoreAwayForLongerThanTheLease_BuildIsQueuedAgainNotCancelled) {
  Begin();
  Until("build runs", [&] { return engine_.runs == 1; });
  rows_.FailWith(Unavailable("no database"));
  clock_.Advance(ports::kBuildLease + 1s);
  builder_->Wake();
  Until("given up", [&] { return engine_.cancelled.load(); });
  rows_.FailWith(Status());
  Until("settled", [&] { return Build().status != BuildStatus::kBuilding; });
  EXPECT_EQ(Build().status, BuildStatus::kQueued);
  EXPECT_EQ(Build().outcome.reason(), "BuilderLost");
}

// How long a build may take is said to the engine, in its configuration.
TEST_F(BuilderTest, EngineHasAllTheTimeThatItsOwnLimitMayBe) {
  Begin();
  Until("build runs", [&] { return engine_.runs == 1; });
  ASSERT_TRUE(engine_.deadline);
  EXPECT_GT(*engine_.deadline - clock_.Monotonic(), 7 * 24h);
}

TEST_F(BuilderTest, CancelAskedFor_StaysCancelled) {
  Begin();
  Until("build runs", [&] { return engine_.runs == 1; });
  ASSERT_TRUE(store_.builds.Cancel(build_).ok());
  builder_->Wake();
  Until("settled", [&] { return Build().status != BuildStatus::kBuilding; });
  EXPECT_EQ(Build().status, BuildStatus::kCancelled);
}

TEST_F(BuilderTest, Leaving_QueuesTheBuildAgain) {
  Begin();
  Until("build runs", [&] { return engine_.runs == 1; });
  builder_.reset();
  EXPECT_EQ(Build().status, BuildStatus::kQueued);
  EXPECT_EQ(Build().outcome.reason(), "BuilderStopped");
}

TEST_F(BuilderTest, SourceWithFilesInLfs_SaysInTheLogHowFarTheyAre) {
  remote_.SayOfLfs("LFS: 3 of 12 objects, 40 MB");
  Begin();
  const auto log = [&] { return store_.logs.Read(build_, 0, 1 << 20).value().bytes; };
  Until("said",
        [&] { return log().find("\n-- LFS: 3 of 12 objects, 40 MB\n") != std::string::npos; });
}

TEST_F(BuilderTest, QueueReadBeforeTheBuildEnded_BeginsItOnce) {
  Begin();
  Until("build runs", [&] { return engine_.runs == 1; });
  std::atomic<bool> arrived = false;
  builds_.HoldBack([&] {
    engine_.finish = true;
    Until("settled", [&] { return Build().status == BuildStatus::kSucceeded; });
    std::this_thread::sleep_for(50ms);  // for whatever follows
    arrived = true;
  });
  builder_->Wake();
  Until("the old queue has arrived", [&] { return arrived.load(); });
  std::this_thread::sleep_for(50ms);
  builder_.reset();
  EXPECT_EQ(engine_.runs, 1);
}

TEST_F(BuilderTest, CheckoutsOfAKilledBuilder_AreRemovedThoseUnderWayAreNot) {
  const std::string left = folder_ + "/" + BuildId::New(SystemRandom()).str() + "-1";
  std::filesystem::create_directories(left);
  std::ofstream(left + "/file") << "x";
  const auto others = SourceFolder::Make(folder_ + "/" + BuildId::New(SystemRandom()).str() + "-1");
  Begin();
  Until("build runs", [&] { return engine_.runs == 1; });
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(others->path())) << "of a builder that lives";
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/" + SourceName(Build())));
}

}  // namespace
}  // namespace ns::act
