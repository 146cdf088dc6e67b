// What an application uses, over time.
#include <array>

#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "google/protobuf/empty.pb.h"
#include "plan/usage.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;
using model::Usage;

struct Metric {
  const char* name;
  int64_t Usage::*value;
  double unit;  // of a whole one
};
// Cores, bytes, and bytes a second.
constexpr std::array<Metric, 4> kMetrics{{{"CPU", &Usage::cpu, 1e-6},
                                          {"Memory", &Usage::memory, 1},
                                          {"NetworkReceived", &Usage::received, 1},
                                          {"NetworkSent", &Usage::sent, 1}}};

constexpr int64_t kUsualSeconds = 3600, kMostSeconds = 30 * 86400;

Status Check(const pb::GetApplicationMetricsRequest& in) {
  model::Violations violations;
  if (!in.has_before()) violations.push_back({"before", "must say up to when"});
  if (in.limit_seconds() < 0 || in.limit_seconds() > kMostSeconds) {
    violations.push_back({"limit_seconds", "must be 0 to " + std::to_string(kMostSeconds) +
                                               ", got " + std::to_string(in.limit_seconds())});
  }
  return CheckNone(violations);
}

Result<const Metric*> Find(const std::string& name) {
  std::string names;
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) return &metric;
    names += std::string(names.empty() ? "" : ", ") + metric.name;
  }
  return Refuse(Code::kNotFound, "NoSuchMetric",
                {{"metrics_name", "must be one of " + names + ", got " + model::Quoted(name)}});
}

Result<pb::AvailableMetrics> GetAvailableMetrics(const Context&, const Request&, const Empty&) {
  pb::AvailableMetrics out;
  for (const Metric& metric : kMetrics) out.add_metrics_names(metric.name);
  return out;
}

Result<pb::ApplicationMetrics> GetApplicationMetrics(const Context& context, const Request& request,
                                                     const pb::GetApplicationMetricsRequest& in) {
  NS_TRY(Check(in));
  NS_ASSIGN(const Metric* metric, Find(in.metrics_name()));
  const model::Application& app = *request.on.app;
  // Moments of which there can be nothing any more need not be asked for; nor does time overflow.
  const Time until =
      std::min(FromProto(in.before()), context.parts.clock.Now() + std::chrono::hours(24));
  const int64_t seconds = in.limit_seconds() == 0 ? kUsualSeconds : in.limit_seconds();
  const Time from =
      std::max(until, kNever + std::chrono::seconds(kMostSeconds)) - std::chrono::seconds(seconds);
  NS_ASSIGN(auto points, context.store().usage.Series(app.backend, app.id, from, until));
  pb::ApplicationMetrics out;
  for (const model::UsagePoint& point : plan::SeriesOf(std::move(points))) {
    const int64_t value = point.usage.*(metric->value);
    if (value < 0) continue;  // not known of that time
    auto* one = out.add_metrics();
    *one->mutable_time() = ToProto(point.at);
    one->set_value(static_cast<double>(value) * metric->unit);
  }
  return out;
}

}  // namespace

void OfferMetrics(MethodTable& table) {
  const std::string api = kApiService;
  Offer(table, api + "GetAvailableMetrics", GetAvailableMetrics);
  Offer(table, api + "GetApplicationMetrics", GetApplicationMetrics);
}

}  // namespace ns::api
