#include "host/memory_pressure.h"

#include <algorithm>
#include <charconv>
#include <fstream>

namespace ns::host {

std::optional<double> SomeAverage10(std::string_view text) {
  constexpr std::string_view kBefore = "some avg10=";
  const size_t at = text.find(kBefore);
  if (at == std::string_view::npos) return std::nullopt;
  double share = 0;
  const char* const begin = text.data() + at + kBefore.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), share);
  if (error != std::errc() || end == begin || share < 0) return std::nullopt;
  return share;
}

std::optional<double> MemoryPressure() {
  std::ifstream file("/proc/pressure/memory");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return SomeAverage10(line);
}

int SlotsUnder(std::optional<double> pressure, int limit, int concurrency) {
  const bool pressed = limit > 0 && pressure && *pressure >= limit;
  return pressed ? std::min(concurrency, 1) : concurrency;
}

}  // namespace ns::host
