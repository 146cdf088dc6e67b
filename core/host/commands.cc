#include "host/commands.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/log.h"
#include "git/git_remote.h"
#include "host/environment.h"
#include "host/faults.h"
#include "host/node.h"
#include "host/program.h"
#include "host/reloader.h"
#include "host/remote_builder.h"
#include "host/signals.h"
#include "host/translate.h"
#include "supervise/page_server.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr int kDone = 0, kFailed = 1, kWrong = 2;
constexpr Duration kPatience = 30s;  // of a stop

void Print(const std::vector<config::Mistake>& mistakes) {
  for (const auto& mistake : mistakes) std::fprintf(stderr, "%s\n", mistake.ToString().c_str());
}

// The configuration, with every mistake of it on standard error when there are any.
config::Loaded Load(const std::string& path) {
  config::Loaded loaded = config::LoadFile(path, Environment());
  Print(loaded.warnings);
  Print(loaded.mistakes);
  return loaded;
}

int Report(const Status& status) {
  if (status.ok()) return kDone;
  const std::string reason = status.reason().empty() ? "" : " (" + status.reason() + ")";
  std::fprintf(stderr, "nsd: %s%s\n", status.message().c_str(), reason.c_str());
  return kFailed;
}

bool RolesAreKnown(const std::vector<std::string>& roles) {
  constexpr std::array kRoles = {"controller", "builder", "ssgen", "services"};
  for (const std::string& role : roles) {
    if (std::ranges::find(kRoles, role) != kRoles.end()) continue;
    std::fprintf(stderr,
                 "nsd: --roles: \"%s\": no such role; there are controller, builder, ssgen and "
                 "services\n",
                 role.c_str());
    return false;
  }
  return true;
}

// The program once more, in place of this process.
[[noreturn]] void Restart(const std::string& program, const std::string& config,
                          const std::vector<std::string>& roles) {
  std::string joined;
  for (const std::string& role : roles) joined += (joined.empty() ? "" : ",") + role;
  ::execl(program.c_str(), program.c_str(), "--config", config.c_str(), "--roles", joined.c_str(),
          nullptr);
  ::_exit(kFailed);
}

constexpr char kFenced[] = "BeginsAnew";

// From the start of a host to its end. Reason kFenced: it cannot go on, and the process shall begin
// anew at once.
template <class Host>
Status RunUntil(Result<std::unique_ptr<Host>> host, Reloader& reloader,
                const std::stop_token& stop) {
  NS_TRY(host.status());
  const Reloader::Attached attached(reloader,
                                    [&](const config::Config& now) { (*host)->Reload(now); });
  Status ended = (*host)->Run(stop);
  if (!ended.ok()) {
    log::Error("begins anew", {{"why", ended.ToString()}});
    (void)host->release();  // what hangs is not waited for
    return ended.SetReason(kFenced);
  }
  log::Info("host ends");
  return {};
}

}  // namespace

int RunRoles(const std::string& path, const std::vector<std::string>& asked) {
  BlockSignals();  // first: one that comes during the start is kept
  const config::Loaded loaded = Load(path);
  if (!loaded.ok()) return kWrong;
  const config::Config& config = loaded.config;
  const std::vector<std::string>& roles = asked.empty() ? config.roles : asked;
  if (!RolesAreKnown(roles)) return kWrong;
  if (const Status taken = TakeFailpoints(EnvironmentValue("NS_FAILPOINTS", "")); !taken.ok()) {
    std::fprintf(stderr, "nsd: NS_FAILPOINTS: %s\n", taken.message().c_str());
    return kWrong;
  }

  ::mallopt(M_ARENA_MAX, 2);  // many threads, little to allocate
  log::Configure(log::LevelFromName(config.log_level), "");
  std::stop_source stop;
  Reloader reloader(path, config);
  const SignalTaker signals(
      stop, [&] { reloader.Reload(); }, kPatience);

  const std::string program = ProgramPath();
  Status ended;
  if (IsRemoteBuilder(config, roles)) {
    ended = RunUntil(RemoteBuilder::Start(config, program), reloader, stop.get_token());
  } else {
    ended =
        RunUntil(Node::Start(config, roles, program, stop.get_token()), reloader, stop.get_token());
  }
  if (ended.reason() == kFenced) Restart(program, path, roles);
  const bool asked_to = ended.code() == Code::kCancelled && stop.stop_requested();
  return asked_to ? kDone : Report(ended);
}

int CheckConfig(const std::string& path) {
  const config::Loaded loaded = Load(path);
  if (!loaded.ok()) return kWrong;
  std::fputs(config::PrintEffective(loaded).c_str(), stdout);
  return kDone;
}

int StopAll(const std::string& path) {
  const config::Loaded loaded = Load(path);
  if (!loaded.ok()) return kWrong;
  const auto stopped =
      supervise::Supervisor::StopAll(Layout(loaded.config.data).helpers(), SystemClock());
  if (!stopped.ok()) return Report(stopped.status());
  for (const std::string& name : *stopped) std::printf("stopped %s\n", name.c_str());
  return kDone;
}

int ServePages(const std::string& listen, const std::string& folder) {
  BlockSignals();
  const int asked = StopSignalFd();
  if (asked < 0) return Report(Internal("cannot receive signals"));
  return Report(supervise::RunPageServer({listen, folder, asked}));
}

int ServeGit() { return git::RunGitWorker(STDIN_FILENO, STDOUT_FILENO); }

}  // namespace ns::host
