#include <CLI/CLI.hpp>

#include "context.h"
#include "neoshowcase/platform/v1/host.pb.h"
#include "text.h"

namespace ns::cli {
namespace {

template <class Words>
std::string Joined(const Words& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out.empty() ? "-" : out;
}

std::string PluginsOf(const platform::Host& host) {
  int sick = 0;
  for (const auto& plugin : host.plugins()) sick += plugin.healthy() ? 0 : 1;
  return std::to_string(host.plugins_size()) +
         (sick == 0 ? "" : ", " + std::to_string(sick) + " NOT ok");
}

void List(Context& context, bool only_up) {
  platform::ListHostsRequest request;
  request.set_only_up(only_up);
  platform::ListHostsResponse all;
  context.client().Call("neoshowcase.platform.v1.HostService/ListHosts", request, all);
  std::vector<std::vector<std::string>> rows = {
      {"", "HOST", "ID", "ROLES", "SEEN", "BUILDS", "METHODS", "PLUGINS"}};
  for (const auto& one : all.hosts()) {
    const platform::Host& host = one.host();
    const std::string builds =
        host.build_slots() == 0
            ? "-"
            : std::to_string(one.running_builds()) + " of " + std::to_string(host.build_slots());
    rows.push_back({one.up() ? "up" : "GONE", Plain(host.name()), host.id(), Joined(host.roles()),
                    Ago(host.last_seen(), NowSeconds()), builds, Joined(one.build_methods()),
                    PluginsOf(host)});
  }
  context.Print(all, Table(rows));
}

}  // namespace

void AddHost(CLI::App& root, Context& context) {
  auto only_up = std::make_shared<bool>(false);
  auto* noun =
      root.add_subcommand("host", "the processes of the installation")->require_subcommand(1);
  auto* list = noun->add_subcommand("list", "every nsd of the last day: roles, builds, plugins");
  list->add_flag("--up", *only_up, "only those that are up");
  list->callback([&context, only_up] { List(context, *only_up); });
}

}  // namespace ns::cli
