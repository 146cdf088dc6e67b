#include "host/loop_figures.h"

#include <charconv>

namespace ns::host {

std::vector<std::string> FiguresOf(const std::map<reconcile::LoopId, reconcile::LoopFigures>& loops,
                                   const Clock& clock) {
  using std::chrono::milliseconds;
  std::vector<std::string> out;
  for (const auto& [id, figures] : loops) {
    const auto add = [&](const std::string& name, int64_t value) {
      out.push_back(name + "/" + reconcile::LoopName(id) + "=" + std::to_string(value));
    };
    add("loop_passes", figures.passes);
    add("loop_failures", figures.failures);
    add("loop_busy_ms", figures.busy / milliseconds(1));
    if (figures.looked > Duration::zero())
      add("loop_looked_ms", (clock.Monotonic() - figures.looked) / milliseconds(1));
  }
  return out;
}

std::vector<Figure> ReadFigures(const std::vector<std::string>& figures) {
  std::vector<Figure> out;
  for (const std::string& text : figures) {
    const size_t slash = text.find('/'), equals = text.rfind('=');
    if (slash == std::string::npos || equals == std::string::npos || equals < slash) continue;
    Figure figure{text.substr(0, slash), text.substr(slash + 1, equals - slash - 1), 0};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + equals + 1, end, figure.value);
    if (error == std::errc() && rest == end) out.push_back(std::move(figure));
  }
  return out;
}

}  // namespace ns::host
