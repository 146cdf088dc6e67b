#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "metrics/calls.h"
#include "metrics/page.h"
#include "metrics/process.h"

namespace ns::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(Page, Families_StandOnceWithAllTheirValues) {
  Page page;
  page.Gauge("a_bytes", "Of a.", 1.5, {{"of", "x"}});
  page.Counter("b_total", "Of b.", 7);
  page.Gauge("a_bytes", "Of a.", 2, {{"of", "y\"\n"}});
  EXPECT_EQ(page.Text(),
            "# HELP a_bytes Of a.\n# TYPE a_bytes gauge\na_bytes{of=\"x\"} 1.5\n"
            "a_bytes{of=\"y\\\"\\n\"} 2\n"
            "# HELP b_total Of b.\n# TYPE b_total counter\nb_total 7\n");
}

TEST(Calls, AreCountedByMethodAndCodeAndTimed) {
  Calls calls;
  calls.Count("x.S/Get", Code::kOk, 3ms);
  calls.Count("x.S/Get", Code::kOk, 2s);
  calls.Count("x.S/Get", Code::kNotFound, 1us);
  Page page;
  calls.AddTo(page);
  const std::string text = page.Text();
  EXPECT_THAT(text, HasSubstr("neoshowcase_api_calls_total{code=\"ok\",method=\"x.S/Get\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("neoshowcase_api_calls_total{code=\"not_found\",method=\"x.S/Get\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_seconds_count{method=\"x.S/Get\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_seconds_bucket{method=\"x.S/Get\",le=\"0.005\"} 2\n"));
}

TEST(Calls, FromManyThreads_NoneIsLost) {
  Calls calls;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) calls.Count("m", n % 2 ? Code::kOk : Code::kInvalid, 1ms);
      });
    }
  }
  Page page;
  calls.AddTo(page);
  EXPECT_THAT(page.Text(), HasSubstr("_seconds_count{method=\"m\"} 4000\n"));
}

TEST(Process, TellsOfThisOne) {
  Page page;
  AddProcess(page);
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_open_fds", "process_max_fds"})
    EXPECT_THAT(page.Text(), HasSubstr(std::string("\n") + name + " "));
  EXPECT_THAT(page.Text(), Not(HasSubstr("process_open_fds 0\n")));
}

}  // namespace
}  // namespace ns::metrics
