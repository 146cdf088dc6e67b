#include "host/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/loop_figures.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"

namespace ns::host {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class MetricsPage : public ::testing::Test {
 protected:
  void Beat(int n, const std::string& name, std::vector<std::string> figures = {}) {
    model::Host host;
    host.id = HostId(std::string(21, '0') + std::to_string(n));
    host.name = name;
    host.roles = {"controller", "builder"};
    host.plugins = {{"docker", "backend-docker", "ns.backend/1", "1.0", true, n != 2, "", "", ""}};
    host.figures = std::move(figures);
    EXPECT_TRUE(fake_.store().hosts.Beat(host, 10s).ok());
  }
  std::string Text() {
    return MetricsText({fake_.store(), [] { return store::PoolFigures{8, 3, 2, 5, 1, 1500ms}; },
                        [] { return size_t{4}; }, clock_},
                       calls_);
  }

  ports::testing::FakeClock clock_;
  ports::testing::FakeStore fake_{clock_};
  metrics::Calls calls_;
};

TEST_F(MetricsPage, TellsOfThisProcessAndTheInstallation) {
  Beat(1, "m",
       {"loop_passes/starter=12", "loop_busy_ms/starter=1500", "loop_looked_ms/starter=250"});
  calls_.Count("x.S/Get", Code::kOk, 1ms);
  const std::string text = Text();
  const std::string host = "host=\"m\",roles=\"controller,builder\",process=\"0\"";
  for (const std::string& line : {
           std::string("neoshowcase_api_calls_total{code=\"ok\",method=\"x.S/Get\"} 1"),
           std::string("neoshowcase_api_streams_open 4"),
           std::string("neoshowcase_database_up 1"),
           std::string("neoshowcase_database_sessions{state=\"in_use\"} 2"),
           std::string("neoshowcase_database_sessions{state=\"idle\"} 1"),
           std::string("neoshowcase_database_waits_total 5"),
           std::string("neoshowcase_database_wait_seconds_total 1.5"),
           std::string("neoshowcase_builds_queued 0"),
           "neoshowcase_loop_passes_total{" + host + ",loop=\"starter\"} 12",
           "neoshowcase_loop_busy_seconds_total{" + host + ",loop=\"starter\"} 1.5",
           "neoshowcase_loop_look_age_seconds{" + host + ",loop=\"starter\"} 0.25",
           "neoshowcase_plugin_healthy{" + host + ",plugin=\"docker\",required=\"true\"} 1",
           "neoshowcase_applications_held{" + host + "} 0",
       })
    EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
}

// Two series of the same labels make Prometheus refuse the whole page.
TEST_F(MetricsPage, HostsOfOneName_AreToldApart) {
  Beat(1, "m");
  Beat(2, "m");
  Beat(3, "other");
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("process=\"0\",plugin=\"docker\",required=\"true\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("process=\"1\",plugin=\"docker\",required=\"true\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("process=\"2\"")));
}

TEST_F(MetricsPage, WithoutTheDatabase_TheProcessAnswersAllTheSame) {
  Beat(1, "m");
  fake_.FailWith(Unavailable("down"));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nneoshowcase_database_up 0\n"));
  EXPECT_THAT(text, HasSubstr("\nneoshowcase_api_streams_open 4\n"));
  EXPECT_THAT(text, Not(HasSubstr("neoshowcase_builds_queued")));
}

TEST(LoopFigures, ReadBackAsTheyWere) {
  ports::testing::FakeClock clock;
  clock.Advance(10s);
  const auto told =
      FiguresOf({{reconcile::LoopId::kStarter, {12, 3, 1500ms, clock.Monotonic() - 2s}},
                 {reconcile::LoopId::kFetcher, {}}},
                clock);
  std::vector<std::string> read;
  for (const Figure& figure : ReadFigures(told))
    read.push_back(figure.name + " " + figure.of + " " + std::to_string(figure.value));
  const std::string starter = reconcile::LoopName(reconcile::LoopId::kStarter);
  EXPECT_THAT(read,
              testing::IsSupersetOf(
                  {"loop_passes " + starter + " 12", "loop_failures " + starter + " 3",
                   "loop_busy_ms " + starter + " 1500", "loop_looked_ms " + starter + " 2000"}));
  EXPECT_EQ(read.size(), 7u) << "one that has never looked has no age";
  EXPECT_TRUE(ReadFigures({"", "x", "a/b", "a/b=", "a/b=1x", "=1/a"}).empty());
}

}  // namespace
}  // namespace ns::host
