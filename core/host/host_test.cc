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

TEST_F(HostFiles, Succeed_TakesOutTheProcessBeforeOfTheSameRoles) {
  const Layout layout(folder_);
  std::filesystem::create_directories(layout.run());
  ports::testing::FakeStore rows(SystemClock());
  ports::HostStore& hosts = rows.store().hosts;
  std::vector<model::Host> all(3);
  for (model::Host& host : all) host.id = HostId::New(SystemRandom());
  const auto begin = [&](const model::Host& host, const std::vector<std::string>& roles) {
    ASSERT_TRUE(Succeed(layout, roles, host.id, hosts).ok());
    ASSERT_TRUE(hosts.Beat(host, std::chrono::minutes(1)).ok());
  };
  begin(all[0], {"controller", "builder"});
  begin(all[1], {"services"});
  begin(all[2], {"controller", "builder"});
  const auto alive = hosts.List(std::chrono::seconds(30));
  ASSERT_TRUE(alive.ok());
  std::vector<std::string> ids;
  for (const model::Host& host : *alive) ids.push_back(host.id.str());
  EXPECT_THAT(ids, testing::UnorderedElementsAre(all[1].id.str(), all[2].id.str()));
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
