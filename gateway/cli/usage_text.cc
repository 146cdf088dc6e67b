#include "usage_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace ns::cli {
namespace {

std::string Bytes(double value) {
  const char* const kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) value /= 1024, ++unit;
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

}  // namespace

std::string UsageOf(const std::string& metric, double value) {
  if (metric.starts_with("Network")) return Bytes(value) + "/s";
  if (metric == "Memory") return Bytes(value);
  char text[32];
  std::snprintf(text, sizeof(text), metric == "CPU" ? "%.2f cores" : "%g", value);
  return text;
}

std::string Sparkline(const std::vector<double>& values, size_t width) {
  static const char* const kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const size_t count = std::min(width, values.size());
  std::vector<double> shares;
  for (size_t i = 0; i < count; ++i) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * values.size() / count);
    const auto end = values.begin() + static_cast<std::ptrdiff_t>((i + 1) * values.size() / count);
    shares.push_back(std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin));
  }
  const double most = shares.empty() ? 0 : *std::ranges::max_element(shares);
  std::string line;
  for (const double share : shares)
    line += kBars[most > 0 ? std::clamp(std::lround(share / most * 7), 0L, 7L) : 0];
  return line;
}

}  // namespace ns::cli
