#include <algorithm>
#include <cstdio>

#include "host/check.h"
#include "host/commands.h"
#include "host/environment.h"
#include "host/foundation.h"
#include "host/program.h"
#include "host/remote_builder.h"
#include "host/translate.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAlive = 30s;
constexpr Duration kClockLimit = 5s;

bool Uses(const config::Config& config, const std::string& plugin) {
  return std::ranges::any_of(config.plugins,
                             [&](const auto& instance) { return instance.plugin == plugin; });
}

Check CheckRegistry(const config::Config& config, const Layout& layout) {
  const auto options = RegistryOptionsOf(config, layout);
  const Status answer = registry::NewRegistry(options, SystemClock())
                            ->Ping({.cancel = {}, .deadline = SystemClock().Monotonic() + 5s});
  if (answer.ok()) return Well("registry", "answers on " + options.url);
  return Broken("registry", options.url + ": " + answer.message(),
                config.registry.embedded
                    ? "nsd --roles controller runs it; see the helper's log"
                    : "look after that registry, or correct `registry` in the configuration");
}

// Between this machine's clock and that of the database.
Check CheckClock(const std::vector<model::Host>& hosts) {
  Time newest = kNever;
  for (const model::Host& host : hosts) newest = std::max(newest, host.last_seen);
  if (newest == kNever) return Well("clock", "no host has told the time yet");
  const Duration ahead = newest - SystemClock().Now();
  if (ahead > kClockLimit)
    return Broken("clock", "the database's clock is ahead of this machine's by more than 5 s",
                  "let both machines take the time from one source (chrony)");
  return Well("clock", "agrees with the database's");
}

void CheckHosts(const std::vector<model::Host>& hosts, Checks& checks) {
  for (const char* role : {"controller", "builder", "services"}) {
    const auto runs = std::ranges::count_if(
        hosts, [&](const model::Host& host) { return HasRole(host.roles, role); });
    if (runs > 0)
      checks.push_back(Well(role, std::to_string(runs) + " alive"));
    else
      checks.push_back(Broken(role, "no host with this role has been seen for 30 s",
                              std::string("start nsd --roles ") + role));
  }
  for (const model::Host& host : hosts) {
    for (const model::PluginState& plugin : host.plugins) {
      const std::string name = "plugin " + plugin.instance;
      const std::string what = plugin.plugin + (plugin.version.empty() ? "" : " " + plugin.version);
      if (plugin.healthy)
        checks.push_back(Well(name, what + (plugin.message.empty() ? "" : ": " + plugin.message)));
      else
        checks.push_back(Broken(name, plugin.reason, plugin.message));
    }
  }
}

void CheckDatabase(const config::Config& config, const Layout& layout, Checks& checks) {
  auto keys = LoadKeyFile(KeyFileOf(config, layout));
  if (!keys.ok())
    return checks.push_back(
        Broken("database", keys.status().message(), "put the key file right first"));
  store::PgOptions options;
  options.connection = ConnectionOf(config, layout);
  store::PgStore store(options, store::Keyring{SealersOf(*keys), nullptr}, SystemRandom());
  if (const Status answer = store.Check(); !answer.ok()) {
    return checks.push_back(
        Broken("database", answer.message(),
               answer.code() == Code::kPrecondition ? "nsd migrate"
               : answer.reason() == "DatabaseUnreachable"
                   ? "start nsd, which starts the database; or look after your own"
                   : "as it says; see " + answer.reason() + " in docs/conditions.md"));
  }
  if (const Status right = store.CheckKeys(KeyChecksOf(*keys)); !right.ok())
    return checks.push_back(Broken("database", right.message(), "restore the key file"));
  checks.push_back(Well("database", "answers, with the schema that this version needs"));
  const auto hosts = store.store().hosts.List(kAlive);
  if (!hosts.ok())
    return checks.push_back(Broken("hosts", hosts.status().message(), "see database"));
  checks.push_back(CheckClock(*hosts));
  CheckHosts(*hosts, checks);
}

git::GitOptions SandboxOptions(const config::Config& config, const Layout& layout) {
  return GitOptionsOf(config, layout, KeyFile(), ProgramPath());
}

// Of a machine that only builds: there is no database to ask.
Checks ExamineBuilder(const config::Config& config) {
  const Layout layout(config.data);
  Checks checks = {CheckDisk(layout.data()), CheckSandbox(SandboxOptions(config, layout))};
  if (Uses(config, "engine-docker")) checks.push_back(CheckDocker("/var/run/docker.sock"));
  for (Check& check : CheckControllers(config)) checks.push_back(std::move(check));
  return checks;
}

Checks Examine(const config::Config& config) {
  if (IsRemoteBuilder(config, config.roles)) return ExamineBuilder(config);
  const Layout layout(config.data);
  Checks checks = {CheckDisk(layout.data()), CheckFiles(layout, KeyFileOf(config, layout))};
  if (Uses(config, "backend-docker") || Uses(config, "engine-docker"))
    checks.push_back(CheckDocker("/var/run/docker.sock"));
  const auto take = [&](Checks more) { checks.insert(checks.end(), more.begin(), more.end()); };
  checks.push_back(CheckSandbox(SandboxOptions(config, layout)));
  take(CheckHelpers(layout));
  take(CheckPorts(config));
  checks.push_back(CheckRegistry(config, layout));
  // A doctor makes no keys.
  if (checks[1].ok)
    CheckDatabase(config, layout, checks);
  else
    checks.push_back(Broken("database", "not looked at", "put the files right first"));
  return checks;
}

}  // namespace

int RunDoctor(const std::string& path, bool json) {
  const config::Loaded loaded = config::LoadFile(path, Environment());
  Checks checks;
  for (const auto& mistake : loaded.mistakes)
    checks.push_back(Broken("configuration", mistake.ToString(), "correct that line"));
  if (loaded.ok()) {
    checks.push_back(Well("configuration", path + " has no mistake"));
    const Checks more = Examine(loaded.config);
    checks.insert(checks.end(), more.begin(), more.end());
  }
  std::fputs((json ? ChecksAsJson(checks) : ChecksAsText(checks)).c_str(), stdout);
  return AllWell(checks) ? 0 : 1;
}

}  // namespace ns::host
