// The role of static sites with two thousand of them: real files, a real storage, real servers.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "archive/pack.h"
#include "base/crypto.h"
#include "http_get.h"
#include "plugin_site.h"
#include "plugin_storage.h"
#include "ports/testing/fake_store.h"
#include "site_tree.h"
#include "ssgen/site_role.h"

namespace ns::sites {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ssgen::SiteName;

constexpr int kSites = 2000;

template <class I>
I IdOf(int n) {
  const std::string text = std::to_string(n);
  return I(std::string(22 - text.size(), '0') + text);
}
SiteName NameOf(int n) { return {IdOf<AppId>(n), IdOf<ReleaseId>(kSites + n)}; }
std::string ContentOf(int n) { return "site number " + std::to_string(n) + "\n"; }

// What is wrong with the answer of site `n`, asked on a connection that is kept where it can be;
// empty: nothing. A connection that was ended while it was idle is opened anew, as the router does.
std::string WrongWith(std::unique_ptr<Connection>& connection, const std::string& address, int n) {
  const SiteName site = NameOf(n);
  const std::string request =
      "GET / HTTP/1.1\r\nHost: site.test\r\nX-Controller-App-Id: " + site.app.str() +
      "\r\nX-Controller-Release-Id: " + site.release.str() + "\r\n\r\n";
  std::optional<Answer> answer;
  for (const bool fresh : {false, true}) {
    if (!connection || fresh) connection = std::make_unique<Connection>(address);
    if (connection->Send(request)) answer = connection->Receive();
    if (answer) break;
  }
  if (!answer) return "site " + std::to_string(n) + " is not answered";
  if (answer->Header("connection") == "close") connection.reset();
  if (answer->status == 200 && answer->body == ContentOf(n)) return "";
  return "site " + std::to_string(n) + ": " + std::to_string(answer->status) + " " + answer->body;
}

class ManySites : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& server : Servers())
      if (ProgramOf(server).empty()) GTEST_SKIP() << "LEFT OUT: " << server << " is not installed";
    std::map<std::string, std::string> configs;
    for (const std::string& server : Servers()) configs[server] = "{}";
    host_ = std::make_unique<SiteHost>(folder_.path(), configs);
    model::Host host;
    host.id = IdOf<HostId>(1);
    host.roles = {"ssgen"};
    ASSERT_TRUE(store_.hosts.Beat(host, 1h).ok());
    user_ = store_.users.Ensure("alice", false)->id;
    ASSERT_TRUE(
        store_.repositories.Insert({IdOf<RepositoryId>(1), "r", "https://git.test/r", {}, {user_}})
            .ok());
    for (int n = 1; n <= kSites && !HasFailure(); ++n) Add(n);
  }

  // One more application, whose target is a release with a page of its own.
  void Add(int n) {
    const fs::path source = folder_.path() + "/source";
    fs::create_directories(source);
    std::ofstream(source / "index.html") << ContentOf(n);
    std::string bytes;
    ASSERT_TRUE(archive::Pack(source, [&](std::string_view more) {
                  bytes += more;
                  return Status();
                }).ok());
    Sha256 sum;
    sum.Add(bytes);
    const std::string sha256 = sum.FinishHex();
    model::Application app;
    app.id = NameOf(n).app;
    app.name = "site-" + std::to_string(n);
    app.repository = IdOf<RepositoryId>(1);
    app.deploy_type = model::DeployType::kStatic;
    app.owners = {user_};
    model::Release release;
    release.id = NameOf(n).release;
    release.image =
        model::ArtifactOf(app.id, IdOf<BuildId>(n), 1, sha256, static_cast<int64_t>(bytes.size()));
    size_t at = 0;
    const ports::ObjectSource reader = [&](char* to, size_t most) -> Result<size_t> {
      const size_t count = bytes.copy(to, most, at);
      at += count;
      return count;
    };
    ASSERT_TRUE(storage_.storage()
                    .Put({}, release.image.ArtifactKey(), {bytes.size(), sha256}, reader)
                    .ok());
    ASSERT_TRUE(store_.apps.Insert(app, nullptr).ok());
    ASSERT_TRUE(store_.deploys
                    .SetTarget(app.id, 0,
                               {0, model::DesiredState::kRunning, release.id, "run", "route"},
                               release)
                    .ok());
  }

  ssgen::NamedServer Named(const std::string& server) {
    return {server,
            &host_->server(server),
            {folder_.path() + "/many", listen_, folder_.path() + "/data-" + server, 2s}};
  }
  void StartRole(const std::string& chosen) {
    std::vector<ssgen::NamedServer> servers;
    for (const std::string& server : Servers()) servers.push_back(Named(server));
    auto role = ssgen::SiteRole::Start({store_, storage_.storage(), IdOf<HostId>(1), "host-1",
                                        SystemRandom(), SystemClock(), [] { return Status(); }},
                                       std::move(servers), chosen);
    ASSERT_TRUE(role.ok()) << role.status().ToString();
    role_ = std::move(*role);
  }
  // Looks no further than the first that is not.
  bool AllAcknowledged() {
    while (acknowledged_ < kSites &&
           store_.deploys.Snapshot(NameOf(acknowledged_ + 1).app)->site->ready == 1)
      ++acknowledged_;
    return acknowledged_ == kSites;
  }
  // A generous deadline against hanging only.
  template <class Condition>
  void Until(const std::string& what, Condition condition) {
    for (int i = 0; i < 1200; ++i) {
      if (condition()) return;
      std::this_thread::sleep_for(50ms);
    }
    FAIL() << "never: " << what;
  }
  void ExpectEachAnswersItsOwn(const std::string& server) {
    std::unique_ptr<Connection> connection;
    int wrong = 0;
    for (int n = 1; n <= kSites && wrong < 5; ++n) {
      const std::string what = WrongWith(connection, listen_, n);
      EXPECT_EQ(what, "") << server;
      wrong += what.empty() ? 0 : 1;
    }
  }

  const SiteFolder folder_{Servers()};
  const std::string listen_ = FreeAddress();
  ports::testing::PluginStorage storage_{"storage-local", "{}"};
  ports::testing::FakeStore rows_{SystemClock()};
  const ports::Store store_ = rows_.store();
  UserId user_;
  std::unique_ptr<SiteHost> host_;
  std::unique_ptr<ssgen::SiteRole> role_;
  int acknowledged_ = 0;
};

// Sites at random, from its making to its end.
class RandomRequests {
 public:
  explicit RandomRequests(const std::string& address)
      : thread_([this, address](const std::stop_token& stop) {
          std::unique_ptr<Connection> connection;
          std::mt19937 chance(1);
          for (; !stop.stop_requested(); ++sent_) {
            if (sent_ % 10 == 0) connection.reset();
            const std::string what =
                WrongWith(connection, address, 1 + static_cast<int>(chance() % kSites));
            if (what.empty()) continue;
            if (++failed_ <= 5) ADD_FAILURE() << what;
          }
        }) {}
  void Stop() { thread_ = {}; }
  int64_t sent() const { return sent_; }
  int64_t failed() const { return failed_; }

 private:
  std::atomic<int64_t> sent_ = 0, failed_ = 0;
  std::jthread thread_;
};

TEST_F(ManySites, EachAnswersItsOwnOnEachServerAndNoReloadOrSwapLosesARequest) {
  StartRole("nginx");
  Until("all are acknowledged", [&] { return AllAcknowledged(); });
  ExpectEachAnswersItsOwn("nginx");
  RandomRequests requests(listen_);
  for (const std::string server : {"caddy", "httpd", "nginx"}) {
    ASSERT_EQ(role_->Choose(server), Status());
    Until(server + " serves alone",
          [&] { return folder_.Running() == std::vector<std::string>{server}; });
    ExpectEachAnswersItsOwn(server);
    // Without the role, which would put its own settings back.
    role_.reset();
    ports::SiteSettings settings = Named(server).settings;
    settings.own = ssgen::OwnAddressOf(settings);
    for (const auto drain : {3s, 2s}) {
      settings.drain = drain;
      const Status status = host_->server(server).Reload(PluginSite::Soon(), settings);
      EXPECT_EQ(status, Status()) << server << ": " << status.ToString();
    }
    StartRole(server);
  }
  requests.Stop();
  EXPECT_EQ(requests.failed(), 0);
  std::cout << requests.sent() << " requests, " << requests.failed() << " failed\n";
}

}  // namespace
}  // namespace ns::sites
