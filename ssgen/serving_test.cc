#include "ssgen/serving.h"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "base/failpoint.h"
#include "ssgen/sites_on_disk_for_test.h"

namespace ns::ssgen {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

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
