// How many statements an answer costs the database does not depend on how much it tells.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>

#include "gateway.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "neoshowcase/platform/v1/queue.pb.h"
#include "store/testing/proxy.h"

namespace ns::api {
namespace {

namespace own = neoshowcase::platform::v1;
using store::testing::Postgres;
using store::testing::Proxy;

// What ends each statement on its way to PostgreSQL: the message Sync.
const std::string kSync("S\0\0\0\4", 5);

class Statements : public ::testing::Test {
 protected:
  Statements() {
    model::Host host;
    host.id = HostId(std::string(22, 'f'));
    host.build_slots = 1;
    EXPECT_TRUE(gateway_.store().hosts.Beat(host, std::chrono::minutes(10)).ok());
  }

  // Applications that wait for a second build, up to so many.
  void Fill(int most) {
    for (; apps_ < most; ++apps_) {
      model::Application app;
      app.id = AppId::New(random_);
      app.name = "app" + std::to_string(apps_);
      app.repository = RepositoryId(repository_);
      app.ref = "main";
      app.commit = std::string(40, 'b');
      app.backend = "docker";
      ASSERT_EQ(gateway_.store().apps.Insert(app, nullptr), Status());
      const model::Build first = Register(app.id, std::string(40, 'a'));
      const auto claimed = gateway_.store().builds.Claim(first.id, HostId(std::string(22, 'f')),
                                                         std::chrono::minutes(1));
      ASSERT_TRUE(claimed.ok()) << claimed.status().ToString();
      model::BuildResult result;
      result.status = model::BuildStatus::kSucceeded;
      ASSERT_EQ(gateway_.store().builds.Settle(first.id, claimed->lease.token, result), Status());
      Register(app.id, app.commit);
    }
  }
  model::Build Register(const AppId& app, const std::string& commit) {
    model::Build build;
    build.id = BuildId::New(random_);
    build.app = app;
    build.commit = commit;
    build.build_key = commit;
    EXPECT_EQ(gateway_.store().builds.Register(build, {}, {}), Status());
    return build;
  }

  template <class Out, class In>
  Out Ask(const std::string& service, const std::string& method, const In& in) {
    const auto answer = gateway_.Invoke("alice", method, in.SerializeAsString(), "", service);
    EXPECT_TRUE(answer.ok()) << answer.status().ToString();
    Out out;
    EXPECT_TRUE(answer.ok() && out.ParseFromString(*answer));
    return out;
  }
  // Once everything is prepared that will be.
  template <class Ask>
  int CountOf(Ask&& ask) {
    for (int i = 0; i < 5; ++i) ask();
    const int before = sent_;
    ask();
    return sent_ - before;
  }

  const std::string connection_ = Postgres().NewDatabase();
  std::atomic<int> sent_ = 0;
  Proxy proxy_{connection_, Postgres().socket(),
               [this] {
                 ++sent_;
                 return Proxy::Fate::kPass;
               },
               kSync};
  Gateway gateway_{proxy_.connection()};
  SeededRandom random_{1};
  std::string repository_ = gateway_.NewRepository("alice", "https://git.test/a/shop");
  int apps_ = 0;
};

TEST_F(Statements, OfTheBuildQueue_AreAsManyForALongOne) {
  const auto ask = [&] {
    const auto queue = Ask<own::ListBuildQueueResponse>(kQueueService, "ListBuildQueue",
                                                        own::ListBuildQueueRequest());
    EXPECT_EQ(queue.queued_size(), apps_);
    EXPECT_GT(queue.queued(0).last_seconds(), 0);
  };
  Fill(3);
  const int few = CountOf(ask);
  Fill(60);
  EXPECT_EQ(CountOf(ask), few);
  std::printf("ListBuildQueue: %d statements\n", few);
  EXPECT_LT(few, 25);
}

// Which of its domains are taken, and at most once a second who calls: no application is read.
TEST_F(Statements, OfWhatTheInstallationOffers_AreTwo) {
  Fill(3);
  const int count = CountOf(
      [&] { Ask<pb::SystemInfo>(kApiService, "GetSystemInfo", google::protobuf::Empty()); });
  std::printf("GetSystemInfo: %d statements\n", count);
  EXPECT_LE(count, 2);
}

TEST_F(Statements, OfApplicationsWithTheirState_AreAsManyForALongPage) {
  own::ListApplicationsRequest in;
  in.set_page_size(100);
  const auto ask = [&] {
    const auto list =
        Ask<own::ListApplicationsResponse>(kApplicationService, "ListApplications", in);
    EXPECT_EQ(list.applications_size(), apps_);
    EXPECT_EQ(list.applications(0).status().state(), own::ApplicationStatus::STOPPED);
  };
  Fill(3);
  const int few = CountOf(ask);
  Fill(60);
  EXPECT_EQ(CountOf(ask), few);
  std::printf("ListApplications: %d statements\n", few);
  EXPECT_LT(few, 40);
}

}  // namespace
}  // namespace ns::api
