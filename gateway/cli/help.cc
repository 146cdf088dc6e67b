#include "help.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "context.h"
#include "nearest.h"
#include "text.h"
#include "tree.h"

namespace ns::cli {
namespace {

const CLI::App& Find(const CLI::App& root, const std::vector<std::string>& words) {
  const CLI::App* at = &root;
  for (const std::string& word : words) {
    const CLI::App* next = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* one : at->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(one->get_name());
      if (one->check_name(word)) next = one;
    }
    if (!next)
      throw Failure(Exit::kUsage, "there is no command \"" + word + "\"" + Suggestion(word, names));
    at = next;
  }
  return *at;
}

}  // namespace

std::string HelpText(const CLI::App& command) {
  const std::string path = PathOf(command);
  return command.get_formatter()->make_help(&command, path.empty() ? "ns" : "ns " + path,
                                            CLI::AppFormatMode::Normal);
}

void AddHelp(CLI::App& root, Context& context) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto* command = root.add_subcommand("help", "the commands that there are, or what one takes");
  command->add_option("COMMAND", *words, "such as app create; default: all of them");
  command->callback([&root, &context, words] { context.Print(HelpText(Find(root, *words))); });
}

}  // namespace ns::cli
