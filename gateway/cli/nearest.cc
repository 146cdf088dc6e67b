#include "nearest.h"

#include <algorithm>

namespace ns::cli {
namespace {

constexpr size_t kLongest = 64;  // characters that are worth comparing

// Insertions, deletions, replacements and swaps of neighbours.
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> older, old(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) old[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], older[j - 2] + 1);
    }
    older = old;
    old = row;
  }
  return old[b.size()];
}

}  // namespace

std::string Nearest(const std::string& word, const std::vector<std::string>& words) {
  std::string best;
  if (word.size() > kLongest) return best;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : words) {
    const size_t distance = Distance(word, candidate);
    if (distance < least) least = distance, best = candidate;
  }
  return best;
}

std::string Suggestion(const std::string& word, const std::vector<std::string>& words) {
  const std::string nearest = Nearest(word, words);
  if (!nearest.empty()) return "; did you mean \"" + nearest + "\"?";
  std::string list;
  for (const std::string& candidate : words) list += (list.empty() ? "" : ", ") + candidate;
  return list.empty() ? "" : "; one of " + list;
}

}  // namespace ns::cli
