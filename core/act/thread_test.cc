// The whole thread from a push to a running application: real loops, driver and builder; store,
// remote, engine and backend in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "act/builder.h"
#include "act/driver.h"
#include "act/hints.h"
#include "act/store_desk.h"
#include "act/world.h"
#include "archive/tar_maker_for_test.h"
#include "ports/testing/fake_storage.h"
#include "ports/testing/fake_store.h"
#include "reconcile/loops.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using model::BuildStatus;
using model::DesiredState;

const Secret kKey(std::string(32, 'k'));
const std::string kFirst(40, 'a'), kSecond(40, 'b');

class ThreadTest : public ::testing::Test {
 protected:
  ThreadTest() {
    remote_.Push(kFirst);
    store_.hints.Subscribe([this](const ports::Hint& hint) {
      for (auto& wake : WakesFor(hint)) driver_.Wake(std::move(wake));
      if (builder_) builder_->Wake();
    });
    Beat();
    driver_.Add(reconcile::NewFetcher(), {});
    driver_.Add(reconcile::NewRegisterer(kKey), {});
    driver_.Add(reconcile::NewReleaser(kKey), {});
    driver_.Add(reconcile::NewStarter(), {.keyed = false});
    driver_.Add(reconcile::NewCrashDetector(), {.keyed = false});
    driver_.Add(reconcile::NewSynchronizer({1, "http://127.0.0.1:1", kKey, "http://127.0.0.1:2"}),
                {.apart_from = {reconcile::LoopId::kObserver}});
    driver_.Add(reconcile::NewObserver({1, "http://127.0.0.1:1"}),
                {.apart_from = {reconcile::LoopId::kSynchronizer}});
    driver_.Add(reconcile::NewCleaner({}), {});
    driver_.Start();
    builder_.emplace(BuilderParts{desk_,
                                  remote_,
                                  {{"runtime-cmd", &method_}},
                                  {&engine_, &buildpacks_},
                                  ::testing::TempDir() + "thread-test",
                                  SystemRandom(),
                                  SystemClock()},
                     2);
    MakeApp();
  }

  void Beat(const std::vector<std::string>& roles = {"controller", "builder"}) {
    model::Host host;
    host.id = host_;
    host.roles = roles;
    host.build_slots = 2;
    ASSERT_TRUE(store_.hosts.Beat(host, std::chrono::minutes(1)).ok());
  }

  void MakeApp() {
    const auto user = store_.users.Ensure("alice", false);
    ASSERT_TRUE(user.ok());
    const model::Repository repository{
        RepositoryId::New(SystemRandom()), "shop", "https://git.test/shop", {}, {user->id}};
    ASSERT_TRUE(store_.repositories.Insert(repository).ok());
    model::Application app;
    app.id = app_;
    app.name = "shop";
    app.repository = repository.id;
    app.ref = "main";
    app.commit = model::kNoCommit;
    app.build = {"runtime-cmd", "{}"};
    app.websites = {{WebsiteId::New(SystemRandom()), "shop.test", "/", false, false, false, 8080,
                     model::AuthPolicy::kOff}};
    app.owners = {user->id};
    app.backend = "docker";
    app.desired = DesiredState::kRunning;
    const Status inserted = store_.apps.Insert(app, [](const auto&) { return Status(); });
    ASSERT_TRUE(inserted.ok()) << inserted.ToString();
    repository_ = repository.id;
  }

  // A generous deadline against hanging only.
  template <class Condition>
  void Until(const char* what, Condition condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "never: " << what;
  }

  std::vector<model::Build> Builds() { return store_.builds.ListByApp(app_, 50).value(); }
  std::string LiveCommit() {
    const auto releases = store_.deploys.Releases(app_, 1);
    const auto snapshot = store_.deploys.Snapshot(app_);
    if (!releases.ok() || releases->empty() || !snapshot.ok() || !snapshot->observed) return "";
    const model::Target& target = snapshot->app.target;
    return snapshot->observed->serving_run_key == target.run_key &&
                   target.release == releases->front().id
               ? releases->front().commit
               : "";
  }
  std::string Reason(const std::string& type) {
    const auto conditions = store_.events.Conditions(model::Subject::kApplication, app_.str());
    for (const model::Condition& one : *conditions) {
      if (one.type == type) return one.reason;
    }
    return "";
  }
  // As an engine gives it.
  static std::string Tar(const std::vector<archive::TarEntry>& entries) {
    std::string tar;
    for (const archive::TarEntry& entry : entries) tar += archive::One(entry);
    return archive::Tar(tar);
  }
  void Push(const std::string& commit) {
    remote_.Push(commit);
    ASSERT_TRUE(store_.hints.Send({ports::Hint::Kind::kRepository, repository_.str()}).ok());
  }

  const HostId host_ = HostId::New(SystemRandom());
  const AppId app_ = AppId::New(SystemRandom());
  RepositoryId repository_;
  ports::testing::FakeStore rows_{SystemClock()};
  ports::Store store_ = rows_.store();
  testing::MemoryRemote remote_;
  testing::MemoryRegistry registry_;
  testing::MemoryBackend backend_;
  testing::MemoryMethod method_;
  testing::MemoryEngine engine_, buildpacks_{true};
  const Parts parts_{store_,         remote_,      registry_, {{"docker", &backend_}},
                     SystemRandom(), SystemClock()};
  ports::testing::FakeStorage storage_;
  StoreDesk desk_{store_, registry_, &storage_, {kKey, Secret("installation")}, host_};
  std::optional<Builder> builder_;
  Driver driver_{parts_};
};

TEST_F(ThreadTest, Push_GoesLive_AndSoDoesTheNext) {
  Until("first commit is live", [&] { return LiveCommit() == kFirst; });
  Push(kSecond);
  Until("second commit is live", [&] { return LiveCommit() == kSecond; });
  const auto builds = Builds();
  ASSERT_EQ(builds.size(), 2u);
  EXPECT_EQ(builds[0].commit, kSecond);
  EXPECT_EQ(builds[1].commit, kFirst);
  for (const auto& build : builds) {
    EXPECT_EQ(build.status, BuildStatus::kSucceeded);
    EXPECT_EQ(build.attempt, 1);
    const auto log = store_.logs.Read(build.id, 0, 1 << 20);
    ASSERT_TRUE(log.ok());
    EXPECT_THAT(log->bytes, ::testing::HasSubstr("step 1\n"));
    EXPECT_TRUE(log->finished);
  }
}

TEST_F(ThreadTest, RunVariable_RestartsWithoutABuild) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  model::EnvVar variable;
  variable.key = "COLOUR";
  variable.value = Secret("red");
  ASSERT_TRUE(store_.apps.SetEnv(app_, variable).ok());
  Until("applied with the variable",
        [&] { return backend_.applied().back().processes.at(0).env.size() == 1; });
  EXPECT_EQ(Builds().size(), 1u);
}

TEST_F(ThreadTest, PlatformFault_IsTriedAgainByItself) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  engine_.FailNext(
      {Status(Code::kUnavailable, "RegistryUnavailable", "no answer").SetFault(Fault::kPlatform)});
  Push(kSecond);
  Until("second commit is live", [&] { return LiveCommit() == kSecond; });
  EXPECT_EQ(Builds()[0].attempt, 2);
}

TEST_F(ThreadTest, SourceFault_IsNotTriedAgain_OldReleaseGoesOn) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  engine_.FailNext(
      {Status(Code::kInvalid, "CommandFailed", "exit code 1").SetFault(Fault::kSource)});
  Push(kSecond);
  Until("build failed", [&] { return Builds()[0].status == BuildStatus::kFailed; });
  EXPECT_EQ(Builds()[0].outcome.reason(), "CommandFailed");
  EXPECT_EQ(Builds()[0].attempt, 1);
  EXPECT_EQ(LiveCommit(), kFirst);
}

// A static site: the folder is kept as an artifact, and routes wait for the hosts that serve it.
TEST_F(ThreadTest, MethodThatGivesAFolder_KeepsAnArtifactAndLeadsRoutesToIt) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  method_.Export("/srv/dist");
  engine_.ExportNext(Tar({{"./index.html", '0', "hello"}}));
  Push(kSecond);
  Until("built",
        [&] { return Builds().size() == 2 && Builds()[0].status == BuildStatus::kSucceeded; });
  const model::Image artifact = Builds()[0].image;
  ASSERT_TRUE(artifact.IsArtifact());
  EXPECT_EQ(storage_.Stat({}, artifact.ArtifactKey())->size, static_cast<uint64_t>(artifact.size));
  Until("waits", [&] { return Reason("Deploy") == "SitePending"; });
  EXPECT_EQ(LiveCommit(), "") << "the target is the new one, and the old one goes on serving";
  EXPECT_FALSE(backend_.applied().back().site.has_value());
  const ReleaseId release = store_.apps.Get(app_)->target.release;
  Beat({"ssgen", "controller", "builder"});
  ASSERT_TRUE(store_.sites.Acknowledge(host_, app_, {release}).ok());
  Until("live", [&] { return LiveCommit() == kSecond; });
  const model::DesiredApp applied = backend_.applied().back();
  ASSERT_TRUE(applied.site.has_value());
  EXPECT_EQ(applied.site->release, release);
  EXPECT_EQ(applied.site->upstream, "http://127.0.0.1:2");
  EXPECT_TRUE(applied.processes.empty());
}

TEST_F(ThreadTest, BuildpacksThatGiveAFolder_KeepAnArtifactOfTheEngineThatRunsThem) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  method_.Builder("builder:1");
  method_.Export("/workspace/dist");
  buildpacks_.ExportNext(Tar({{"./index.html", '0', "hello"}}));
  Push(kSecond);
  Until("built",
        [&] { return Builds().size() == 2 && Builds()[0].status == BuildStatus::kSucceeded; });
  const model::Image artifact = Builds()[0].image;
  ASSERT_TRUE(artifact.IsArtifact());
  EXPECT_EQ(storage_.Stat({}, artifact.ArtifactKey())->size, static_cast<uint64_t>(artifact.size));
  EXPECT_EQ(engine_.runs(), 1) << "the first engine in order knows no buildpacks";
  EXPECT_EQ(buildpacks_.runs(), 1);
}

TEST_F(ThreadTest, ExportThatIsNoSite_IsTheSourcesFault) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  method_.Export("/srv/dist");
  engine_.ExportNext(Tar({{"./link", '2', "", "/etc/passwd"}}));
  Push(kSecond);
  Until("failed", [&] { return Builds()[0].status == BuildStatus::kFailed; });
  EXPECT_EQ(Builds()[0].outcome.reason(), "ArtifactInvalid");
  EXPECT_EQ(Builds()[0].outcome.fault(), Fault::kSource);
  EXPECT_EQ(Builds()[0].attempt, 1);
  EXPECT_TRUE(storage_.List({}, {})->empty());
  EXPECT_EQ(LiveCommit(), kFirst);
}

TEST_F(ThreadTest, StorageThatIsAwayForAMoment_CostsNoBuild) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  method_.Export("/srv/dist");
  engine_.ExportNext(Tar({{"./index.html", '0', "hello"}}));
  storage_.FailWith(Unavailable("away").SetReason("StorageUnavailable"));
  Push(kSecond);
  Until("tries again", [&] {
    const auto log = store_.logs.Read(Builds()[0].id, 0, 1 << 20);
    return log.ok() && log->bytes.find("the artifact is not kept yet") != std::string::npos;
  });
  storage_.FailWith(Status());
  Until("built",
        [&] { return Builds().size() == 2 && Builds()[0].status == BuildStatus::kSucceeded; });
  EXPECT_EQ(Builds()[0].attempt, 1);
  EXPECT_EQ(engine_.runs(), 2);
}

TEST_F(ThreadTest, Deleted_NothingIsLeftButEvents) {
  Until("live", [&] { return LiveCommit() == kFirst; });
  ASSERT_TRUE(store_.apps.SetDesired(app_, DesiredState::kStopped, false).ok());
  ASSERT_TRUE(store_.apps.MarkDeleted(app_).ok());
  Until("rows are gone", [&] { return store_.apps.Get(app_).status().code() == Code::kNotFound; });
  EXPECT_FALSE(backend_.Has(app_));
}

}  // namespace
}  // namespace ns::act
