// `ns app metrics`: what one application used.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <numeric>

#include "failure.h"
#include "text.h"
#include "time_text.h"
#include "usage.h"
#include "usage_text.h"

namespace ns::cli {
namespace {

constexpr size_t kBars = 60;

struct Given {
  std::string app, metric, since = "1h";
};

struct Series {
  std::string metric;
  api::ApplicationMetrics samples;
};

std::vector<std::string> RowOf(const Series& series) {
  std::vector<double> values;
  for (const auto& sample : series.samples.metrics()) values.push_back(sample.value());
  if (values.empty()) return {series.metric, "-", "-", "-", "nothing was measured"};
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const auto text = [&](double value) { return UsageOf(series.metric, value); };
  return {series.metric, text(values.back()), text(sum / static_cast<double>(values.size())),
          text(*std::ranges::max_element(values)), Sparkline(values, kBars)};
}

std::string SamplesText(const Series& series) {
  std::vector<std::vector<std::string>> rows = {{"TIME", series.metric}};
  for (const auto& sample : series.samples.metrics())
    rows.push_back({TimeOf(sample.time()), UsageOf(series.metric, sample.value())});
  return Table(rows);
}

std::string JsonOf(const std::vector<Series>& all) {
  boost::json::object out;
  for (const Series& series : all)
    out[series.metric] = boost::json::parse(JsonLine(series.samples)).at("metrics");
  return boost::json::serialize(out) + "\n";
}

// Those that are asked for; each that there is.
std::vector<std::string> MetricsOf(Context& context, const Given& given) {
  if (!given.metric.empty()) return {given.metric};
  const auto known = context.Api<api::AvailableMetrics>("GetAvailableMetrics");
  return {known.metrics_names().begin(), known.metrics_names().end()};
}

void Show(Context& context, const Given& given) {
  const auto seconds = SecondsOf(given.since);
  if (!seconds)
    throw Failure(Exit::kUsage, "--since is '" + given.since +
                                    "'; give how long ago, such as 90s, 10m, 2h or 1d.");
  const std::string id = FindApplication(context, given.app).id();
  std::vector<Series> all;
  for (const std::string& metric : MetricsOf(context, given))
    all.push_back({metric, SamplesOf(context, id, metric, *seconds)});
  if (context.json) return context.Print(JsonOf(all));
  if (!given.metric.empty()) return context.Print(SamplesText(all.front()));
  std::vector<std::vector<std::string>> rows = {
      {"METRIC", "NOW", "AVERAGE", "MOST", "LAST " + given.since}};
  for (const Series& series : all) rows.push_back(RowOf(series));
  context.Print(Table(rows));
}

}  // namespace

api::ApplicationMetrics SamplesOf(Context& context, const std::string& app_id,
                                  const std::string& metric, int64_t seconds) {
  api::GetApplicationMetricsRequest request;
  request.set_application_id(app_id);
  request.set_metrics_name(metric);
  request.mutable_before()->set_seconds(NowSeconds() + 1);
  request.set_limit_seconds(seconds);
  return context.Api<api::ApplicationMetrics>("GetApplicationMetrics", request);
}

void AddMetrics(CLI::App& noun, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command =
      noun.add_subcommand("metrics", "processor, memory and network that it used, as a line each");
  command->add_option("APP", given->app, "name or id")->required();
  command->add_option("--metric", given->metric, "each sample of this one, such as CPU or Memory");
  command->add_option("--since", given->since, "90s, 10m, 2h; a day is kept")
      ->capture_default_str();
  command->callback([&context, given] { Show(context, *given); });
}

}  // namespace ns::cli
