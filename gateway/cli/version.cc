#include <CLI/CLI.hpp>

#include "context.h"
#include "failure.h"

namespace ns::cli {
namespace {

// Of this program alone when nothing answers.
void Show(Context& context) {
  api::SystemInfo info;
  std::string server = "nothing answers on " + context.server;
  try {
    info = context.Api<api::SystemInfo>("GetSystemInfo");
    server = info.version() + (info.revision().empty() ? "" : " (" + info.revision() + ")");
  } catch (const Failure& failure) {
    context.exit = static_cast<int>(failure.exit());
  }
  context.Print(info, std::string("ns      ") + NS_VERSION + "\nserver  " + server + "\n");
}

}  // namespace

void AddVersion(CLI::App& root, Context& context) {
  root.set_version_flag("--version", NS_VERSION);
  root.add_subcommand("version", "of this program and of the server")->callback([&context] {
    Show(context);
  });
}

}  // namespace ns::cli
