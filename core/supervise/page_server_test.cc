#include "supervise/page_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <filesystem>
#include <thread>

#include "supervise/address.h"
#include "supervise/page.h"

namespace ns::supervise {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Page, Stopped_SaysSo_With503AndRetryAfter) {
  const std::string answer = PageAnswer(
      ParsePageRequest("GET / HTTP/1.1\r\nHost: x\r\nX-NS-Page: stopped\r\nX-NS-App: 0123abc"));
  EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  for (const char* part : {"text/html", "Retry-After: 60", "no-store", "is stopped", "0123abc"})
    EXPECT_THAT(answer, HasSubstr(part));
}

TEST(Page, AcceptPrefersJson_AnswersJson) {
  const std::string answer = PageAnswer(ParsePageRequest(
      "GET / HTTP/1.1\r\nAccept: application/json, text/html\r\nX-NS-Page: building"));
  EXPECT_THAT(answer, HasSubstr("{\"error\":\"building\""));
}

TEST(Page, HeaderWithMarkup_IsNotWrittenIntoThePage) {
  const std::string answer = PageAnswer(
      ParsePageRequest("GET / HTTP/1.1\r\nX-NS-Page: <b>\r\nX-NS-App: <script>x</script>"));
  EXPECT_THAT(answer, Not(HasSubstr("<script>")));
  EXPECT_THAT(answer, HasSubstr("does not answer"));
}

TEST(Page, Head_HasNoBody) {
  EXPECT_THAT(PageAnswer(ParsePageRequest("HEAD / HTTP/1.1\r\nX-NS-Page: stopped")),
              ::testing::EndsWith("\r\n\r\n"));
}

class PageServerTest : public ::testing::Test {
 protected:
  PageServerTest() : folder_(::testing::TempDir() + "pages-" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Start();
  }
  ~PageServerTest() override {
    Stop();
    std::filesystem::remove_all(folder_);
  }

  void Start() {
    stop_ = Fd(::eventfd(0, EFD_CLOEXEC));
    thread_ = std::jthread([this] {
      EXPECT_EQ(RunPageServer({"127.0.0.1:0", folder_, stop_.get()}), Status());
    });
    for (int i = 0; i < 500 && !Accepts(); ++i) std::this_thread::sleep_for(10ms);
  }
  void Stop() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  std::string Address() { return PageServerAddress(folder_).value().substr(7); }
  bool Accepts() {
    const auto address = PageServerAddress(folder_);
    return address.ok() && Open().ok();
  }
  Result<Fd> Open() {
    NS_ASSIGN(const SocketAddress address, ParseAddress(Address()));
    return Connect(address, SystemClock().Monotonic() + 5s);
  }
  static std::string ReadAll(int fd) {
    std::string all;
    char bytes[4096];
    while (WaitReadable(fd, 10s)) {
      const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      all.append(bytes, static_cast<size_t>(got));
    }
    return all;
  }
  std::string Ask(const std::string& request) {
    auto fd = Open();
    EXPECT_TRUE(fd.ok());
    EXPECT_EQ(::send(fd->get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    return ReadAll(fd->get());
  }

  const std::string folder_;
  Fd stop_;
  std::jthread thread_;
};

TEST_F(PageServerTest, RequestWithABody_GetsTheWholePage) {
  const std::string answer =
      Ask("POST /x HTTP/1.1\r\nHost: x\r\nX-NS-Page: stopped\r\nContent-Length: 50000\r\n\r\n" +
          std::string(50000, 'b'));
  EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, ::testing::EndsWith("</html>\n"));
}

TEST_F(PageServerTest, SilentClients_KeepNobodyOut) {
  std::vector<Fd> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(Open().value());
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nX-NS-Page: stopped\r\n\r\n"), HasSubstr("is stopped"));
}

TEST_F(PageServerTest, EndlessHead_IsAnsweredAndDropped) {
  EXPECT_THAT(Ask("GET /" + std::string(20000, 'a')), HasSubstr("503"));
}

TEST_F(PageServerTest, Restarted_ListensWhereItDid) {
  const std::string before = Address();
  Stop();
  Start();
  EXPECT_EQ(Address(), before);
}

}  // namespace
}  // namespace ns::supervise
