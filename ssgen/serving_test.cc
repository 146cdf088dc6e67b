#include "ssgen/serving.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>

#include "base/failpoint.h"
#include "ssgen/site_probe.h"
#include "supervise/address.h"

namespace ns::ssgen {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const SiteName kSite{AppId("a000000000000000000001"), ReleaseId("b000000000000000000001")};
const SiteName kOther{AppId("a000000000000000000002"), ReleaseId("b000000000000000000001")};

// The whole answer to a request, by its text.
using Answering = std::function<std::string(const std::string& request)>;

// Answers at an address, one at a time.
class Web {
 public:
  Web(const std::string& address, Answering answering) : answering_(std::move(answering)) {
    const auto where = supervise::ParseAddress(address);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    EXPECT_EQ(::bind(fd_, where->get(), where->size), 0) << address;
    ::listen(fd_, 64);
    supervise::SocketAddress bound = *where;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
    at = supervise::FormatAddress(bound);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) Answer();
    });
  }
  ~Web() {
    thread_ = {};
    ::close(fd_);
  }
  std::string at;

 private:
  void Answer() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10) != 1) return;
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    char request[4096];
    const ssize_t got = ::recv(peer, request, sizeof(request), 0);
    if (got > 0) {  // not just a look at whether somebody is there
      const std::string answer = answering_(std::string(request, static_cast<size_t>(got)));
      (void)!::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::shutdown(peer, SHUT_WR);
      while (::recv(peer, request, sizeof(request), 0) > 0) continue;
    }
    ::close(peer);
  }

  const Answering answering_;
  int fd_ = -1;
  std::jthread thread_;
};

std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ReadFile(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string FreeAddress() { return Web("127.0.0.1:0", Ok).at; }

class SitesOnDisk : public testing::Test {
 protected:
  SitesOnDisk() {
    std::string pattern = "/tmp/ns-serving.XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    Write(kSite, "index.html", "first\n");
  }
  ~SitesOnDisk() override { fs::remove_all(root_); }

  fs::path FolderOf(const SiteName& site) const {
    return fs::path(root_) / "sites" / site.app.str() / site.release.str();
  }
  void Write(const SiteName& site, const std::string& name, const std::string& text) const {
    fs::create_directories((FolderOf(site) / name).parent_path());
    std::ofstream(FolderOf(site) / name) << text;
  }
  // As a server of sites does, for names as they are and for "/".
  std::string FromDisk(const std::string& request) const {
    const auto value = [&](const std::string& name) {
      const size_t at = request.find(name + ": ") + name.size() + 2;
      return request.substr(at, request.find('\r', at) - at);
    };
    std::string target = request.substr(4, request.find(' ', 4) - 4);
    if (target == "/") target = "/index.html";
    const fs::path file = fs::path(root_) / "sites" / value("X-Controller-App-Id") /
                          (value("X-Controller-Release-Id") + target);
    return fs::is_regular_file(file) ? Ok(ReadFile(file)) : "HTTP/1.1 404 Not Found\r\n\r\n";
  }

  std::string root_;
};

class SiteProbe : public SitesOnDisk {
 protected:
  Status Probe(const Answering& answering, const SiteName& site = kSite) {
    const Web web("127.0.0.1:0", answering);
    return ProbeSite(web.at, root_, site, 200ms);
  }
};

TEST_F(SiteProbe, WhatLiesThere_IsOk) {
  const auto disk = [this](const std::string& request) { return FromDisk(request); };
  EXPECT_EQ(Probe(disk), Status());
  Write(kOther, ".hidden", "x");
  Write(kOther, "a b.txt", "x");
  Write(kOther, "app.js.gz", "x");
  Write(kOther, "deep/er/app.js", "// x\n");
  EXPECT_EQ(Probe(disk, kOther), Status()) << "a site without an index.html";
  fs::remove_all(FolderOf(kOther) / "deep");
  EXPECT_EQ(Probe(disk, kOther), Status()) << "nothing that can be asked for";
}

TEST_F(SiteProbe, AnythingElse_IsToldWithTheSite) {
  const std::string large(3 << 20, 'x');
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {Ok("other\n"), "with other bytes"},
      {Ok("first"), "with 5 bytes instead of 6"},
      {"HTTP/1.1 200 OK\r\n\r\nfirst\n", "with -1 bytes"},
      {"HTTP/1.1 500 Internal Server Error\r\n\r\n", "with status 500 instead of 200"},
      {"HTTP/1.1 404 Not Found\r\n\r\n", "with status 404 instead of 200"},
      {"", "no answer of HTTP"},
      {"SSH-2.0\r\n\r\n", "no answer of HTTP"},
      {Ok(large), "with 3145728 bytes"}};
  for (const auto& [answer, how] : wrong) {
    const Status status = Probe([&](const std::string&) { return answer; });
    EXPECT_EQ(status.reason(), "SiteServerUnavailable") << how;
    EXPECT_THAT(status.message(), HasSubstr(how));
    EXPECT_THAT(status.message(), HasSubstr("a000000000000000000001/b000000000000000000001: / is"));
  }
  EXPECT_THAT(ProbeSite(FreeAddress(), root_, kSite, 200ms).message(),
              HasSubstr("is not answered"));
}

TEST_F(SiteProbe, SiteThatGoesMeanwhile_IsOk) {
  const auto gone = [this](const std::string&) {
    fs::remove_all(FolderOf(kSite));
    return std::string("HTTP/1.1 404 Not Found\r\n\r\n");
  };
  EXPECT_EQ(Probe(gone), Status());
  EXPECT_EQ(Probe(gone), Status()) << "not there at all";
}

// A server in this process, that can be told what to answer.
class ScriptedServer final : public ports::SiteServer {
 public:
  ScriptedServer(std::string name, std::vector<std::string>& log, Answering answering)
      : name_(std::move(name)), log_(log), answering_(std::move(answering)) {}

  Result<std::string> Render(const ports::Call&, const ports::SiteSettings&) override {
    return std::string("x");
  }
  Status Check(const ports::Call&, const ports::SiteSettings&) override { return Did("check"); }
  Status Start(const ports::Call& call, const ports::SiteSettings& settings) override {
    if (unwell) std::this_thread::sleep_for(takes);
    if (call.deadline && *call.deadline < SystemClock().Monotonic()) return Did("start too late");
    const Status status = Did(settings.listen.empty() ? "start alone" : "start");
    if (!status.ok()) return status;
    if (!web_) web_ = std::make_unique<Web>(settings.own, answering_);
    in_force_ = settings;
    return {};
  }
  Status Reload(const ports::Call& call, const ports::SiteSettings& settings) override {
    return Start(call, settings);
  }
  Status Stop(const ports::Call&, const ports::SiteSettings&) override {
    if (const Status status = Did("stop"); !status.ok()) return status;
    web_ = nullptr;
    in_force_ = {};
    return {};
  }
  Status Probe(const ports::Call&, const ports::SiteSettings& settings) override {
    if (web_ && settings == in_force_ && !unwell) return {};
    return Status(Code::kUnavailable, "SiteServerUnavailable", name_ + " does not answer");
  }

  std::map<std::string, Status> failures;  // by what is asked for
  bool unwell = false;
  std::chrono::milliseconds takes{};  // to start while it is unwell
  bool runs() const { return web_ != nullptr; }

 private:
  Status Did(const std::string& what) {
    log_.push_back(name_ + " " + what);
    if (what == "stop") unwell = false;
    return failures[what];
  }

  const std::string name_;
  std::vector<std::string>& log_;
  const Answering answering_;
  std::unique_ptr<Web> web_;
  ports::SiteSettings in_force_;
};

class ServingTest : public SitesOnDisk {
 protected:
  ServingTest() { Write(kOther, "index.html", "second\n"); }
  NamedServer Named(const std::string& name, ScriptedServer& server) const {
    return {name, &server, {root_, listen_, root_ + "/" + name, 5s}};
  }
  Status Serve(const std::string& chosen, const ports::Call& call = {}) {
    const NamedServer one = Named("one", one_), two = Named("two", two_);
    return chosen == "one" ? serving_.Serve(call, one, {two}, {kSite, kOther})
                           : serving_.Serve(call, two, {one}, {kSite, kOther});
  }
  void ServeOne() {
    ASSERT_EQ(Serve("one"), Status());
    log_.clear();
  }

  const std::string listen_ = FreeAddress();
  std::vector<std::string> log_;
  std::function<std::string(const std::string&)> two_answers_ = [this](const std::string& request) {
    return FromDisk(request);
  };
  ScriptedServer one_{"one", log_, [this](const std::string& r) { return FromDisk(r); }};
  ScriptedServer two_{"two", log_, [this](const std::string& r) { return two_answers_(r); }};
  Serving serving_{SystemClock()};
};

TEST_F(ServingTest, First_IsStartedAndTheOthersAreStopped) {
  EXPECT_EQ(serving_.Care({}), Status()) << "nothing is chosen yet";
  EXPECT_EQ(Serve("one"), Status());
  EXPECT_THAT(log_, ElementsAre("one start", "two stop"));
  log_.clear();
  EXPECT_EQ(Serve("one"), Status()) << "again";
  EXPECT_THAT(log_, ElementsAre("one start", "two stop"));
}

TEST_F(ServingTest, Another_ComesBesideIsAskedAndTakesPartBeforeTheOldIsStopped) {
  ServeOne();
  std::atomic<int> asked = 0;
  two_answers_ = [&](const std::string& request) {
    ++asked;
    return FromDisk(request);
  };
  EXPECT_EQ(Serve("two"), Status());
  EXPECT_EQ(asked, 2) << "for each site";
  EXPECT_THAT(log_, ElementsAre("two check", "two start alone", "two start", "one stop"));
}

TEST_F(ServingTest, WhateverFails_LeavesTheOldAndStopsTheNew) {
  ServeOne();
  for (const std::string step : {"check", "start alone", "start"}) {
    two_.failures = {{step, Status(Code::kInvalid, "ConfigInvalid", "no")}};
    const Status status = Serve("two");
    EXPECT_EQ(status.reason(), "ConfigInvalid") << step;
    EXPECT_EQ(status.message(), "site server two: no");
    EXPECT_TRUE(one_.runs());
    EXPECT_FALSE(two_.runs()) << step;
    EXPECT_THAT(log_, testing::Not(testing::Contains("one stop")));
  }
  two_.failures = {};
  EXPECT_EQ(serving_.Care({}), Status()) << "of the old";
  EXPECT_EQ(Serve("two"), Status());
}

TEST_F(ServingTest, SiteThatTheNewAnswersOtherwise_IsNamed) {
  const Web at(listen_, [this](const std::string& request) { return FromDisk(request); });
  ServeOne();
  two_answers_ = [this](const std::string& request) {
    return request.find(kOther.app.str()) == std::string::npos ? FromDisk(request) : Ok("no");
  };
  const Status status = Serve("two");
  EXPECT_EQ(status.reason(), "SiteServerUnavailable");
  EXPECT_THAT(status.message(), HasSubstr("site server two: site " + kOther.app.str()));
  EXPECT_THAT(log_, ElementsAre("two check", "two start alone", "two stop"));
  EXPECT_TRUE(one_.runs());
  EXPECT_FALSE(two_.runs());
}

TEST_F(ServingTest, SiteThatTheOldAnswersOtherwiseToo_IsNoObstacle) {
  const Web at(listen_, [](const std::string&) { return Ok("neither"); });
  ServeOne();
  two_answers_ = [](const std::string&) { return Ok("nor"); };
  EXPECT_EQ(Serve("two"), Status());
  EXPECT_FALSE(one_.runs());
}

TEST_F(ServingTest, CancelledCall_LeavesTheOld) {
  const Web at(listen_, [this](const std::string& request) { return FromDisk(request); });
  ServeOne();
  std::stop_source cancel;
  two_answers_ = [&](const std::string& request) {
    cancel.request_stop();
    return FromDisk(request);
  };
  EXPECT_EQ(Serve("two", {cancel.get_token(), {}}).code(), Code::kCancelled);
  EXPECT_TRUE(one_.runs());
  EXPECT_FALSE(two_.runs());
}

TEST_F(ServingTest, OldThatCannotBeStopped_IsTold) {
  ServeOne();
  one_.failures = {{"stop", Unavailable("it stays")}};
  EXPECT_EQ(Serve("two").message(), "site server one: it stays");
  one_.failures = {};
  EXPECT_EQ(Serve("two"), Status());
  EXPECT_FALSE(one_.runs());
}

TEST_F(ServingTest, EachStepThatFails_IsRepairedByTheNext) {
  for (const std::string step : {"beside", "probed", "both", "stopped"}) {
    ServeOne();
    ConfigureFailpoints("ssgen.serving-" + step + "=error");
    EXPECT_THAT(Serve("two").message(), HasSubstr("failpoint ssgen.serving-" + step));
    ConfigureFailpoints(std::vector<FailpointRule>{});
    EXPECT_TRUE(one_.runs() || two_.runs()) << step;
    EXPECT_EQ(Serve("two"), Status()) << step;
    EXPECT_FALSE(one_.runs());
  }
}

// One that takes part at the address stays there, also with other settings and others that run.
TEST_F(ServingTest, OneThatServes_IsNeverTakenAway) {
  ServeOne();
  const NamedServer two = Named("two", two_);
  ports::SiteSettings alone = two.settings;
  alone.own = OwnAddressOf(alone);
  alone.listen.clear();
  ASSERT_EQ(two_.Start({}, alone), Status()) << "what a swap has left that was broken off";
  log_.clear();
  NamedServer changed = Named("one", one_);
  changed.settings.drain = 9s;
  EXPECT_EQ(serving_.Serve({}, changed, {two}, {kSite}), Status());
  EXPECT_THAT(log_, ElementsAre("one start", "two stop"));
}

TEST_F(ServingTest, AddressThatCannotBeShared_IsRefused) {
  NamedServer one = Named("one", one_);
  for (const std::string listen : {"", "unix:/x.sock", "0.0.0.0:80"}) {
    one.settings.listen = listen;
    const Status status = serving_.Serve({}, one, {}, {});
    EXPECT_EQ(status.reason(), "ConfigInvalid");
    EXPECT_THAT(status.message(), HasSubstr("\"" + listen + "\""));
  }
  EXPECT_THAT(log_, ElementsAre());
}

TEST_F(ServingTest, Care_StartsAgainAndTheThirdTimeAnew) {
  ServeOne();
  EXPECT_EQ(serving_.Care({}), Status());
  EXPECT_THAT(log_, ElementsAre());
  one_.unwell = true;
  EXPECT_EQ(serving_.Care({}).reason(), "SiteServerUnavailable");
  EXPECT_EQ(serving_.Care({}).reason(), "SiteServerUnavailable");
  EXPECT_THAT(log_, ElementsAre("one start", "one start"));
  log_.clear();
  EXPECT_EQ(serving_.Care({}), Status());
  EXPECT_THAT(log_, ElementsAre("one start", "one stop", "one start"));
}

TEST_F(ServingTest, OneThatIsSlowNowAndThen_IsNotEnded) {
  ServeOne();
  for (int i = 0; i < 10; ++i) {
    one_.unwell = i % 3 != 2;
    (void)serving_.Care({});
  }
  EXPECT_THAT(log_, testing::Not(testing::Contains("one stop")));
}

TEST_F(ServingTest, OneWhoseConfigurationIsRefused_IsNotEndedForIt) {
  ServeOne();
  one_.unwell = true;
  one_.failures = {{"start", Status(Code::kInvalid, "ConfigInvalid", "no")}};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(serving_.Care({}).reason(), "ConfigInvalid");
  EXPECT_THAT(log_, testing::Not(testing::Contains("one stop")));
}

// What was tried first has taken all the time there was.
TEST_F(ServingTest, CareThatIsLate_StartsAnewAllTheSame) {
  ServeOne();
  one_.unwell = true;
  one_.failures = {{"start too late", Status(Code::kDeadline, "TimedOut", "late")}};
  (void)serving_.Care({});
  (void)serving_.Care({});
  one_.takes = 1s;
  log_.clear();
  EXPECT_EQ(serving_.Care({{}, SystemClock().Monotonic() + 900ms}), Status());
  EXPECT_THAT(log_, ElementsAre("one start too late", "one stop", "one start"));
}

TEST(OwnAddress, IsOfTheDataFolderAndThePort) {
  const ports::SiteSettings one{"/r", "127.0.0.1:8080", "/a"}, two{"/r", "127.0.0.1:8080", "/b"};
  EXPECT_EQ(OwnAddressOf(one), OwnAddressOf(one));
  EXPECT_NE(OwnAddressOf(one), OwnAddressOf(two));
  EXPECT_THAT(OwnAddressOf(one), testing::MatchesRegex("127\\.[0-9]+\\.[0-9]+\\.[0-9]+:8080"));
}

}  // namespace
}  // namespace ns::ssgen
