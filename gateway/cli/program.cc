#include "program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "call.h"
#include "completion.h"
#include "context.h"
#include "examples.h"
#include "failure.h"
#include "help.h"
#include "identity.h"
#include "logins.h"
#include "man.h"
#include "nearest.h"
#include "text.h"
#include "usage.h"

namespace ns::cli {
namespace {

constexpr char kWhat[] = "Push to live on your own machine: applications from Git repositories.";
constexpr const char* kServer = "unix:/run/neoshowcase/api.sock";

void Finish(CLI::App& app);

void Describe(CLI::App& root, Context& context) {
  root.require_subcommand(1);
  root.fallthrough();  // --json and --server may stand behind the command
  context.server = UsualServer(kServer);
  root.add_option("--server", context.server,
                  "where the API answers: unix:/path, http://host:port or https://host (NS_SERVER)")
      ->capture_default_str();
  root.add_flag("--json", context.json, "the answer as JSON on stdout");
  root.add_option("--color", context.color, "auto, always or never; auto: on a terminal")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "always", "never"}));
  root.add_option("--timeout", context.timeout,
                  "seconds that a command waits for what it started; 0: one look")
      ->capture_default_str()
      ->check(CLI::Range(0, 86400));
  root.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 not allowed, 5 nothing answers, 6 "
      "took too long.");
  for (const auto add :
       {&AddDeploy, &AddPush,       &AddRelease, &AddStatus, &AddEvents, &AddAudit, &AddLogs,
        &AddApp,    &AddApply,      &AddOpen,    &AddRepo,   &AddEnv,    &AddBuild, &AddQueue,
        &AddPlugin, &AddHost,       &AddWatch,   &AddLogin,  &AddToken,  &AddKey,   &AddDoctor,
        &AddAdmin,  &AddCompletion, &AddVersion, &AddTop,    &AddUser,   &AddCall,  &AddHelp}) {
    add(root, context);
  }
  Finish(root);
}

// What all commands have: an example, and options that take one value each time they stand there,
// so that what follows is found in its place.
void Finish(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (!option->get_positional() && option->get_items_expected_max() > 1)
      option->allow_extra_args(false);
  }
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string example = ExampleOf(PathOf(*command));
    if (!example.empty()) command->footer("Example: " + example);
    Finish(*command);
  }
}

std::vector<std::string> NamesOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> OptionsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

const CLI::App& ChosenOf(const CLI::App& root) {
  const CLI::App* at = &root;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string Meant(const std::string& word, const std::vector<std::string>& names) {
  const std::string nearest = Nearest(word, names);
  return nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?";
}

std::string HelpOf(const CLI::App& app) {
  const std::string path = PathOf(app);
  return "`ns " + path + (path.empty() ? "" : " ") + "--help`";
}

// What stands there too much.
std::string TooMuch(const CLI::App& root) {
  const CLI::App& at = ChosenOf(root);
  const auto words = root.remaining(true);
  if (words.empty()) return "something on the command line is not understood";
  if (!words[0].starts_with("-"))
    return "\"" + words[0] + "\" stands there too much; " + HelpOf(at) + " shows what it takes";
  auto names = OptionsOf(at);
  for (const std::string& name : OptionsOf(root)) names.push_back(name);
  const std::string meant = Meant(words[0], names);
  return "there is no option \"" + words[0] + "\"" +
         (meant.empty() ? "; " + HelpOf(at) + " lists those that there are" : meant);
}

// The first word that no command is; empty: all are.
std::string UnknownCommand(const CLI::App& root) {
  const CLI::App& at = ChosenOf(root);
  for (const std::string& word : root.remaining(true)) {
    if (word.starts_with("-")) continue;
    const std::string meant = Meant(word, NamesOf(at));
    return "there is no command \"" + word + "\"" + meant + (meant.empty() ? "; " : " ") +
           HelpOf(at) + " lists those that there are";
  }
  return "";
}

// What is for programs, not for people: the answers to a shell, and the manual.
bool RunHidden(const CLI::App& root, Context& context, const std::vector<std::string>& words) {
  if (words.empty() || (words[0] != "__complete" && words[0] != "__man")) return false;
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (words[0] == "__complete") {
    AnswerCompletion(root, context, rest);
    return true;
  }
  if (rest.size() != 1) throw Failure(Exit::kUsage, "Give the folder that the manual goes to.");
  for (const auto& [name, text] : ManPages(TreeOf(root), NS_VERSION)) {
    std::ofstream file(rest[0] + "/" + name);
    file << text;
    if (!file.flush()) throw Failure(Exit::kFailed, rest[0] + "/" + name + " cannot be written.");
  }
  return true;
}

int Run(int argc, const char* const* argv) {
  Context context;
  CLI::App root(kWhat, "ns");
  Describe(root, context);
  try {
    if (RunHidden(root, context, {argv + 1, argv + argc})) return 0;
    root.parse(argc, argv);
    return context.exit;
  } catch (const CLI::RequiredError& error) {
    const CLI::App& at = ChosenOf(root);
    const std::string unknown = UnknownCommand(root);
    if (!unknown.empty())
      std::fprintf(stderr, "ns: %s\n", unknown.c_str());
    else if (at.get_require_subcommand_min() > 0)
      std::fprintf(stderr, "%s\nns: say which of these commands.\n", HelpText(at).c_str());
    else
      root.exit(error);
    return static_cast<int>(Exit::kUsage);
  } catch (const CLI::ExtrasError&) {
    std::fprintf(stderr, "ns: %s\n", TooMuch(root).c_str());
    return static_cast<int>(Exit::kUsage);
  } catch (const CLI::ParseError& error) {
    if (root.exit(error) != 0) return static_cast<int>(Exit::kUsage);
    context.Print("");  // the help that was asked for has gone out
    return 0;
  } catch (const Failure& failure) {
    std::fprintf(stderr, "ns: %s\n", Clean(failure.what()).c_str());
    return static_cast<int>(failure.exit());
  }
}

}  // namespace

CommandNode CommandsOfProgram() {
  Context context;
  CLI::App root(kWhat, "ns");
  Describe(root, context);
  return TreeOf(root);
}

int RunProgram(int argc, const char* const* argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ns: %s\n", Clean(error.what()).c_str());
    return static_cast<int>(Exit::kFailed);
  }
}

}  // namespace ns::cli
