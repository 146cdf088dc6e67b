#include "ssgen/site_keeper.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <new>
#include <set>
#include <sstream>
#include <thread>

#include "archive/pack.h"
#include "base/random.h"
#include "ports/testing/fake_storage.h"
#include "ports/testing/fake_store.h"
#include "ports/testing/store_with.h"

namespace ns::ssgen {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

template <class I>
I IdOf(int n) {
  const std::string text = std::to_string(n);
  return I(std::string(22 - text.size(), '0') + text);
}

// The system's clock, set forward as a test likes.
class ShiftedClock final : public Clock {
 public:
  Time Now() const override { return SystemClock().Now(); }
  Duration Monotonic() const override { return SystemClock().Monotonic() + shift.load(); }
  std::atomic<Duration> shift = Duration(0);
};

// The same sites, and what is done when a host says which releases it has.
class WatchedSites final : public ports::SiteStore {
 public:
  using Heard = std::function<Status(const std::vector<ReleaseId>&)>;

  explicit WatchedSites(ports::SiteStore& sites) : sites_(sites) {}
  Result<std::vector<model::SiteDemand>> Demands() override { return sites_.Demands(); }
  Result<model::SiteDemand> Demand(const AppId& app) override { return sites_.Demand(app); }
  Result<std::vector<AppId>> Unsettled() override { return sites_.Unsettled(); }
  Status Acknowledge(const HostId& host, const AppId& app,
                     const std::vector<ReleaseId>& releases) override {
    const Heard heard = heard_.With([](const Heard& f) { return f; });
    if (heard) NS_TRY(heard(releases));
    return sites_.Acknowledge(host, app, releases);
  }
  Status Say(const HostId& host, const AppId& app, const model::Condition& said) override {
    return sites_.Say(host, app, said);
  }
  void OnAcknowledge(Heard heard) {
    heard_.With([&](Heard& f) { f = std::move(heard); });
  }

 private:
  ports::SiteStore& sites_;
  Guarded<Heard> heard_;
};

class SiteKeeperTest : public testing::Test {
 protected:
  SiteKeeperTest() {
    EXPECT_TRUE(files_.Open().ok());
    const auto user = store_.users.Ensure("alice", false);
    EXPECT_TRUE(store_.repositories
                    .Insert({IdOf<RepositoryId>(1), "r", "https://git.test/r", {}, {user->id}})
                    .ok());
    for (const AppId& app : {app_, other_}) {
      model::Application row;
      row.id = app;
      row.name = "site";
      row.repository = IdOf<RepositoryId>(1);
      row.deploy_type = model::DeployType::kStatic;
      row.owners = {user->id};
      EXPECT_TRUE(store_.apps.Insert(row, nullptr).ok());
    }
    model::Host host;
    host.id = host_;
    host.roles = {"ssgen"};
    EXPECT_TRUE(store_.hosts.Beat(host, 1h).ok());
    store_.hints.Subscribe([this](const ports::Hint& hint) {
      if (keeper_) keeper_->Hinted(hint);
    });
    NewKeeper(host_, "host-1");
  }
  void NewKeeper(const HostId& host, const std::string& name) {
    keeper_.emplace(
        SiteParts{store_, files_, host, [this](const SiteName& site) { return Serves(site); },
                  SystemRandom(), clock_},
        name);
  }
  Status Serves(const SiteName& site) {
    return unserved_.With([&](const std::set<AppId>& apps) {
      if (!apps.contains(site.app)) return Status();
      return Status(Code::kUnavailable, "SiteServerUnavailable", "gone");
    });
  }
  ~SiteKeeperTest() override {
    keeper_.reset();
    fs::remove_all(root_);
  }

  static std::string MakeRoot() {
    std::string name = (fs::temp_directory_path() / "ns-keeper-XXXXXX").string();
    return ::mkdtemp(name.data());
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

  // The target of `app` becomes release `n`, whose page says `text`; an empty one is no archive.
  void Release(const AppId& app, int n, const std::string& text) {
    std::string bytes = "no archive";
    if (!text.empty()) {
      const fs::path source = root_ + "/source";
      fs::remove_all(source);
      fs::create_directories(source);
      std::ofstream(source / "index.html") << text;
      bytes.clear();
      ASSERT_TRUE(archive::Pack(source, [&](std::string_view more) {
                    bytes += more;
                    return Status();
                  }).ok());
    }
    const std::string sha256 = Sum(bytes);
    model::Release release;
    release.id = IdOf<ReleaseId>(n);
    release.image =
        model::ArtifactOf(app, IdOf<BuildId>(n), 1, sha256, static_cast<int64_t>(bytes.size()));
    size_t at = 0;
    ASSERT_TRUE(storage_
                    .Put({}, release.image.ArtifactKey(), {bytes.size(), sha256},
                         [&](char* to, size_t most) -> Result<size_t> {
                           const size_t count = bytes.copy(to, most, at);
                           at += count;
                           return count;
                         })
                    .ok());
    const auto target = store_.apps.Get(app)->target;
    ASSERT_TRUE(store_.deploys
                    .SetTarget(app, target.generation,
                               {0, model::DesiredState::kRunning, release.id, "run", "route"},
                               release)
                    .ok());
  }
  static std::string Sum(const std::string& bytes) {
    Sha256 sum;
    sum.Add(bytes);
    return sum.FinishHex();
  }
  // The routes lead to the target.
  void Converge(const AppId& app, bool converged = true) {
    model::ObservedApp observed;
    observed.id = app;
    observed.fence = {1, store_.apps.Get(app)->target.generation};
    observed.converged = converged;
    ASSERT_TRUE(store_.deploys.SaveObserved(observed, {}).ok());
  }
  void ReplaceFirstBySecond() {
    Release(app_, 1, "one");
    Until("first", [&] { return Ready(app_) == 1; });
    Release(app_, 2, "two");
    Until("second", [&] { return Ready(app_) == 1; });
    Converge(app_);
  }
  // Some time later.
  void Sweep() {
    clock_.shift = clock_.shift.load() + kLinger;
    keeper_->Relist();
    std::this_thread::sleep_for(20ms);
  }
  int Ready(const AppId& app) { return store_.deploys.Snapshot(app)->site->ready; }
  std::string Page(const AppId& app, int n) const {
    std::ostringstream text;
    text << std::ifstream(root_ + "/www/sites/" + app.str() + "/" + IdOf<ReleaseId>(n).str() +
                          "/index.html")
                .rdbuf();
    return text.str();
  }
  std::string Said(const AppId& app) {
    const auto conditions = store_.events.Conditions(model::Subject::kApplication, app.str());
    for (const model::Condition& one : *conditions) {
      if (one.type == "Site") return one.reason;
    }
    return "";
  }

  const AppId app_ = IdOf<AppId>(1), other_ = IdOf<AppId>(2);
  const HostId host_ = IdOf<HostId>(1);
  const std::string root_ = MakeRoot();
  ShiftedClock clock_;
  ports::testing::FakeStore rows_{SystemClock()};
  WatchedSites sites_{rows_.store().sites};
  const ports::Store store_ = ports::testing::With(rows_.store(), {.sites = &sites_});
  ports::testing::FakeStorage storage_;
  SiteFiles files_{root_ + "/www", storage_, clock_};
  Guarded<std::set<AppId>> unserved_;
  std::optional<SiteKeeper> keeper_;
};

TEST_F(SiteKeeperTest, NewRelease_IsBroughtAndAcknowledgedByAHint) {
  Release(app_, 1, "one");
  Until("acknowledged", [&] { return Ready(app_) == 1; });
  EXPECT_EQ(Page(app_, 1), "one");
  Until("said", [&] { return Said(app_) == "SiteReady"; });
  Release(app_, 2, "two");
  Until("the next one", [&] { return Ready(app_) == 1; });
  EXPECT_EQ(Page(app_, 2), "two");
  EXPECT_EQ(Page(app_, 1), "one") << "routes lead there until they are moved";
}

TEST_F(SiteKeeperTest, BrokenArtifact_ConcernsItsOwnSiteAlone) {
  Release(app_, 1, "");
  Release(other_, 2, "other");
  Until("said", [&] { return Said(app_) == "ArtifactInvalid"; });
  Until("the other", [&] { return Ready(other_) == 1; });
  EXPECT_EQ(Ready(app_), 0);
}

TEST_F(SiteKeeperTest, WhatIsNotServed_IsNotAcknowledgedAndHoldsUpNoOther) {
  unserved_.With([&](auto& apps) { apps = {app_}; });
  Release(app_, 1, "one");
  Release(other_, 2, "other");
  Until("said", [&] { return Said(app_) == "SiteServerUnavailable"; });
  Until("the other", [&] { return Ready(other_) == 1; });
  EXPECT_EQ(Ready(app_), 0);
  EXPECT_EQ(Page(app_, 1), "one");
  unserved_.With([](auto& apps) { apps.clear(); });
  keeper_->Relist();
  Until("acknowledged", [&] { return Ready(app_) == 1; });
}

TEST_F(SiteKeeperTest, OldRelease_GoesAWhileAfterRoutesHaveMoved) {
  Release(app_, 1, "one");
  Until("first", [&] { return Ready(app_) == 1; });
  Release(app_, 2, "two");
  Until("second", [&] { return Ready(app_) == 1; });
  clock_.shift = 1h;  // sweeps that see it needed
  keeper_->Relist();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(Page(app_, 1), "one");
  Converge(app_);
  keeper_->Relist();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(Page(app_, 1), "one") << "not at once";
  Until("gone", [&] { return Sweep(), Page(app_, 1).empty(); });
  EXPECT_EQ(Page(app_, 2), "two");
  EXPECT_EQ(Ready(app_), 1);
}

TEST_F(SiteKeeperTest, EffectThatThrows_IsAFailureOfItsSiteAlone) {
  std::atomic<int> times = 0;
  sites_.OnAcknowledge([&](const std::vector<ReleaseId>& releases) -> Status {
    if (releases == std::vector{IdOf<ReleaseId>(1)} && times++ == 0) throw std::bad_alloc();
    return {};
  });
  Release(app_, 1, "one");
  Release(other_, 2, "other");
  Until("the other", [&] { return Ready(other_) == 1; });
  Until("said", [&] { return Said(app_) != ""; });
  keeper_->Relist();
  Until("the next time", [&] { return Ready(app_) == 1; });
  sites_.OnAcknowledge({});
}

// A host that is about to lose a release says so before it does.
TEST_F(SiteKeeperTest, OldRelease_StaysUntilItIsTakenBack) {
  ReplaceFirstBySecond();
  std::atomic<bool> asked = false;
  sites_.OnAcknowledge([&](const std::vector<ReleaseId>& releases) -> Status {
    if (releases != std::vector{IdOf<ReleaseId>(2)}) return {};
    asked = true;
    return Unavailable("the database is away");
  });
  Until("it is to go", [&] { return Sweep(), asked.load(); });
  for (int i = 0; i < 3; ++i) Sweep();
  EXPECT_EQ(Page(app_, 1), "one");
  sites_.OnAcknowledge([&](const std::vector<ReleaseId>&) -> Status {
    EXPECT_EQ(Page(app_, 1), "one") << "not sooner";
    return {};
  });
  Until("gone", [&] { return Sweep(), Page(app_, 1).empty(); });
  sites_.OnAcknowledge({});
}

TEST_F(SiteKeeperTest, OldReleaseThatBecomesTheTargetWhileItIsTakenBack_Stays) {
  ReplaceFirstBySecond();
  std::atomic<int> times = 0;
  sites_.OnAcknowledge([&](const std::vector<ReleaseId>& releases) -> Status {
    if (releases != std::vector{IdOf<ReleaseId>(2)} || times++ > 0) return {};
    const auto target = store_.apps.Get(app_)->target;
    return store_.deploys
        .SetTarget(app_, target.generation,
                   {0, model::DesiredState::kRunning, IdOf<ReleaseId>(1), "run", "route"}, {})
        .status();
  });
  Until("it is to go", [&] { return Sweep(), times.load() > 0; });
  Until("it is the target", [&] { return Ready(app_) == 1; });
  EXPECT_EQ(store_.apps.Get(app_)->target.release, IdOf<ReleaseId>(1));
  EXPECT_EQ(Page(app_, 1), "one");
  sites_.OnAcknowledge({});
}

// Its routes lead to the site until the process serves, which may take long or never come to be.
TEST_F(SiteKeeperTest, SiteThatBecomesAProcess_StaysUntilThatServes) {
  Release(app_, 1, "one");
  Until("there", [&] { return Ready(app_) == 1; });
  Converge(app_);
  model::Release image;
  image.id = IdOf<ReleaseId>(2);
  image.image = {"registry/app:2", "sha256:abc", 42};
  const auto target = store_.apps.Get(app_)->target;
  ASSERT_TRUE(store_.deploys
                  .SetTarget(app_, target.generation,
                             {0, model::DesiredState::kRunning, image.id, "run", "route"}, image)
                  .ok());
  for (int i = 0; i < 5; ++i) Sweep();
  EXPECT_EQ(Page(app_, 1), "one") << "nothing was seen of the process";
  Converge(app_, false);
  for (int i = 0; i < 5; ++i) Sweep();
  EXPECT_EQ(Page(app_, 1), "one") << "it does not come up";
  Converge(app_);
  Until("gone", [&] { return Sweep(), Page(app_, 1).empty(); });
}

TEST_F(SiteKeeperTest, DeletedSite_Goes) {
  Release(app_, 1, "one");
  Until("there", [&] { return Ready(app_) == 1; });
  ASSERT_TRUE(store_.apps.MarkDeleted(app_).ok());
  Until("gone", [&] { return Sweep(), Page(app_, 1).empty(); });
}

TEST_F(SiteKeeperTest, AnotherProcess_AcknowledgesWhatIsThere) {
  Release(app_, 1, "one");
  Until("there", [&] { return Ready(app_) == 1; });
  ASSERT_TRUE(store_.hosts.Leave(host_).ok());
  keeper_.reset();
  model::Host next;
  next.id = IdOf<HostId>(2);
  next.roles = {"ssgen"};
  ASSERT_TRUE(store_.hosts.Beat(next, 1h).ok());
  EXPECT_EQ(Ready(app_), 0);
  NewKeeper(next.id, "next");
  Until("acknowledged", [&] { return Ready(app_) == 1; });
}

}  // namespace
}  // namespace ns::ssgen
