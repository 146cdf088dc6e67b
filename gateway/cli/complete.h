// What may stand at the end of a command line that is being typed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tree.h"

namespace ns::cli {

struct Candidate {
  std::string word, what;  // `what` may be empty
};

// Where files are to be offered, which the shell knows better.
inline constexpr char kFiles[] = ":files";

// The values of a placeholder such as APP of a command such as "app start", given the words before
// it.
using ValuesOf =
    std::function<std::vector<Candidate>(const std::string& command, const std::string& placeholder,
                                         const std::vector<std::string>& places)>;

// `words`: those behind "ns", the last being the one that is typed. Pure but for `values`.
std::vector<Candidate> Complete(const CommandNode& root, const std::vector<std::string>& words,
                                const ValuesOf& values);

}  // namespace ns::cli
