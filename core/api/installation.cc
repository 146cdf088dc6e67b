// The installation as its admins see it: hosts, plugins, health.
#include <algorithm>

#include "api/alive.h"
#include "api/convert_platform.h"
#include "api/method.h"
#include "google/protobuf/empty.pb.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

void AddCheck(platform::Health& out, std::string name, bool ok, std::string message,
              std::string remedy) {
  auto* check = out.add_checks();
  check->set_name(std::move(name));
  check->set_ok(ok);
  check->set_message(std::move(message));
  if (!ok) check->set_remedy(std::move(remedy));
}

// Whether a host with this role is up.
void CheckRole(const std::vector<model::Host>& hosts, const std::string& role,
               platform::Health& out) {
  std::string names;
  for (const model::Host& host : hosts) {
    if (std::find(host.roles.begin(), host.roles.end(), role) != host.roles.end())
      names += (names.empty() ? "" : ", ") + host.name;
  }
  AddCheck(out, role, !names.empty(),
           names.empty() ? "no host with this role is up" : "up: " + names,
           "start nsd with --roles " + role);
}

void CheckPlugins(const std::vector<model::Host>& hosts, platform::Health& out) {
  for (const model::Host& host : hosts) {
    for (const model::PluginState& plugin : host.plugins) {
      const std::string message = plugin.healthy
                                      ? plugin.plugin + " " + plugin.version + " on " + host.name
                                      : plugin.reason + ": " + plugin.message;
      AddCheck(out, "plugin " + plugin.instance, plugin.healthy, message,
               "do as the message says, then restart nsd on " + host.name);
    }
  }
}

Result<platform::ListPluginsResponse> ListPlugins(const Context& context, const Request&,
                                                  const Empty&) {
  NS_ASSIGN(const auto hosts, context.store().hosts.List(kAlive));
  platform::ListPluginsResponse out;
  for (const model::Host& host : hosts) *out.add_hosts() = ToProto(host);
  return out;
}

Result<platform::Health> GetHealth(const Context& context, const Request&, const Empty&) {
  platform::Health out;
  const auto epoch = context.store().deploys.Epoch();
  AddCheck(out, "database", epoch.ok(), epoch.ok() ? "answers" : epoch.status().message(),
           "see `nsd doctor` on the machine of the database");
  if (!epoch.ok()) return out;
  out.set_epoch(*epoch);
  NS_ASSIGN(const auto hosts, context.store().hosts.List(kAlive));
  for (const char* role : {"controller", "builder", "services"}) CheckRole(hosts, role, out);
  CheckPlugins(hosts, out);
  for (const model::Host& host : hosts) *out.add_hosts() = ToProto(host);
  NS_ASSIGN(const model::QueueSnapshot queue, context.store().builds.Queue());
  out.set_queued_builds(static_cast<int>(queue.queued.size()));
  out.set_running_builds(static_cast<int>(queue.building.size()));
  out.set_ok(std::all_of(out.checks().begin(), out.checks().end(),
                         [](const auto& check) { return check.ok(); }));
  return out;
}

}  // namespace

void OfferInstallation(MethodTable& table) {
  const std::string own = kPlatformService;
  Offer(table, own + "ListPlugins", ListPlugins);
  Offer(table, own + "GetHealth", GetHealth);
}

}  // namespace ns::api
