// The answer to a shell that asks what may follow.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ns::cli {

class Context;

// A line for each word that may stand at the end of `words`, with what it is behind a tab; or
// ":files".
void AnswerCompletion(const CLI::App& root, Context& context,
                      const std::vector<std::string>& words);

}  // namespace ns::cli
