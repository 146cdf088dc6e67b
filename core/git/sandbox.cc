#include "git/sandbox.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/log.h"
#include "git/entry_name.h"
#include "git/wire.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;
using supervise::Fd;

constexpr Duration kTrialTime = std::chrono::seconds(10);
constexpr Duration kRetry = std::chrono::minutes(5);

using Words = std::vector<std::string>;

void Add(Words& out, const Words& words) { out.insert(out.end(), words.begin(), words.end()); }

// Folders of programs and libraries; on most systems all but /usr are links into it.
void AddSystem(Words& out) {
  for (const char* folder : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"}) {
    std::error_code error;
    const fs::path target = fs::read_symlink(folder, error);
    if (!error)
      Add(out, {"--symlink", target, folder});
    else
      Add(out, {"--ro-bind-try", folder, folder});
  }
  for (const char* file : {"/etc/ld.so.cache", "/etc/ssl", "/etc/pki", "/etc/resolv.conf",
                           "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf"})
    Add(out, {"--ro-bind-try", file, file});
  for (const char* device : {"/dev/null", "/dev/urandom"})
    Add(out, {"--dev-bind-try", device, device});
}

std::string ReadAll(int fd) {
  std::string text;
  char chunk[4096];
  for (ssize_t got = 0; (got = ::read(fd, chunk, sizeof chunk)) > 0;)
    text.append(chunk, static_cast<size_t>(got));
  return text;
}

Status Unusable(const std::string& why) {
  return Status(Code::kPrecondition, "SandboxUnavailable",
                "Git cannot run in a sandbox here: " + why)
      .SetFault(Fault::kOperator);
}

// A pipe in memory: nobody has to read while the child writes.
Fd Scratch(const char* name) { return Fd(::memfd_create(name, MFD_CLOEXEC)); }

}  // namespace

std::vector<std::string> SandboxedCommand(const GitOptions& options,
                                          const std::vector<std::string>& writable,
                                          const std::vector<std::string>& readable) {
  Words out = {options.bubblewrap,     "--unshare-pid",     "--unshare-ipc", "--unshare-uts",
               "--unshare-cgroup-try", "--die-with-parent", "--cap-drop",    "ALL"};
  AddSystem(out);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  Add(out, {"--proc", "/proc"});  // sanitizers read their own maps
#endif
  Add(out, {"--ro-bind", options.worker[0], options.worker[0]});
  if (!options.ca_file.empty()) Add(out, {"--ro-bind-try", options.ca_file, options.ca_file});
  for (const std::string& path : readable) Add(out, {"--ro-bind", path, path});
  for (const std::string& path : writable) Add(out, {"--bind", path, path});
  Add(out, {"--chdir", "/", "--"});
  Add(out, options.worker);
  return out;
}

Status TrySandbox(const GitOptions& options, Clock& clock) {
  if (options.bubblewrap.empty())
    return Unusable("there is no program bwrap; install the package bubblewrap");
  supervise::SpawnSpec spec;
  spec.argv = SandboxedCommand(options, {});
  const Fd answer = Scratch("answer"), complaint = Scratch("complaint");
  spec.out = answer.get();
  spec.err = complaint.get();
  spec.die_with_parent = true;
  auto child = supervise::Process::Spawn(spec);
  if (!child.ok()) return Unusable(child.status().message());
  const auto ended = child->Wait(clock, clock.Monotonic() + kTrialTime);
  if (!ended.ok()) {
    child->KillGroup(SIGKILL);
    [[maybe_unused]] const auto reaped = child->Wait(clock, clock.Monotonic() + kTrialTime);
    return Unusable("a trial does not end within 10 s");
  }
  ::lseek(answer.get(), 0, SEEK_SET);
  ::lseek(complaint.get(), 0, SEEK_SET);
  // An empty request has the answer that it is none.
  const auto said = DecodeAnswer(ReadAll(answer.get()));
  if (said.ok() && said->status.code() == Code::kInvalid) return {};
  return Unusable(ended->ToString() + ", " + Shown(ReadAll(complaint.get())) +
                  "; let this machine have user namespaces, or run nsd as root");
}

Result<bool> SandboxChoice::Use() {
  if (options_.sandbox == SandboxMode::kOff) return false;
  const Status outcome = last_.With([&](std::optional<Trial>& last) {
    const Duration now = clock_.Monotonic();
    if (last && (last->outcome.ok() || now - last->at < kRetry)) return last->outcome;
    const bool first = !last;
    last = Trial{TrySandbox(options_, clock_), now};
    if (!last->outcome.ok() && first)
      log::Warn(last->outcome.message(),
                {{"then", options_.sandbox == SandboxMode::kRequired
                              ? "nothing is cloned, since git.sandbox is required"
                              : "clones go on with limits alone, since git.sandbox is auto"}});
    return last->outcome;
  });
  if (outcome.ok()) return true;
  if (options_.sandbox == SandboxMode::kRequired) return outcome;
  return false;
}

}  // namespace ns::git
