#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "context.h"
#include "failure.h"
#include "text.h"

namespace ns::cli {
namespace {

// Of this program alone when nothing answers.
void Show(Context& context) {
  boost::json::object json = {{"ns", NS_VERSION}, {"server", nullptr}};
  std::string server;
  try {
    const auto info = context.Api<api::SystemInfo>("GetSystemInfo");
    json["server"] = boost::json::parse(Json(info));
    server = info.version() + (info.revision().empty() ? "" : " (" + info.revision() + ")");
  } catch (const Failure& failure) {
    context.exit = static_cast<int>(failure.exit());
    server = failure.exit() == Exit::kUnreachable ? "nothing answers on " + context.server
                                                  : std::string(failure.what());
  }
  context.Print(context.json ? boost::json::serialize(json) + "\n"
                             : "ns      " NS_VERSION "\nserver  " + Plain(server) + "\n");
}

}  // namespace

void AddVersion(CLI::App& root, Context& context) {
  root.set_version_flag("--version", NS_VERSION);
  root.add_subcommand("version", "of this program and of the server")->callback([&context] {
    Show(context);
  });
}

}  // namespace ns::cli
