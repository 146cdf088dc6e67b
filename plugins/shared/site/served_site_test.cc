#include "site/served_site.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "site/files.h"

namespace ns::site {
namespace {

using namespace std::chrono_literals;
using sdk::SiteSettings;

// Answers with a mark at an address of its own, from Listen() on.
class Web {
 public:
  Web() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    listen = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Web() {
    thread_ = {};
    ::close(fd_);
  }
  void Listen(const std::string& mark) {
    Answer(mark);
    ::listen(fd_, 16);
    listens = true;
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) Serve();
    });
  }
  void Answer(const std::string& mark) {
    const std::lock_guard lock(mutex_);
    mark_ = mark;
  }

  std::string listen;
  std::atomic<bool> listens = false;

 private:
  void Serve() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 20) != 1) return;
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    char buffer[4096];
    std::string answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n";
    if (::recv(peer, buffer, sizeof(buffer), 0) > 0) {
      const std::lock_guard lock(mutex_);
      answer += "X-Site-Mark: " + mark_ + "\r\n\r\n";
      (void)!::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    ::close(peer);
  }

  int fd_ = -1;
  std::mutex mutex_;
  std::string mark_;
  std::jthread thread_;
};

// Its one helper has a process id, and is well once `ensure` has returned.
struct FakeHost {
  std::atomic<int64_t> pid = 0;
  std::function<void()> ensure = [] {};
  std::vector<std::string> listen;  // of the helper, as it was described last
  ns_host raw{};

  FakeHost() {
    raw.struct_size = sizeof(raw);
    raw.host_data = this;
    raw.service = [](const ns_host*, const char* id) noexcept -> const void* {
      static constexpr ns_host_spawn kSpawn = {sizeof(ns_host_spawn), 0, &Ensure, &State, nullptr};
      return std::string(id) == NS_HOST_SPAWN ? &kSpawn : nullptr;
    };
  }
  static FakeHost& Of(const ns_host* host) { return *static_cast<FakeHost*>(host->host_data); }
  static ns_status Ensure(const ns_host* host, const ns_call*, const ns_helper* helper) noexcept {
    Of(host).listen = sdk::Texts(helper->listen, helper->listen_count);
    try {
      Of(host).ensure();
    } catch (const sdk::Error& error) {
      return error.code();
    }
    return NS_OK;
  }
  static ns_status State(const ns_host* host, ns_str, ns_helper_state* out) noexcept {
    out->pid = Of(host).pid;
    return NS_OK;
  }
};

// Its configuration is a mark and a drain time.
class FakeSite : public ServedSite {
 public:
  explicit FakeSite(FakeHost& host)
      : ServedSite({sdk::Host(&host.raw), NS_SITE, "x", R"({"binary": "/bin/true"})"},
                   {"fake", "true", "coreutils"}) {}

  std::function<void(const std::string& mark)> take_up = [](const std::string&) {};
  int taken_up = 0;

 private:
  std::string Text(const SiteSettings& settings, const std::string& mark) const override {
    return settings.listen + " " + std::to_string(settings.drain.count()) + " " + mark + "\n";
  }
  std::vector<std::string> RunCommand(const std::string&, const Paths&) const override {
    return {"/bin/true"};
  }
  std::vector<std::string> CheckCommand(const std::string&, const Paths&) const override {
    return {"/bin/true"};
  }
  void TakeUp(const sdk::Call&, const Paths& paths, int64_t) override {
    ++taken_up;
    const std::string text = ReadWhole(paths.file);
    take_up(text.substr(text.rfind(' ') + 1, text.size() - text.rfind(' ') - 2));
  }
};

class ServedSiteTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/ns-served-site.XXXXXX";
    ASSERT_TRUE(::mkdtemp(pattern.data()));
    ::chmod(pattern.c_str(), 0755);
    old_ = {pattern, web_.listen, pattern, 5s};
    new_ = {pattern, web_.listen, pattern, 6s};
  }
  void TearDown() override { std::filesystem::remove_all(old_.data); }

  std::string MarkOf(const SiteSettings& settings) {
    const std::string text = site_.Render(settings);
    return text.substr(text.rfind(' ') + 1, text.size() - text.rfind(' ') - 2);
  }
  // As a server that was started and answers with the old configuration.
  void StartOld() {
    host_.ensure = [this] {
      if (!web_.listens) web_.Listen(MarkOf(old_));
      host_.pid = 7;
    };
    site_.Start(sdk::Call(), old_);
    ASSERT_EQ(site_.taken_up, 0);
    site_.take_up = [this](const std::string& mark) { web_.Answer(mark); };
  }

  void ExpectCancelled(const ns_call& raw) {
    try {
      site_.Reload(sdk::Call(&raw), new_);
      ADD_FAILURE() << "went on";
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.code(), NS_E_CANCELLED) << error.what();
    }
    EXPECT_EQ(ReadWhole(old_.data + "/server.conf"), site_.Render(old_));
  }

  Web web_, elsewhere_;
  FakeHost host_;
  FakeSite site_{host_};
  SiteSettings old_, new_;
};

TEST_F(ServedSiteTest, Reload_IsTakenUpOnce) {
  StartOld();
  site_.Reload(sdk::Call(), new_);
  EXPECT_EQ(site_.taken_up, 1);
  site_.Probe(sdk::Call(), new_);
}

// A signal would end what is about to become the server.
TEST_F(ServedSiteTest, LauncherThatDoesNotAnswerYet_IsNotTold) {
  StartOld();
  Web late;
  const SiteSettings before = {old_.root, late.listen, old_.data, 5s};
  SiteSettings after = before;
  after.drain = 6s;
  std::jthread starting([&] {
    std::this_thread::sleep_for(500ms);
    late.Listen(MarkOf(before));
  });
  host_.ensure = [&] {
    while (!late.listens) std::this_thread::sleep_for(5ms);
  };
  web_.Answer("");
  site_.take_up = [&](const std::string& mark) {
    EXPECT_TRUE(late.listens);
    late.Answer(mark);
  };
  site_.Reload(sdk::Call(), after);
  EXPECT_EQ(site_.taken_up, 1);
}

// Slow to answer, but with what it has just read.
TEST_F(ServedSiteTest, ServerThatWasJustStarted_IsNotTold) {
  host_.ensure = [this] {
    web_.Listen("");
    host_.pid = 7;
  };
  std::jthread starting([&] {
    while (!web_.listens) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(1500ms);
    web_.Answer(MarkOf(old_));
  });
  site_.Start(sdk::Call(), old_);
  EXPECT_EQ(site_.taken_up, 0);
}

// A call that is cancelled by hand.
struct Cancelling {
  std::atomic<bool> cancelled = false;
  ns_call raw{};
  Cancelling() {
    raw.struct_size = sizeof(raw);
    raw.cancel_fd = -1;
    raw.host_data = this;
    raw.cancelled = [](const ns_call* call) noexcept -> int32_t {
      return static_cast<Cancelling*>(call->host_data)->cancelled;
    };
  }
};

TEST_F(ServedSiteTest, ReloadCancelledMidway_BringsTheOldBack) {
  StartOld();
  Cancelling cancelling;
  site_.take_up = [&](const std::string& mark) {
    web_.Answer(mark);
    cancelling.cancelled = true;
  };
  ExpectCancelled(cancelling.raw);
  EXPECT_EQ(site_.taken_up, 2);
  site_.Probe(sdk::Call(), old_);
  site_.Reload(sdk::Call(), old_);
  EXPECT_EQ(site_.taken_up, 2) << "it was in force";
}

// The first word of the old is lost on a server that is reading the new, as httpd does.
TEST_F(ServedSiteTest, ServerThatIsStillReadingTheNew_IsToldOfTheOldAgain) {
  StartOld();
  Cancelling cancelling;
  std::jthread reading;
  site_.take_up = [&](const std::string& mark) {
    if (site_.taken_up == 1)
      reading = std::jthread([this, mark] {
        std::this_thread::sleep_for(200ms);
        web_.Answer(mark);
      });
    if (site_.taken_up > 2) web_.Answer(mark);
    cancelling.cancelled = true;
  };
  ExpectCancelled(cancelling.raw);
  EXPECT_EQ(site_.taken_up, 3);
  site_.Probe(sdk::Call(), old_);
}

// A running one cannot be handed a socket: it is described anew, and starts with the new file.
TEST_F(ServedSiteTest, OtherSharedAddress_IsNotToldButHandedOver) {
  StartOld();
  EXPECT_EQ(host_.listen, std::vector<std::string>());
  new_.own = old_.listen;
  new_.listen = "127.0.0.1:1";
  host_.ensure = [this] { web_.Answer(MarkOf(new_)); };
  site_.Reload(sdk::Call(), new_);
  EXPECT_EQ(site_.taken_up, 0);
  EXPECT_EQ(host_.listen, std::vector<std::string>{"127.0.0.1:1"});
  EXPECT_EQ(ReadWhole(old_.data + "/handed"), "127.0.0.1:1");
  SiteSettings later = new_;
  later.drain = 7s;
  host_.ensure = [] {};
  site_.Reload(sdk::Call(), later);
  EXPECT_EQ(site_.taken_up, 1) << "the same address";
}

TEST_F(ServedSiteTest, AddressThatTheHostRefuses_BringsTheOldBack) {
  old_.own = web_.listen;
  old_.listen = "127.0.0.1:1";
  StartOld();
  new_ = old_;
  new_.listen = "127.0.0.1:2";
  std::vector<std::string> asked;
  host_.ensure = [&] {
    asked.push_back(host_.listen[0]);
    if (asked.size() == 1) throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_PORT_TAKEN, "taken");
  };
  EXPECT_THROW(site_.Reload(sdk::Call(), new_), sdk::Error);
  EXPECT_EQ(asked, (std::vector<std::string>{"127.0.0.1:2", "127.0.0.1:1"}));
  EXPECT_EQ(ReadWhole(old_.data + "/server.conf"), site_.Render(old_));
  EXPECT_EQ(ReadWhole(old_.data + "/handed"), "127.0.0.1:1");
}

// A process of ours that ends at any moment leaves what the next one finds the server by.
TEST_F(ServedSiteTest, HostThatDiesWhileAnAddressChanges_IsFollowedByOneThatGoesOn) {
  StartOld();
  new_.listen = elsewhere_.listen;
  const pid_t child = ::fork();
  if (child == 0) {
    site_.take_up = [](const std::string&) { ::_exit(42); };
    site_.Reload(sdk::Call(), new_);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 42);
  site_.take_up = [this](const std::string& mark) {
    if (!elsewhere_.listens) elsewhere_.Listen(mark);
  };
  FakeSite next(host_);
  next.take_up = site_.take_up;
  next.Start(sdk::Call(), new_);
  EXPECT_EQ(next.taken_up, 1);
  next.Probe(sdk::Call(), new_);
}

}  // namespace
}  // namespace ns::site
