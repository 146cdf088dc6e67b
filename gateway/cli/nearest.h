// The right word next to a wrong one. Pure.
#pragma once

#include <string>
#include <vector>

namespace ns::cli {

// The word that was most likely meant; empty where none is near enough.
std::string Nearest(const std::string& word, const std::vector<std::string>& words);
// "; did you mean \"x\"?", or, where nothing is near, "; one of a, b, c".
std::string Suggestion(const std::string& word, const std::vector<std::string>& words);

}  // namespace ns::cli
