#include <CLI/CLI.hpp>

#include "completion_text.h"
#include "context.h"

namespace ns::cli {
namespace {

void Collect(const CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, {}, {}};
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* one : commands)
    node.commands.emplace_back(one->get_name(), one->get_description());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) node.options.push_back("--" + name);
  }
  nodes.push_back(node);
  for (const CLI::App* one : commands)
    Collect(*one, path + (path.empty() ? "" : " ") + one->get_name(), nodes);
}

std::string ScriptFor(const std::string& shell, const std::vector<Node>& nodes) {
  if (shell == "bash") return BashCompletion(nodes);
  return shell == "zsh" ? ZshCompletion(nodes) : FishCompletion(nodes);
}

}  // namespace

void AddCompletion(CLI::App& root, Context& context) {
  auto shell = std::make_shared<std::string>();
  auto* command = root.add_subcommand("completion", "script that completes commands in a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&root, &context, shell] {
    std::vector<Node> nodes;
    Collect(root, "", nodes);
    context.Print(ScriptFor(*shell, nodes));
  });
}

}  // namespace ns::cli
