#include <gmock/gmock.h>

#include "api/api_world.h"
#include "api/convert.h"

namespace ns::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class MetricsTest : public ApiWorld {
 protected:
  MetricsTest() : alice_(Named("alice")), app_(MakeApp(alice_).id()) { clock.Advance(1h); }

  // `ago` before now.
  void Put(std::chrono::seconds ago, const model::Usage& usage,
           std::chrono::seconds span = model::kUsageSpan) {
    EXPECT_EQ(
        store.store().usage.Put({"docker", clock.Now() - ago, span, {{AppId(app_), usage}}}, 24h),
        Status());
  }
  api_pb::GetApplicationMetricsRequest Of(const std::string& name) const {
    api_pb::GetApplicationMetricsRequest in;
    in.set_application_id(app_);
    in.set_metrics_name(name);
    *in.mutable_before() = ToProto(clock.Now() + 1s);
    return in;
  }
  Result<api_pb::ApplicationMetrics> Ask(const api_pb::GetApplicationMetricsRequest& in) {
    return Call<api_pb::ApplicationMetrics>(alice_, "GetApplicationMetrics", in);
  }
  std::vector<double> Values(const api_pb::GetApplicationMetricsRequest& in) {
    std::vector<double> values;
    const auto answer = Ask(in);
    for (const auto& metric : answer.value().metrics()) values.push_back(metric.value());
    return values;
  }

  const Peer alice_;
  const std::string app_;
};

TEST_F(MetricsTest, EachNameThatIsAvailable_IsAnswered) {
  Put(0s, {250'000, 1 << 20, 10, 20});
  const auto names = Call<api_pb::AvailableMetrics>(Named("bob"), "GetAvailableMetrics", Empty());
  EXPECT_THAT(names->metrics_names(),
              ElementsAre("CPU", "Memory", "NetworkReceived", "NetworkSent"));
  std::vector<double> values;
  for (const auto& name : names->metrics_names()) values.push_back(Values(Of(name)).at(0));
  EXPECT_THAT(values, ElementsAre(0.25, 1 << 20, 10, 20));
}

TEST_F(MetricsTest, Values_AscendByTimeAndLeaveOutWhatIsNotKnown) {
  Put(15s, {2'000'000, 2, 2, 2});
  Put(45s, {1'000'000, 1, 1, 1});
  Put(30s, {model::kUnmeasured, 7, 7, 7});
  EXPECT_THAT(Values(Of("CPU")), ElementsAre(1, 2));
  EXPECT_THAT(Values(Of("Memory")), ElementsAre(1, 7, 2));
  EXPECT_EQ(Ask(Of("CPU"))->metrics(0).time().seconds(), ToProto(clock.Now() - 45s).seconds());
}

TEST_F(MetricsTest, BeforeAndLimit_BoundTheTime) {
  for (const auto ago : {0s, 15s, 30s, 45s}) Put(ago, {ago.count() * 1'000'000, 0, 0, 0});
  auto in = Of("CPU");
  *in.mutable_before() = ToProto(clock.Now() - 15s);
  EXPECT_THAT(Values(in), ElementsAre(45, 30)) << "before is not among them";
  in.set_limit_seconds(15);
  EXPECT_THAT(Values(in), ElementsAre(30)) << "the other end is";
  Put(2h, {9'000'000, 0, 0, 0}, model::kUsageMinute);
  EXPECT_THAT(Values(Of("CPU")), ElementsAre(45, 30, 15, 0)) << "an hour, where no limit is given";
  in.set_limit_seconds(30 * 86400);
  EXPECT_THAT(Values(in), ElementsAre(9, 45, 30));
  in.mutable_before()->set_seconds(-62135596800);
  EXPECT_THAT(Values(in), IsEmpty());
  in.mutable_before()->set_seconds(253402300799);
  EXPECT_THAT(Values(in), ElementsAre(9, 45, 30, 15, 0));
}

TEST_F(MetricsTest, BadRequests_NameTheField) {
  auto in = Of("CPU");
  in.clear_before();
  in.set_limit_seconds(-1);
  Status refused = Ask(in).status();
  EXPECT_EQ(refused.code(), Code::kInvalid);
  EXPECT_THAT(FieldsOf(refused), ElementsAre("before", "limit_seconds"));
  in = Of("CPU");
  in.set_limit_seconds(30 * 86400 + 1);
  EXPECT_THAT(FieldsOf(Ask(in).status()), ElementsAre("limit_seconds"));
  for (const char* name : {"", "cpu", "Disk"}) {
    refused = Ask(Of(name)).status();
    EXPECT_EQ(refused.code(), Code::kNotFound) << name;
    EXPECT_THAT(FieldsOf(refused), ElementsAre("metrics_name"));
    EXPECT_THAT(refused.message(), HasSubstr("CPU"));
  }
}

TEST_F(MetricsTest, OthersApplications_AreNotShown) {
  Put(0s, {1, 1, 1, 1});
  EXPECT_EQ(Call(Named("bob"), "GetApplicationMetrics", Of("CPU")).status().code(), Code::kDenied);
  auto in = Of("CPU");
  in.set_application_id(std::string(22, '0'));
  EXPECT_EQ(Ask(in).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace ns::api
