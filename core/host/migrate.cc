#include <unistd.h>

#include <cstdio>
#include <stop_token>

#include "base/log.h"
#include "host/commands.h"
#include "host/environment.h"
#include "host/foundation.h"
#include "host/program.h"
#include "supervise/process.h"

namespace ns::host {
namespace {

// The script with this program's own schema.
Result<supervise::ExitStatus> RunScript(const std::string& connection, bool dry_run, bool check) {
  const std::string share = ShareFolder(ProgramPath());
  supervise::SpawnSpec spec;
  spec.argv = {share + "/ns-migrate", "--database", connection, "--schema", share + "/schema.sql"};
  if (dry_run) spec.argv.emplace_back("--dry-run");
  if (check) spec.argv.emplace_back("--check");
  for (const auto& [name, value] : Environment()) spec.env.push_back(name + "=" + value);
  spec.out = STDOUT_FILENO;
  spec.err = STDERR_FILENO;
  NS_ASSIGN(supervise::Process script, supervise::Process::Spawn(spec));
  return script.Wait(SystemClock(), std::nullopt);
}

Result<supervise::ExitStatus> BringUp(const config::Config& config, bool dry_run, bool check) {
  const Layout layout(config.data);
  NS_TRY(MakeFolders(layout));
  supervise::Supervisor supervisor(layout.helpers(), SystemClock());
  NS_TRY(EnsureDatabase(config, layout, supervisor, {}));
  return RunScript(ConnectionOf(config, layout), dry_run, check);
}

}  // namespace

int Migrate(const std::string& path, bool dry_run, bool check) {
  const config::Loaded loaded = config::LoadFile(path, Environment());
  for (const auto& mistake : loaded.mistakes)
    std::fprintf(stderr, "%s\n", mistake.ToString().c_str());
  if (!loaded.ok()) return 2;
  const auto ended = BringUp(loaded.config, dry_run, check);
  if (!ended.ok()) {
    std::fprintf(stderr, "nsd: %s\n", ended.status().message().c_str());
    return 1;
  }
  return ended->signalled ? 1 : ended->value;
}

}  // namespace ns::host
