// A server at a socket of the host, and at an address of its own beside it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "load.h"
#include "plugin_site.h"
#include "site_tree.h"
#include "ssgen/serving.h"

namespace ns::sites {
namespace {

using namespace std::chrono_literals;

class Shared : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (ProgramOf(GetParam()).empty())
      GTEST_SKIP() << "LEFT OUT: " << GetParam() << " is not installed";
    site_ = std::make_unique<PluginSite>(GetParam());
    settings_ = site_->settings();
    settings_.own = ssgen::OwnAddressOf(settings_);
    const Status status = Start(settings_);
    ASSERT_EQ(status, Status()) << status.ToString();
  }
  Status Start(const ports::SiteSettings& settings) {
    return site_->server().Start(PluginSite::Soon(), settings);
  }
  Status Reload(const ports::SiteSettings& settings) {
    return site_->server().Reload(PluginSite::Soon(), settings);
  }
  Status Probe(const ports::SiteSettings& settings) {
    return site_->server().Probe(PluginSite::Soon(), settings);
  }
  int StatusAt(const std::string& address) {
    const auto answer =
        Ask(address, "GET", "/about",
            {"X-Controller-App-Id: " + kPlain, "X-Controller-Release-Id: " + kFirst});
    return answer ? answer->status : 0;
  }
  // What the server listens with, "socket:[123]"; empty: nothing.
  std::string Socket(const std::string& address) {
    const auto id = supervise::IdentifyProcess(site_->pid());
    if (!id.ok()) return "";
    const auto found = supervise::ListeningIn(*id, address);
    if (!found.ok() || !*found) return "";
    const int flags = ::fcntl((*found)->get(), F_GETFL);
    EXPECT_TRUE(flags & O_NONBLOCK) << "others that share it would wait for a connection";
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string((*found)->get()));
  }

  std::unique_ptr<PluginSite> site_;
  ports::SiteSettings settings_;
};

TEST_P(Shared, BothAddresses_AreAnswered) {
  EXPECT_EQ(StatusAt(settings_.listen), 200);
  EXPECT_EQ(StatusAt(settings_.own), 200);
  EXPECT_EQ(Probe(settings_), Status());
  EXPECT_NE(Socket(settings_.listen), "");
}

TEST_P(Shared, Reloads_FailNoRequestAndKeepTheSocket) {
  const std::string socket = Socket(settings_.listen);
  const pid_t before = site_->pid();
  Load load(settings_.listen);
  for (int i = 0; i < 3; ++i) {
    ports::SiteSettings other = settings_;
    other.drain = std::chrono::seconds(6 + i);
    const Status status = Reload(other);
    EXPECT_EQ(status, Status()) << status.ToString();
    EXPECT_EQ(Probe(other), Status());
  }
  load.Stop();
  EXPECT_EQ(load.failed(), 0) << "of " << load.sent();
  EXPECT_EQ(Socket(settings_.listen), socket);
  EXPECT_EQ(site_->pid(), before);
}

// Whoever comes meanwhile waits and is answered.
TEST_P(Shared, KilledServer_RefusesNobody) {
  const std::string socket = Socket(settings_.listen);
  for (const bool other_host : {false, true}) {
    if (other_host) {
      site_->RestartHost();
      ASSERT_EQ(Start(settings_), Status());
    }
    const pid_t before = site_->pid();
    ::kill(-before, SIGKILL);
    while (site_->pid() == before) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(StatusAt(settings_.listen), 200) << other_host;
    EXPECT_EQ(Socket(settings_.listen), socket) << other_host;
    EXPECT_NE(site_->pid(), before);
  }
}

TEST_P(Shared, NextHost_BringsOtherSettingsWithoutARestart) {
  const pid_t before = site_->pid();
  site_->RestartHost();
  ports::SiteSettings other = settings_;
  other.drain = 9s;
  ASSERT_EQ(Start(other), Status());
  EXPECT_EQ(site_->pid(), before);
  EXPECT_EQ(Probe(other), Status());
}

TEST_P(Shared, OwnAddressAlone_AndThenBoth) {
  ports::SiteSettings alone = settings_;
  alone.listen.clear();
  ASSERT_EQ(Reload(alone), Status());
  EXPECT_EQ(StatusAt(settings_.own), 200);
  EXPECT_EQ(StatusAt(settings_.listen), 0);
  ASSERT_EQ(Start(settings_), Status());
  EXPECT_EQ(StatusAt(settings_.listen), 200);
}

TEST_P(Shared, OtherAddress_IsTakenUp) {
  ports::SiteSettings moved = settings_;
  moved.listen = FreeAddress();
  ASSERT_EQ(Reload(moved), Status());
  EXPECT_EQ(StatusAt(moved.listen), 200);
  EXPECT_EQ(StatusAt(settings_.listen), 0);
}

TEST_P(Shared, TakenAddress_KeepsTheOld) {
  const pid_t before = site_->pid();
  PluginSite other("nginx");
  ASSERT_EQ(other.server().Start(PluginSite::Soon(), other.settings()), Status());
  ports::SiteSettings bad = settings_;
  bad.listen = other.settings().listen;
  EXPECT_EQ(Reload(bad).reason(), "PortTaken");
  EXPECT_EQ(site_->pid(), before);
  EXPECT_EQ(Probe(settings_), Status());
  ports::SiteSettings drained = settings_;
  drained.drain = 9s;
  EXPECT_EQ(Reload(drained), Status());
}

TEST_P(Shared, SettingsThatFitNothing_AreRefused) {
  for (const std::string own : {"127.0.0.1", "10.0.0.1:80", "127.1.2:80", "127.1.2.256:80", "x",
                                "127.1.2.3:0", "127.1.2.3:80;", "127.1.2.3.4:80"}) {
    ports::SiteSettings bad = settings_;
    bad.own = own;
    EXPECT_EQ(Start(bad).reason(), "ConfigInvalid") << own;
  }
  ports::SiteSettings bad = settings_;
  bad.own = bad.listen;
  EXPECT_EQ(Start(bad).reason(), "ConfigInvalid");
  bad.own = settings_.own;
  bad.listen = "unix:" + bad.data + "/run/x.sock";
  EXPECT_EQ(Start(bad).reason(), "ConfigInvalid");
}

// It lets what is open end, and nobody new is left waiting for an answer.
TEST_P(Shared, Stop_RefusesWhoComes) {
  constexpr size_t kSize = 64u << 20;
  const std::string release = "cccccccccccccccccccc02";
  MakeRelease(settings_.root, kPlain, release, {{"large.bin", "x"}});
  const std::string file = settings_.root + "/sites/" + kPlain + "/" + release + "/large.bin";
  ASSERT_EQ(::truncate(file.c_str(), kSize), 0);
  Connection open(settings_.listen);
  ASSERT_TRUE(open.Send(
      RequestText("GET", "/large.bin",
                  {"X-Controller-App-Id: " + kPlain, "X-Controller-Release-Id: " + release})));
  size_t got = open.Read(1000).size();
  std::jthread stopping(
      [&] { EXPECT_EQ(site_->server().Stop(PluginSite::Soon(), settings_), Status()); });
  std::this_thread::sleep_for(300ms);
  EXPECT_GT(site_->pid(), 0) << "it drains";
  EXPECT_FALSE(Connection(settings_.listen).open());
  for (std::string bytes; !(bytes = open.Read(1 << 20)).empty();) got += bytes.size();
  EXPECT_GT(got, kSize);
  stopping.join();
  EXPECT_EQ(site_->pid(), 0);
}

INSTANTIATE_TEST_SUITE_P(Servers, Shared, testing::ValuesIn(Servers()),
                         [](const auto& server) { return server.param; });

}  // namespace
}  // namespace ns::sites
