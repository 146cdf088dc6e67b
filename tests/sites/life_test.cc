// How servers start, change, drain and end.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "http_get.h"
#include "load.h"
#include "plugin_site.h"
#include "requests.h"
#include "site_tree.h"

namespace ns::sites {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

const std::vector<std::string> kHeaders = {"X-Controller-App-Id: " + kPlain,
                                           "X-Controller-Release-Id: " + kFirst};

class Life : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (ProgramOf(GetParam()).empty())
      GTEST_SKIP() << "LEFT OUT: " << GetParam() << " is not installed";
    site_ = std::make_unique<PluginSite>(GetParam());
  }

  Status Start() { return site_->server().Start(PluginSite::Soon(), site_->settings()); }
  Status Reload(const ports::SiteSettings& settings) {
    return site_->server().Reload(PluginSite::Soon(), settings);
  }
  Status Probe() { return site_->server().Probe(PluginSite::Soon(), site_->settings()); }
  // Settings with another text.
  ports::SiteSettings Other(int seconds) const {
    ports::SiteSettings other = site_->settings();
    other.drain = std::chrono::seconds(seconds);
    return other;
  }
  std::string FileText() const {
    std::ifstream file(site_->settings().data + "/server.conf");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int StatusAt(const std::string& address) {
    const auto answer = Ask(address, "GET", "/about", kHeaders);
    return answer ? answer->status : 0;
  }

  // Until another process answers.
  void KillAndAwait(const ports::SiteSettings& settings) {
    const pid_t before = site_->pid();
    ASSERT_GT(before, 0);
    ::kill(before, SIGKILL);
    const auto back = [&] {
      const pid_t now = site_->pid();
      return now > 0 && now != before && site_->server().Probe(PluginSite::Soon(), settings).ok();
    };
    for (int i = 0; i < 500 && !back(); ++i) std::this_thread::sleep_for(20ms);
    EXPECT_TRUE(back());
  }

  std::unique_ptr<PluginSite> site_;
};

TEST_P(Life, Render_TheSameBytesAndNothingTouched) {
  const auto text = site_->server().Render({}, site_->settings());
  ASSERT_TRUE(text.ok()) << text.status().ToString();
  EXPECT_EQ(*text, site_->server().Render({}, site_->settings()).value());
  EXPECT_TRUE(std::filesystem::is_empty(site_->settings().data));
}

TEST_P(Life, SettingsThatCouldMeanMore_AreRefused) {
  for (const std::string root : {"relative", "/a;b", "/a b", "/a}", "/a\n}", "/a\"", "/a$x",
                                 "/../a", "/a{env.X}", "/\xc3\xa9", ""}) {
    ports::SiteSettings bad = site_->settings();
    bad.root = root;
    EXPECT_EQ(site_->server().Render({}, bad).status().reason(), "ConfigInvalid") << root;
  }
  for (const std::string listen : {"", "80", "0.0.0.0:80", "127.0.0.1:0", "127.0.0.1:70000",
                                   "127.0.0.1:8; }", "unix:x", "unix:/a b", "unix:/a;"}) {
    ports::SiteSettings bad = site_->settings();
    bad.listen = listen;
    EXPECT_EQ(site_->server().Start(PluginSite::Soon(), bad).reason(), "ConfigInvalid") << listen;
  }
}

TEST_P(Life, AnotherHost_AdoptsTheServer) {
  ASSERT_EQ(Start(), Status());
  const pid_t before = site_->pid();
  ASSERT_GT(before, 0);
  EXPECT_EQ(::getsid(before), before) << "a session of its own";
  site_->RestartHost();
  EXPECT_EQ(StatusAt(site_->settings().listen), 200);
  ASSERT_EQ(Start(), Status());
  EXPECT_EQ(site_->pid(), before);
  EXPECT_EQ(Probe(), Status());
}

TEST_P(Life, HostThatWasAway_BringsTheNewConfigurationWithoutARestart) {
  ASSERT_EQ(Start(), Status());
  const pid_t before = site_->pid();
  site_->RestartHost();
  ASSERT_EQ(site_->server().Start(PluginSite::Soon(), Other(9)), Status());
  EXPECT_EQ(site_->pid(), before);
  EXPECT_EQ(site_->server().Probe(PluginSite::Soon(), Other(9)), Status());
  EXPECT_EQ(Probe().reason(), "SiteServerUnavailable");
}

TEST_P(Life, KilledServer_ComesBack) {
  ASSERT_EQ(Start(), Status());
  KillAndAwait(site_->settings());
  EXPECT_EQ(Probe(), Status());
}

// What a killed server has left of its socket does not stand in the way.
TEST_P(Life, UnixSocket_IsServedAlsoAfterAKill) {
  ports::SiteSettings local = site_->settings();
  local.listen = "unix:" + local.data + "/run/site.sock";
  const Status started = site_->server().Start(PluginSite::Soon(), local);
  if (GetParam() == "httpd") {
    EXPECT_EQ(started.reason(), "Unsupported");
    return;
  }
  ASSERT_EQ(started, Status());
  EXPECT_EQ(StatusAt(local.listen), 200);
  KillAndAwait(local);
  EXPECT_EQ(StatusAt(local.listen), 200);
}

TEST_P(Life, SocketElsewhere_IsRefused) {
  ports::SiteSettings local = site_->settings();
  local.listen = "unix:" + site_->folder() + "/site.sock";
  const Status status = site_->server().Start(PluginSite::Soon(), local);
  EXPECT_THAT(status.reason(), testing::AnyOf("ConfigInvalid", "Unsupported"));
}

// Whom it runs as cannot enter the folder of sites: said before anything is started.
TEST_P(Life, UnreachableFolder_IsNamed) {
  ::chmod(site_->settings().root.c_str(), 0700);
  const Status status = Start();
  EXPECT_EQ(status.reason(), "ConfigInvalid");
  EXPECT_THAT(status.message(),
              HasSubstr(site_->settings().root + " cannot be entered by www-data"));
}

TEST_P(Life, TakenAddress_KeepsTheOld) {
  ASSERT_EQ(Start(), Status());
  PluginSite other(GetParam());
  ASSERT_EQ(other.server().Start(PluginSite::Soon(), other.settings()), Status());
  ports::SiteSettings bad = site_->settings();
  bad.listen = other.settings().listen;
  EXPECT_EQ(Reload(bad).reason(), "PortTaken");
  EXPECT_EQ(Probe(), Status());
}

TEST_P(Life, OtherAddress_IsTakenUpByAReload) {
  ASSERT_EQ(Start(), Status());
  const pid_t before = site_->pid();
  ports::SiteSettings moved = site_->settings();
  moved.listen = FreeAddress();
  ASSERT_EQ(Reload(moved), Status());
  EXPECT_EQ(StatusAt(moved.listen), 200);
  EXPECT_EQ(site_->pid(), before);
}

// Ended at any moment from the one on where the new file is there.
TEST_P(Life, ReloadThatIsCancelledMidway_LeavesTheOldInForce) {
  ASSERT_EQ(Start(), Status());
  const pid_t before = site_->pid();
  int cancelled = 0;
  for (const auto delay : {0ms, 5ms, 20ms, 60ms, 150ms}) {
    std::stop_source cancel;
    std::jthread cancelling([&, old = FileText()] {
      for (int i = 0; i < 5000 && FileText() == old; ++i) std::this_thread::sleep_for(1ms);
      std::this_thread::sleep_for(delay);
      cancel.request_stop();
    });
    ports::Call call = PluginSite::Soon();
    call.cancel = cancel.get_token();
    const Status status = site_->server().Reload(call, Other(9));
    cancelling.join();
    if (!status.ok()) {
      ++cancelled;
      EXPECT_EQ(status.code(), Code::kCancelled) << status.ToString();
      EXPECT_EQ(Probe(), Status()) << delay.count() << " ms";
    }
    EXPECT_EQ(Reload(site_->settings()), Status()) << delay.count() << " ms";
  }
  EXPECT_GT(cancelled, 0);
  EXPECT_EQ(site_->pid(), before);
}

TEST_P(Life, NotStarted_IsNotReloaded) {
  EXPECT_EQ(Reload(site_->settings()).reason(), "SiteServerUnavailable");
  EXPECT_EQ(Probe().reason(), "SiteServerUnavailable");
}

// The program itself is asked: one that refuses keeps what is in force, also over a restart.
TEST_P(Life, ConfigurationTheServerRefuses_KeepsTheOld) {
  const std::string wrapper = site_->folder() + "/wrapper", refuse = site_->folder() + "/refuse";
  std::ofstream(wrapper) << "#!/bin/sh\ncase \"$*\" in *candidate*) if [ -e " << refuse
                         << " ]; then echo 'no such word' >&2; exit 1; fi;; esac\nexec "
                         << ProgramOf(GetParam()) << " \"$@\"\n";
  ::chmod(wrapper.c_str(), 0755);
  site_->RestartHost("{\"binary\": \"" + wrapper + "\"}");
  ASSERT_EQ(Start(), Status());
  std::ofstream(refuse) << "";
  const Status refused = Reload(Other(9));
  EXPECT_EQ(refused.reason(), "ConfigInvalid");
  EXPECT_THAT(refused.message(), HasSubstr("no such word"));
  EXPECT_EQ(site_->server().Check(PluginSite::Soon(), Other(9)).reason(), "ConfigInvalid");
  EXPECT_EQ(Probe(), Status());
  KillAndAwait(site_->settings());
  EXPECT_EQ(Probe(), Status());
}

TEST_P(Life, Stop_LetsOpenRequestsEnd) {
  constexpr size_t kSize = 64u << 20;
  MakeRelease(site_->settings().root, kPlain, "cccccccccccccccccccc02", {{"large.bin", "x"}});
  const std::string file =
      site_->settings().root + "/sites/" + kPlain + "/cccccccccccccccccccc02/large.bin";
  ASSERT_EQ(::truncate(file.c_str(), kSize), 0);
  ASSERT_EQ(Start(), Status());
  Connection open(site_->settings().listen);
  ASSERT_TRUE(open.Send(RequestText(
      "GET", "/large.bin",
      {"X-Controller-App-Id: " + kPlain, "X-Controller-Release-Id: cccccccccccccccccccc02"})));
  size_t got = open.Read(1000).size();
  ASSERT_GT(got, 0u);
  std::jthread stopping(
      [&] { EXPECT_EQ(site_->server().Stop(PluginSite::Soon(), site_->settings()), Status()); });
  for (int i = 0; i < 200 && StatusAt(site_->settings().listen) != 0; ++i)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(StatusAt(site_->settings().listen), 0) << "accepts nothing more";
  for (std::string bytes; !(bytes = open.Read(1 << 20)).empty();) got += bytes.size();
  EXPECT_GT(got, kSize);
  stopping.join();
  EXPECT_EQ(site_->pid(), 0);
}

// NS_SITE_REQUESTS of the list while the configuration changes without a pause.
TEST_P(Life, Reloads_FailNoRequest) {
  const char* wanted = std::getenv("NS_SITE_REQUESTS");
  const int limit = wanted ? std::atoi(wanted) : 1000;
  ASSERT_EQ(Start(), Status());
  std::atomic<bool> done = false;
  std::atomic<int> reloads = 0;
  std::jthread reloading([&] {
    for (int i = 0; !done || i < 2; ++i) {
      const Status status = Reload(Other(6 + i % 2));
      EXPECT_EQ(status, Status()) << i << ": " << status.ToString();
      ++reloads;
      if (!status.ok()) break;
    }
  });
  Load load(site_->settings().listen, 2);
  while ((load.sent() < limit && !HasFailure()) || reloads < 2) std::this_thread::sleep_for(10ms);
  load.Stop();
  done = true;
  EXPECT_EQ(load.failed(), 0) << "of " << load.sent();
  std::cout << load.sent() << " requests, " << reloads << " reloads, " << load.failed()
            << " failed\n";
}

INSTANTIATE_TEST_SUITE_P(Servers, Life, testing::ValuesIn(Servers()),
                         [](const auto& server) { return server.param; });

}  // namespace
}  // namespace ns::sites
