#include "metrics/page.h"

#include <algorithm>

#include "metrics/families.h"
#include "prometheus/text_serializer.h"

namespace ns::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric& Add(std::vector<MetricFamily>& families, const std::string& name,
                  const std::string& help, MetricType type, Labels labels) {
  auto family = std::ranges::find(families, name, &MetricFamily::name);
  if (family == families.end()) family = families.insert(family, {name, help, type, {}});
  ClientMetric& metric = family->metric.emplace_back();
  for (auto& [key, value] : labels) metric.label.push_back({std::move(key), std::move(value)});
  return metric;
}

}  // namespace

Page::Page() : families_(std::make_unique<Families>()) {}
Page::~Page() = default;

void Page::Gauge(const std::string& name, const std::string& help, double value, Labels labels) {
  Add(families_->all, name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void Page::Counter(const std::string& name, const std::string& help, double value, Labels labels) {
  Add(families_->all, name, help, MetricType::Counter, std::move(labels)).counter.value = value;
}

std::string Page::Text() const { return prometheus::TextSerializer().Serialize(families_->all); }

}  // namespace ns::metrics
