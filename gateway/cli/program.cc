#include "program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "context.h"
#include "failure.h"
#include "identity.h"
#include "logins.h"

namespace ns::cli {
namespace {

constexpr const char* kServer = "unix:/run/neoshowcase/api.sock";

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
       {&AddDeploy, &AddPush,  &AddRelease, &AddStatus, &AddEvents,     &AddAudit,
        &AddLogs,   &AddApp,   &AddApply,   &AddOpen,   &AddRepo,       &AddEnv,
        &AddBuild,  &AddQueue, &AddPlugin,  &AddHost,   &AddWatch,      &AddLogin,
        &AddToken,  &AddKey,   &AddDoctor,  &AddAdmin,  &AddCompletion, &AddVersion}) {
    add(root, context);
  }
}

// The first word that no command is; empty: all are.
std::string UnknownCommand(const CLI::App& root) {
  const CLI::App* at = &root;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  for (const std::string& word : root.remaining(true)) {
    if (!word.starts_with("-"))
      return "there is no command \"" + word + "\"; `" +
             (at == &root ? "" : root.get_name() + " ") + at->get_name() +
             " --help` lists those that there are";
  }
  return "";
}

int Run(int argc, const char* const* argv) {
  Context context;
  CLI::App root("Push to live on your own machine: applications from Git repositories.", "ns");
  Describe(root, context);
  try {
    root.parse(argc, argv);
    return context.exit;
  } catch (const CLI::RequiredError& error) {
    const std::string unknown = UnknownCommand(root);
    if (unknown.empty())
      root.exit(error);
    else
      std::fprintf(stderr, "ns: %s\n", unknown.c_str());
    return static_cast<int>(Exit::kUsage);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? 0 : static_cast<int>(Exit::kUsage);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "ns: %s\n", failure.what());
    return static_cast<int>(failure.exit());
  }
}

}  // namespace

int RunProgram(int argc, const char* const* argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ns: %s\n", error.what());
    return static_cast<int>(Exit::kFailed);
  }
}

}  // namespace ns::cli
