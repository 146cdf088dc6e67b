#include <CLI/CLI.hpp>

#include "context.h"
#include "failure.h"
#include "nsd.h"
#include "text.h"

namespace ns::cli {
namespace {

std::string HealthText(const platform::Health& health) {
  std::vector<std::vector<std::string>> rows;
  int broken = 0;
  for (const auto& check : health.checks()) {
    rows.push_back({check.ok() ? "ok" : "FAIL", check.name(), Plain(check.message())});
    if (!check.ok() && !check.remedy().empty())
      rows.push_back({"", "", "fix: " + Plain(check.remedy())});
    broken += check.ok() ? 0 : 1;
  }
  const std::string end =
      broken > 0 ? std::to_string(broken) + " of " + std::to_string(health.checks_size()) +
                       " checks failed.\n"
      : health.ok() ? "All is well.\n"
                    : "Something is not well, but no check says what; see the log of nsd.\n";
  return Table(rows) + end;
}

void Add(platform::Health& health, const std::string& name, bool ok, const std::string& message,
         const std::string& remedy) {
  auto& check = *health.add_checks();
  check.set_name(name);
  check.set_ok(ok);
  check.set_message(message);
  check.set_remedy(remedy);
  if (!ok) health.set_ok(false);
}

// The server's own checks, and that it answers at all.
platform::Health AskServer(Context& context) {
  platform::Health health;
  try {
    health = context.Platform<platform::Health>("GetHealth");
    Add(health, "api", true, "answers on " + context.server, "");
  } catch (const Refused& refused) {
    if (refused.code() != "permission_denied") throw;
    health.set_ok(true);
    Add(health, "api", true, "answers on " + context.server + "; what else is so is for admins",
        "");
  }
  return health;
}

// The checks of this machine.
void AskMachine(const std::string& config, platform::Health& health) {
  const auto nsd = FindNsd();
  if (!nsd)
    return Add(health, "machine", false, "nsd is neither beside this program nor on the PATH",
               "run `ns doctor` on the machine that runs NeoShowcase");
  try {
    const auto local = AskNsd(*nsd, config);
    for (const auto& check : local.checks()) *health.add_checks() = check;
    if (!local.ok()) health.set_ok(false);
  } catch (const Failure& failure) {
    Add(health, "machine", false, failure.what(), *nsd + " doctor");
  }
}

void Run(Context& context, const std::string& config) {
  platform::Health health;
  bool machine = !config.empty();
  try {
    health = AskServer(context);
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::kUnreachable) throw;
    machine = true;
    const std::string why = failure.what();
    Add(health, "api", false, why.substr(0, why.find('\n')),
        "start nsd --roles services, or name the right address with --server");
  }
  if (machine) AskMachine(config, health);
  context.Print(health, HealthText(health));
  if (!health.ok()) context.exit = static_cast<int>(Exit::kFailed);
}

}  // namespace

void AddDoctor(CLI::App& root, Context& context) {
  auto config = std::make_shared<std::string>(NsdConfig());
  auto* command = root.add_subcommand(
      "doctor", "what is broken, and the fix; looks at this machine itself when nothing answers");
  command->add_option(
      "--config", *config,
      "configuration of nsd on this machine: look at the machine in any case (NS_CONFIG)");
  command->callback([&context, config] { Run(context, *config); });
}

}  // namespace ns::cli
