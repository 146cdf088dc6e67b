#include "plan/usage.h"

#include <algorithm>
#include <set>

namespace ns::plan {
namespace {

using model::kUnmeasured;
using model::ReplicaUsage;
using model::Usage;

// What a counter has grown by a second, times `scale`.
int64_t Rate(int64_t before, int64_t now, Duration span, double scale) {
  if (before < 0 || now < before || span <= Duration::zero()) return kUnmeasured;
  const double seconds = std::chrono::duration<double>(span).count();
  return static_cast<int64_t>(static_cast<double>(now - before) * scale / seconds + 0.5);
}

void AddTo(int64_t& sum, int64_t value) {
  if (value < 0) return;
  sum = sum < 0 ? value : sum + value;
}

}  // namespace

AppUsages UsageMeter::Read(const std::vector<ReplicaUsage>& replicas) {
  constexpr double kMicrosPerNano = 1e-3;
  std::map<AppId, Usage> apps;
  std::map<std::pair<AppId, std::string>, ReplicaUsage> seen;
  for (const ReplicaUsage& now : replicas) {
    Usage& usage = apps[now.app];
    AddTo(usage.memory, now.memory);
    const auto before = before_.find({now.app, now.replica});
    if (before != before_.end()) {
      const ReplicaUsage& then = before->second;
      const Duration span = now.at - then.at;
      AddTo(usage.cpu, Rate(then.cpu_ns, now.cpu_ns, span, kMicrosPerNano));
      AddTo(usage.received, Rate(then.received, now.received, span, 1));
      AddTo(usage.sent, Rate(then.sent, now.sent, span, 1));
    }
    seen[{now.app, now.replica}] = now;
  }
  before_ = std::move(seen);
  return {apps.begin(), apps.end()};
}

void UsageAverage::Sum::Add(int64_t value) {
  if (value < 0) return;
  total += value;
  ++count;
}

void UsageAverage::Add(const AppUsages& apps) {
  for (const auto& [app, usage] : apps) {
    Sums& sums = sums_[app];
    sums.cpu.Add(usage.cpu);
    sums.memory.Add(usage.memory);
    sums.received.Add(usage.received);
    sums.sent.Add(usage.sent);
  }
}

AppUsages UsageAverage::Take() {
  AppUsages apps;
  for (const auto& [app, sums] : std::exchange(sums_, {})) {
    apps.emplace_back(app, Usage{sums.cpu.Average(), sums.memory.Average(), sums.received.Average(),
                                 sums.sent.Average()});
  }
  return apps;
}

std::vector<model::UsagePoint> SeriesOf(std::vector<model::UsagePoint> points) {
  std::ranges::sort(points, {}, &model::UsagePoint::at);
  std::set<Time> samples;
  for (const auto& point : points) {
    if (point.span == model::kUsageSpan) samples.insert(point.at);
  }
  std::erase_if(points, [&](const model::UsagePoint& point) {
    if (point.span == model::kUsageSpan) return false;
    const auto within = samples.upper_bound(point.at - point.span);
    return within != samples.end() && *within <= point.at;
  });
  return points;
}

}  // namespace ns::plan
