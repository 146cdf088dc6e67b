#include "tree.h"

#include <CLI/CLI.hpp>

#include "examples.h"

namespace ns::cli {
namespace {

// Of "TEXT:{auto,always,never}".
std::vector<std::string> ChoicesOf(const std::string& type) {
  std::vector<std::string> choices;
  const size_t open = type.find('{'), close = type.rfind('}');
  if (open == std::string::npos || close == std::string::npos) return choices;
  for (size_t at = open + 1; at < close;) {
    const size_t end = std::min(type.find(',', at), close);
    choices.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return choices;
}

OptionNode NodeOf(const CLI::Option& option) {
  OptionNode node;
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  node.what = option.get_description();
  node.required = option.get_required();
  node.many = option.get_items_expected_max() > 1;
  const std::string type = option.get_type_name();
  node.choices = ChoicesOf(type);
  if (option.get_positional())
    node.placeholder = option.get_name(true, false);
  else if (option.get_items_expected_max() > 0)
    node.placeholder = type.substr(0, type.find_first_of(":{ "));
  if (node.placeholder.empty() && option.get_items_expected_max() > 0) node.placeholder = "VALUE";
  return node;
}

CommandNode NodeOf(const CLI::App& app) {
  CommandNode node;
  node.path = PathOf(app);
  node.what = app.get_description();
  node.example = ExampleOf(node.path);
  for (const CLI::Option* option : app.get_options()) {
    OptionNode one = NodeOf(*option);
    if (option->get_positional()) node.places.push_back(one);
    if (!one.names.empty()) node.options.push_back(std::move(one));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    node.commands.push_back(NodeOf(*command));
  return node;
}

}  // namespace

const CommandNode* CommandNode::Find(const std::string& name) const {
  for (const CommandNode& one : commands) {
    if (one.path == (path.empty() ? "" : path + " ") + name) return &one;
  }
  return nullptr;
}

std::string PathOf(const CLI::App& command) {
  std::string path;
  for (const CLI::App* at = &command; at->get_parent(); at = at->get_parent())
    path = at->get_name() + (path.empty() ? "" : " ") + path;
  return path;
}

CommandNode TreeOf(const CLI::App& root) { return NodeOf(root); }

}  // namespace ns::cli
