// The commands of the program as plain values: what completion and the manual are made of.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ns::cli {

struct OptionNode {
  std::vector<std::string> names;    // "-f", "--file"; none: it is given by its place
  std::string placeholder;           // "APP", "TEXT"; empty: a flag
  std::string what;                  // one sentence
  std::vector<std::string> choices;  // the only values; none: any
  bool required = false, many = false;
};

struct CommandNode {
  std::string path;                // "app start"; empty: the program itself
  std::string what, example;       // one sentence; a line to be typed
  std::vector<OptionNode> places;  // in their order
  std::vector<OptionNode> options;
  std::vector<CommandNode> commands;
  const CommandNode* Find(const std::string& name) const;  // below it; null: none
};

CommandNode TreeOf(const CLI::App& root);
// "app start", or "" for the program itself, of any command of the tree.
std::string PathOf(const CLI::App& command);

}  // namespace ns::cli
