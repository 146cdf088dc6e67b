// Completion scripts for shells. Pure.
#pragma once

#include <string>
#include <vector>

namespace ns::cli {

// One command with what may follow it.
struct Node {
  std::string path;  // "app start"; empty: the program itself
  std::vector<std::pair<std::string, std::string>> commands;  // name, description
  std::vector<std::string> options;                           // "--wait"
};

std::string BashCompletion(const std::vector<Node>& nodes);
std::string ZshCompletion(const std::vector<Node>& nodes);
std::string FishCompletion(const std::vector<Node>& nodes);

}  // namespace ns::cli
