#include "unified_diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ns::cli {
namespace {

constexpr size_t kAround = 3;           // lines of context
constexpr size_t kMostCells = 1 << 24;  // of the table; larger texts are shown as replaced

struct Line {
  char sign;  // ' ', '-' or '+'
  std::string text;
};

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// The longest common subsequence keeps its lines.
std::vector<Line> Compare(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const size_t width = b.size() + 1;
  const bool small = (a.size() + 1) * width <= kMostCells;
  std::vector<uint32_t> common(small ? (a.size() + 1) * width : 0);
  for (size_t i = a.size(); small && i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;)
      common[i * width + j] =
          a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                       : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
  }
  std::vector<Line> lines;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool both = i < a.size() && j < b.size();
    if (small && both && a[i] == b[j])
      lines.push_back({' ', a[i]}), ++i, ++j;
    else if (j == b.size() ||
             (both && (!small || common[(i + 1) * width + j] >= common[i * width + j + 1])))
      lines.push_back({'-', a[i++]});
    else
      lines.push_back({'+', b[j++]});
  }
  return lines;
}

std::string Painted(const std::string& line, const char* colour, bool colours) {
  return colours ? std::string("\033[") + colour + "m" + line + "\033[0m\n" : line + "\n";
}

std::string Shown(const Line& line, bool colours) {
  const std::string text = line.sign + line.text;
  if (line.sign == ' ') return text + "\n";
  return Painted(text, line.sign == '-' ? "31" : "32", colours);
}

std::string RangeOf(size_t begin, size_t count) {
  return std::to_string(count == 0 ? begin : begin + 1) +
         (count == 1 ? "" : "," + std::to_string(count));
}

// Lines from `begin` to `end`, which stand at `a` and `b` of the two texts.
std::string Hunk(const std::vector<Line>& lines, size_t begin, size_t end, size_t a, size_t b,
                 bool colours) {
  std::string text;
  size_t removed = 0, added = 0;
  for (size_t i = begin; i < end; ++i) {
    removed += lines[i].sign == '+' ? 0 : 1;
    added += lines[i].sign == '-' ? 0 : 1;
    text += Shown(lines[i], colours);
  }
  return Painted("@@ -" + RangeOf(a, removed) + " +" + RangeOf(b, added) + " @@", "36", colours) +
         text;
}

}  // namespace

std::string UnifiedDiff(const std::string& from, const std::string& to,
                        const std::string& from_name, const std::string& to_name, bool colours) {
  const auto lines = Compare(LinesOf(from), LinesOf(to));
  std::string text;
  size_t a = 0, b = 0, at = 0;  // `at`: lines before it are told
  const auto pass = [&](size_t until) {
    for (; at < until; ++at) a += lines[at].sign == '+' ? 0 : 1, b += lines[at].sign == '-' ? 0 : 1;
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].sign == ' ') continue;
    size_t last = i;  // of this hunk's changes
    for (size_t j = i; j < lines.size() && j <= last + 2 * kAround; ++j)
      last = lines[j].sign == ' ' ? last : j;
    const size_t begin = std::max(at, i > kAround ? i - kAround : 0);
    const size_t end = std::min(lines.size(), last + kAround + 1);
    pass(begin);
    text += Hunk(lines, begin, end, a, b, colours);
    pass(end);
    i = end - 1;
  }
  if (text.empty()) return text;
  return Painted("--- " + from_name, "1", colours) + Painted("+++ " + to_name, "1", colours) + text;
}

}  // namespace ns::cli
