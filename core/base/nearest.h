// The right word next to a wrong one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ns {

// Insertions, deletions, replacements and swaps of neighbours that make `a` like `b`.
size_t EditDistance(std::string_view a, std::string_view b);
// The word nearest to `word`; empty where none is near enough to have been meant.
std::string Nearest(std::string_view word, const std::vector<std::string>& words);
// "; did you mean \"x\"?" or, where nothing is near, "; one of a, b, c".
std::string Suggestion(std::string_view word, const std::vector<std::string>& words);

}  // namespace ns
