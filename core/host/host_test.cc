#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "host/key_file.h"
#include "host/listeners.h"
#include "host/succession.h"
#include "ports/testing/fake_store.h"

namespace ns::host {
namespace {

using testing::HasSubstr;

class HostFiles : public testing::Test {
 protected:
  HostFiles() {
    char name[] = "/tmp/ns-host-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~HostFiles() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(HostFiles, KeyFile_MadeOnceAndReadAgain) {
  const auto made = LoadOrMakeKeyFile(folder_ + "/keys", SystemRandom());
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  const auto read = LoadOrMakeKeyFile(folder_ + "/keys", SystemRandom());
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(made->seal, read->seal);
  EXPECT_EQ(made->hash, read->hash);
  EXPECT_EQ(made->ssh.public_line, read->ssh.public_line);
  EXPECT_EQ(made->ssh.private_pem, read->ssh.private_pem);
  EXPECT_NE(made->seal, made->hash);
}

TEST_F(HostFiles, KeyFile_ReadableByOthers_Refused) {
  const std::string path = folder_ + "/keys";
  ASSERT_TRUE(LoadOrMakeKeyFile(path, SystemRandom()).ok());
  chmod(path.c_str(), 0644);
  const auto read = LoadOrMakeKeyFile(path, SystemRandom());
  EXPECT_EQ(read.status().code(), Code::kInvalid);
  EXPECT_THAT(read.status().message(), HasSubstr("mode 644"));
  EXPECT_THAT(read.status().message(), HasSubstr("chmod 600"));
}

TEST_F(HostFiles, KeyFile_Cut_SaysWhatIsMissing) {
  const std::string path = folder_ + "/keys";
  ASSERT_TRUE(LoadOrMakeKeyFile(path, SystemRandom()).ok());
  std::filesystem::resize_file(path, 120);
  EXPECT_EQ(LoadOrMakeKeyFile(path, SystemRandom()).status().code(), Code::kInvalid);
}

TEST_F(HostFiles, Listener_UnixSocket_ReplacesALeftOne) {
  const std::string address = "unix:" + folder_ + "/deep/api.sock";
  {
    const auto first = Listener::Open(address);
    ASSERT_TRUE(first.ok()) << first.status().ToString();
    const auto second = Listener::Open(address);
    EXPECT_EQ(second.status().code(), Code::kUnavailable);
    EXPECT_THAT(second.status().message(), HasSubstr("in use"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/deep/api.sock"));
  EXPECT_TRUE(Listener::Open(address).ok());
}

// Hosts that begin and end on one data folder.
class Successions : public HostFiles {
 protected:
  Successions() { std::filesystem::create_directories(layout_.run()); }

  std::unique_ptr<Succession> Begin(int n, const std::vector<std::string>& roles) {
    model::Host host;
    host.id = IdOf(n);
    auto succession = std::make_unique<Succession>();
    EXPECT_EQ(succession->Take(layout_, roles, host.id, hosts_), Status());
    EXPECT_TRUE(hosts_.Beat(host, std::chrono::minutes(1)).ok());
    return succession;
  }
  static HostId IdOf(int n) { return HostId(std::string(21, '0') + std::to_string(n)); }
  std::vector<HostId> Listed() {
    std::vector<HostId> ids;
    const auto all = hosts_.List(std::chrono::seconds(30)).value();
    for (const model::Host& host : all) ids.push_back(host.id);
    return ids;
  }

  const Layout layout_{folder_};
  ports::testing::FakeStore rows_{SystemClock()};
  ports::HostStore& hosts_ = rows_.store().hosts;
};

TEST_F(Successions, ProcessBeforeOfTheSameRoles_IsTakenOut) {
  auto first = Begin(1, {"controller", "builder"});
  const auto other = Begin(2, {"services"});
  first.reset();
  const auto second = Begin(3, {"controller", "builder"});
  EXPECT_THAT(Listed(), testing::ElementsAre(IdOf(2), IdOf(3)));
}

TEST_F(Successions, ProcessThatLives_KeepsItsRowBesideASecond) {
  auto first = Begin(1, {"controller"});
  auto second = Begin(2, {"controller"});
  EXPECT_THAT(Listed(), testing::ElementsAre(IdOf(1), IdOf(2)));
  second.reset();
  const auto third = Begin(3, {"controller"});
  EXPECT_THAT(Listed(), testing::ElementsAre(IdOf(1), IdOf(3))) << "the second's place";
}

TEST(Listener, Tcp_TakenPort_SaysWhatToDo) {
  const auto first = Listener::Open("127.0.0.1:0");
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ASSERT_EQ(getsockname(first->fd(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
  const auto second = Listener::Open("127.0.0.1:" + std::to_string(ntohs(bound.sin_port)));
  EXPECT_EQ(second.status().code(), Code::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr("stop what holds it"));
}

TEST(Listener, BadAddresses_NameTheRule) {
  for (const char* address : {"", "4000", "unix:relative.sock", "localhost:4000", "127.0.0.1:http",
                              "127.0.0.1:99999999"}) {
    const auto listener = Listener::Open(address);
    EXPECT_EQ(listener.status().code(), Code::kInvalid)
        << address << ": " << listener.status().ToString();
    EXPECT_FALSE(listener.status().message().empty());
  }
}

}  // namespace
}  // namespace ns::host
