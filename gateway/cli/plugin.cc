#include <CLI/CLI.hpp>

#include "context.h"
#include "failure.h"
#include "text.h"

namespace ns::cli {
namespace {

// Exit code 1 when any is refused or sick.
void List(Context& context) {
  const auto all = context.Platform<platform::ListPluginsResponse>("ListPlugins");
  std::vector<std::vector<std::string>> rows = {
      {"", "INSTANCE", "PLUGIN", "VERSION", "KIND", "HOST", "WHAT"}};
  for (const auto& host : all.hosts()) {
    for (const auto& one : host.plugins()) {
      const std::string what = one.reason() +
                               (one.reason().empty() || one.message().empty() ? "" : ": ") +
                               Plain(one.message());
      rows.push_back({one.healthy() ? "ok" : "NOT", one.instance(), one.plugin(), one.version(),
                      one.kind(), host.name().empty() ? host.id() : host.name(), what});
      if (!one.healthy()) context.exit = static_cast<int>(Exit::kFailed);
    }
  }
  context.Print(all, Table(rows));
}

}  // namespace

void AddPlugin(CLI::App& root, Context& context) {
  auto* noun =
      root.add_subcommand("plugin", "plugins of every host that is up")->require_subcommand(1);
  noun->add_subcommand("list", "with their health; refused ones with the reason")
      ->callback([&context] { List(context); });
}

}  // namespace ns::cli
