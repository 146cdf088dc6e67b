#include "site/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::site {
namespace {

using namespace std::chrono_literals;

// Listens at both kinds of address; nobody takes what comes.
class AddressTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/ns-address-test.XXXXXX";
    ASSERT_TRUE(::mkdtemp(pattern.data()));
    folder_ = pattern;
    const bool local = GetParam();
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    (folder_ + "/x.sock").copy(path.sun_path, sizeof(path.sun_path) - 1);
    sockaddr_in port{};
    port.sin_family = AF_INET;
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.resize(local ? sizeof(path) : sizeof(port));
    const void* from = local ? static_cast<void*>(&path) : &port;
    ::memcpy(address_.data(), from, address_.size());
    listener_ = Open(0);
    ASSERT_EQ(::bind(listener_, Raw(), Size()), 0);
    ASSERT_EQ(::listen(listener_, 0), 0);
    socklen_t size = sizeof(port);
    if (!local) ::getsockname(listener_, reinterpret_cast<sockaddr*>(address_.data()), &size);
    ::memcpy(&port, address_.data(), sizeof(port));
    listen_ =
        local ? "unix:" + folder_ + "/x.sock" : "127.0.0.1:" + std::to_string(ntohs(port.sin_port));
  }
  void TearDown() override {
    for (const int fd : fds_) ::close(fd);
    std::filesystem::remove_all(folder_);
  }

  int Open(int flags) {
    fds_.push_back(::socket(GetParam() ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    return fds_.back();
  }
  const sockaddr* Raw() const { return reinterpret_cast<const sockaddr*>(address_.data()); }
  socklen_t Size() const { return static_cast<socklen_t>(address_.size()); }
  // Until its queue has no room.
  void Fill() {
    for (int i = 0; i < 8; ++i) (void)::connect(Open(SOCK_NONBLOCK), Raw(), Size());
  }

  std::string folder_, listen_;
  std::vector<char> address_;
  std::vector<int> fds_;
  int listener_ = -1;
};

const sdk::Call kCall;

TEST_P(AddressTest, Listener_Takes) {
  EXPECT_TRUE(IsTaken(kCall, listen_));
  ::close(listener_);
  fds_.erase(fds_.begin());
  EXPECT_FALSE(IsTaken(kCall, listen_));
}

TEST_P(AddressTest, SocketFile_GoesOnceNobodyListens) {
  RemoveStale(kCall, listen_);
  EXPECT_EQ(std::filesystem::exists(folder_ + "/x.sock"), GetParam());
  ::close(listener_);
  fds_.erase(fds_.begin());
  RemoveStale(kCall, listen_);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/x.sock"));
}

TEST_P(AddressTest, FullQueue_IsSaidInTime) {
  Fill();
  const auto before = std::chrono::steady_clock::now();
  try {
    (void)IsTaken(kCall, listen_);
    ADD_FAILURE() << "found a place";
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.code(), NS_E_UNAVAILABLE) << error.what();
    EXPECT_NE(std::string(error.what()).find(listen_), std::string::npos) << error.what();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

TEST_P(AddressTest, FullQueue_IsNotWaitedForBeyondTheCall) {
  Fill();
  ns_call raw{};
  raw.struct_size = sizeof(raw);
  raw.cancel_fd = -1;
  raw.deadline_ns = (sdk::Timing::System().Monotonic() + 100ms).count();
  const sdk::Call call(&raw);
  try {
    (void)IsTaken(call, listen_);
    ADD_FAILURE() << "found a place";
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.code(), NS_E_DEADLINE) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AddressTest, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "unix" : "tcp"; });

}  // namespace
}  // namespace ns::site
