// `ns top` and `ns app metrics`.
#include "usage_text.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <boost/json.hpp>

#include "testing/program_run.h"
#include "testing/terminal_run.h"
#include "time_text.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Usage, UnitsAreThoseOfTheMetric) {
  EXPECT_EQ(UsageOf("CPU", 0.254), "0.25 cores");
  EXPECT_EQ(UsageOf("Memory", 512), "512 B");
  EXPECT_EQ(UsageOf("Memory", 12.5 * 1024 * 1024), "12.5 MiB");
  EXPECT_EQ(UsageOf("NetworkSent", 2048), "2.0 KiB/s");
  EXPECT_EQ(UsageOf("Other", 3.5), "3.5");
}

TEST(Usage, BarsAreFromZeroToTheLargest) {
  EXPECT_EQ(Sparkline({}, 10), "");
  EXPECT_EQ(Sparkline({0, 0}, 10), "▁▁");
  EXPECT_EQ(Sparkline({0, 50, 100}, 10), "▁▅█");
  EXPECT_EQ(Sparkline({0, 100, 100, 100}, 2), "▅█") << "an average each";
}

TEST(Usage, SpansAreReadWhole) {
  EXPECT_EQ(SecondsOf("90s"), 90);
  EXPECT_EQ(SecondsOf("2h"), 7200);
  EXPECT_EQ(SecondsOf("1d"), 86400);
  for (const char* wrong : {"", "h", "90", "0s", "-1h", "1w", "1hh", "99999999d"})
    EXPECT_EQ(SecondsOf(wrong), std::nullopt) << wrong;
}

class UsageTest : public ProgramRun {
 protected:
  UsageTest() {
    OfferShop();
    api::AvailableMetrics metrics;
    metrics.add_metrics_names("CPU");
    metrics.add_metrics_names("Memory");
    server_.On("GetAvailableMetrics", metrics);
    server_.On("GetApplicationMetrics", [this](const std::string& body) {
      asked_.ParseFromString(body);
      api::ApplicationMetrics samples;
      if (asked_.metrics_name() == "CPU") Add(samples, 100, 0.5), Add(samples, 115, 1.5);
      if (asked_.metrics_name() == "Memory") Add(samples, 100, 1 << 20);
      return Ok(samples);
    });
    server_.On("ListApplications", [this](const std::string& body) {
      platform::ListApplicationsRequest request;
      request.ParseFromString(body);
      pages_.push_back(request.page_token());
      platform::ListApplicationsResponse page;
      const bool first = request.page_token().empty();
      Entry(page, first ? "others" : "shop", first ? "u2" : "u1");
      if (first) page.set_next_page_token("more");
      return Ok(page);
    });
  }
  static void Add(api::ApplicationMetrics& samples, int64_t at, double value) {
    auto& one = *samples.add_metrics();
    one.mutable_time()->set_seconds(at);
    one.set_value(value);
  }
  static void Entry(platform::ListApplicationsResponse& page, const char* name, const char* owner) {
    auto& one = *page.add_applications();
    one.mutable_application()->set_id(name);
    one.mutable_application()->mutable_form()->set_name(name);
    one.mutable_application()->mutable_form()->add_owner_ids(owner);
    one.mutable_status()->set_state(platform::ApplicationStatus::LIVE);
    one.mutable_status()->set_summary("commit 01234567 is live");
    one.mutable_status()->set_ready(1);
    one.mutable_status()->set_wanted(1);
  }

  api::GetApplicationMetricsRequest asked_;
  std::vector<std::string> pages_;
};

TEST_F(UsageTest, MetricsAreALineEach) {
  EXPECT_EQ(Run({"app", "metrics", "shop", "--since", "10m"}), 0) << err_;
  EXPECT_EQ(out_,
            "METRIC  NOW         AVERAGE     MOST        LAST 10m\n"
            "CPU     1.50 cores  1.00 cores  1.50 cores  ▃█\n"
            "Memory  1.0 MiB     1.0 MiB     1.0 MiB     █\n");
  EXPECT_EQ(asked_.limit_seconds(), 600);
  EXPECT_EQ(asked_.application_id(), "a1");
  EXPECT_EQ(Run({"app", "metrics", "shop", "--metric", "CPU"}), 0);
  EXPECT_EQ(out_,
            "TIME                  CPU\n"
            "1970-01-01T00:01:40Z  0.50 cores\n"
            "1970-01-01T00:01:55Z  1.50 cores\n");
  EXPECT_EQ(Run({"app", "metrics", "shop", "--since", "soon"}), 2);
  EXPECT_THAT(err_, HasSubstr("--since is 'soon'"));
}

TEST_F(UsageTest, MetricsAsJsonAreAllSamples) {
  EXPECT_EQ(Run({"app", "metrics", "shop", "--json"}), 0) << err_;
  const auto json = boost::json::parse(out_);
  EXPECT_EQ(json.at("CPU").as_array().size(), 2U);
  EXPECT_EQ(json.at("CPU").at(1).at("value").to_number<double>(), 1.5);
  EXPECT_EQ(json.at("Memory").at(0).at("time"), "1970-01-01T00:01:40Z");
}

TEST_F(UsageTest, TopHasEveryPageAndWhatIsTheCallersToSee) {
  EXPECT_EQ(Run({"top", "--once"}), 0) << err_;
  EXPECT_EQ(out_,
            "APPLICATION  STATE  REPLICAS  CPU         MEMORY   WHAT\n"
            "shop         live   1/1       1.50 cores  1.0 MiB  commit 01234567 is live\n"
            "others       live   1/1       -           -        commit 01234567 is live\n");
  EXPECT_THAT(pages_, testing::ElementsAre("", "more"));
  EXPECT_EQ(Run({"top"}), 0) << "once, where no terminal is";
  EXPECT_THAT(out_, Not(HasSubstr("\033")));
}

TEST_F(UsageTest, TopKnowsNothingOfWhatIsDeletedWhileItLooks) {
  server_.On("GetApplicationMetrics", Refusal(404, "not_found", "There is no application shop."));
  EXPECT_EQ(Run({"top", "--once"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("shop         live   1/1       -    -       commit 01234567"));
  server_.On("GetApplicationMetrics", Refusal(403, "permission_denied", "It is not yours."));
  EXPECT_EQ(Run({"top", "--once"}), 4);
}

TEST_F(UsageTest, TopGoesOnWhileTheServerIsReplaced) {
  int looks = 0;
  server_.On("ListApplications", [&looks](const std::string&) {
    return ++looks == 1 ? Refusal(503, "unavailable", "It is being replaced.")
                        : Refusal(403, "permission_denied", "The token was taken back.");
  });
  EXPECT_EQ(Run({"top", "--json", "--interval", "1"}), 4) << "what ends the test";
  EXPECT_THAT(err_, HasSubstr("It is being replaced."));
  EXPECT_EQ(looks, 2);
  looks = 0;
  EXPECT_EQ(Run({"top", "--once"}), 5);
}

// The terminal has 40 rows.
TEST_F(UsageTest, TopFitsTheTerminal) {
  platform::ListApplicationsResponse page;
  for (int i = 10; i < 60; ++i) Entry(page, ("app" + std::to_string(i)).c_str(), "u2");
  server_.On("ListApplications", page);
  TerminalRun talk([this] {
    const std::string server = server_.unix_address();
    const char* argv[] = {"ns", "--server", server.c_str(), "top"};
    return RunProgram(4, argv);
  });
  ASSERT_TRUE(talk.Await("and 13 more")) << talk.printed();
  talk.Type("\003");
  EXPECT_EQ(talk.Finish(), 128 + SIGINT);
  EXPECT_THAT(talk.printed(), HasSubstr("app46"));
  EXPECT_THAT(talk.printed(), Not(HasSubstr("app47")));
}

TEST_F(UsageTest, TopAsJson) {
  EXPECT_EQ(Run({"top", "--once", "--json"}), 0) << err_;
  const auto json = boost::json::parse(out_);
  const auto& apps = json.at("applications").as_array();
  ASSERT_EQ(apps.size(), 2U);
  EXPECT_EQ(apps[0].at("name"), "shop");
  EXPECT_EQ(apps[0].at("state"), "LIVE");
  EXPECT_EQ(apps[0].at("cpu").to_number<double>(), 1.5);
  EXPECT_FALSE(apps[1].as_object().contains("cpu"));
}

}  // namespace
}  // namespace ns::cli
