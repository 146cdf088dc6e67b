#include "git/receive.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "git/mirror.h"
#include "git/receive_child.h"
#include "git/received_folder.h"
#include "git/sandbox.h"
#include "model/received.h"

namespace ns::git {
namespace {

using ports::GitService;
using supervise::Fd;
using supervise::Process;

struct Pair {
  Fd ours, theirs;
};

Status NoPipe() {
  return Unavailable(std::string("cannot make a pipe: ") + ::strerrordesc_np(errno));
}

Result<Pair> Sockets() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return NoPipe();
  return Pair{Fd(fds[0]), Fd(fds[1])};
}

Result<Pair> Pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return NoPipe();
  ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
  return Pair{Fd(fds[0]), Fd(fds[1])};
}

// Settings that no repository can override: those of the command line come last.
std::vector<std::string> Settings(uint64_t most_input, const std::string& hooks = {}) {
  std::vector<std::string> words;
  for (const std::string& setting : std::initializer_list<std::string>{
           "core.hooksPath=" + (hooks.empty() ? "/dev/null" : hooks),
           "core.alternateRefsCommand=/bin/true",
           "core.packedGitWindowSize=32m",
           "core.packedGitLimit=256m",
           "core.bigFileThreshold=32m",
           "core.fsync=committed",
           "gc.auto=0",
           "gc.autoDetach=false",
           "pack.threads=1",
           "pack.windowMemory=128m",
           "protocol.allow=never",
           "receive.autogc=false",
           "receive.denyDeleteCurrent=refuse",
           "receive.denyCurrentBranch=ignore",
           "receive.fsckObjects=true",
           "receive.maxInputSize=" + std::to_string(most_input),
           "receive.updateServerInfo=false",
           "receive.advertisePushOptions=false",
           "transfer.hideRefs=refs",
           "transfer.hideRefs=!refs/heads",
           "transfer.hideRefs=!refs/tags",
           "transfer.advertiseSID=false",
           "uploadpack.allowFilter=false",
       }) {
    words.emplace_back("-c");
    words.push_back(setting);
  }
  return words;
}

class ReceivedByGit final : public ports::GitReceive {
 public:
  ReceivedByGit(ReceiveOptions options, Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        folder_(options_.folder),
        sandbox_(options_.git, clock) {}

  Status Create(const std::string& name) override {
    NS_TRY(Check(name));
    return folder_.Create(name);
  }

  Result<bool> Has(const std::string& name) override {
    NS_TRY(Check(name));
    return folder_.Has(name);
  }

  Status Remove(const std::string& name) override {
    NS_TRY(Check(name));
    return folder_.Remove(name);
  }

  Status Tidy(const ports::Call& call, const std::string& name) override {
    NS_TRY(CheckThere(name));
    folder_.DropBroken(name);
    auto words = Settings(options_.push_limit);
    words.insert(words.end(), {"-c", "gc.auto=1000", "gc", "--auto", "--quiet"});
    NS_ASSIGN(Process child,
              Start(name, std::move(words), {"GIT_DIR=" + folder_.PathOf(name)}, {}));
    const auto ended = child.Wait(clock_, call.deadline, call.cancel);
    if (ended.ok() && ended->ok()) return {};
    if (!ended.ok()) {
      End(child);
      return ended.status();
    }
    return Unavailable("git gc of " + name + ": " + ended->ToString());
  }

  Result<ports::GitServed> Serve(const ports::Call& call, const std::string& name,
                                 const ports::GitServing& serving,
                                 ports::ByteExchange& exchange) override {
    NS_TRY(CheckThere(name));
    const bool push = serving.service == GitService::kReceive;
    if (push) folder_.DropBroken(name);
    const uint64_t used = push ? FolderSize(folder_.PathOf(name)) : 0;
    if (used >= options_.repository_limit) return Full(name);
    std::string hooks;
    if (push) {
      NS_ASSIGN(hooks, folder_.Hooks());
    }
    auto words = Settings(std::min(options_.push_limit, options_.repository_limit - used), hooks);
    words.insert(words.end(), {push ? "receive-pack" : "upload-pack", "--stateless-rpc"});
    if (!push) words.emplace_back("--strict");
    if (serving.advertise) words.emplace_back("--advertise-refs");
    words.push_back(folder_.PathOf(name));
    std::vector<std::string> env;
    if (!push && !serving.protocol.empty()) env.push_back("GIT_PROTOCOL=" + serving.protocol);
    NS_ASSIGN(Pair io, Sockets());
    NS_ASSIGN(Pair err, Pipe());
    NS_ASSIGN(Pair gate, Sockets());
    NS_ASSIGN(Process child, Start(name, std::move(words), env,
                                   {io.theirs.get(), err.theirs.get(), gate.theirs.get(), hooks}));
    for (Fd* const theirs : {&io.theirs, &err.theirs, &gate.theirs}) theirs->Close();
    ReceiveConversation conversation(
        call, clock_,
        {std::move(child), std::move(io.ours), std::move(err.ours), std::move(gate.ours)}, serving,
        exchange, options_.ref_limit, options_.ask_every,
        [&](const PushCommands& commands) { return CheckRefs(name, commands); });
    auto served = conversation.Run();
    if (push && !serving.advertise) PointHead(name, conversation.commands().refs());
    if (served.ok() && served->moved && serving.may && !conversation.passed())
      log::Error("refs have moved, and git did not ask whether they may", {{"repository", name}});
    return served;
  }

 private:
  static constexpr Duration kEnding = std::chrono::seconds(10);

  // A child's standard streams and the gate of its hook; -1: nothing.
  struct Streams {
    int io = -1, err = -1, gate = -1;
    std::string hooks = {};
  };

  Status Check(const std::string& name) const {
    if (options_.program.empty())
      return Status(Code::kPrecondition, "GitMissing",
                    "nothing can be pushed here: there is no program git; install it")
          .SetFault(Fault::kOperator);
    const std::string mistake = model::ReceivedNameMistake(name);
    return mistake.empty() ? Status() : Invalid("the name of a repository " + mistake);
  }

  Status CheckThere(const std::string& name) const {
    NS_TRY(Check(name));
    if (folder_.Has(name)) return {};
    return NotFound("the repository \"" + name + "\" is not on this machine");
  }

  // Upon the first signal git takes its locks away.
  void End(Process& child) const {
    for (const int signal : {SIGTERM, SIGKILL}) {
      child.KillGroup(signal);
      if (child.Wait(clock_, clock_.Monotonic() + kEnding).ok()) return;
    }
  }

  // No failure of a push: its refs have moved.
  void PointHead(const std::string& name, const std::vector<std::string>& refs) const {
    const Status pointed = folder_.PointHead(name, refs);
    if (!pointed.ok())
      log::Error("HEAD of a repository names no branch until the next push",
                 {{"repository", name}, {"why", pointed.ToString()}});
  }

  Status Full(const std::string& name) const {
    return Status(Code::kExhausted, "RepositoryFull",
                  "the repository \"" + name + "\" has reached " +
                      std::to_string(options_.repository_limit >> 20) +
                      " MiB, the limit of one: begin a new one")
        .SetFault(Fault::kSource);
  }

  Status CheckRefs(const std::string& name, const PushCommands& commands) const {
    const size_t there = folder_.CountRefs(name);
    if (there + commands.created() <= options_.ref_limit) return {};
    return Status(Code::kExhausted, "TooManyRefs",
                  "the repository has " + std::to_string(there) +
                      " branches and tags, and may have " + std::to_string(options_.ref_limit))
        .SetFault(Fault::kSource);
  }

  Result<Process> Start(const std::string& name, std::vector<std::string> words,
                        std::vector<std::string> env, Streams streams) {
    words.insert(words.begin(), options_.program);
    supervise::SpawnSpec spec;
    NS_ASSIGN(const bool sandboxed, sandbox_.Use());
    if (sandboxed) {
      GitOptions inside = options_.git;
      inside.worker = std::move(words);
      spec.argv = SandboxedCommand(
          inside, {folder_.PathOf(name)},
          streams.hooks.empty() ? std::vector<std::string>() : std::vector{streams.hooks});
    } else {
      spec.argv = std::move(words);
    }
    spec.env = {"PATH=/usr/bin:/bin",    "HOME=/nonexistent",           "LANG=C.UTF-8",
                "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
                "GIT_TERMINAL_PROMPT=0"};
    spec.env.insert(spec.env.end(), env.begin(), env.end());
    spec.limits = {{RLIMIT_CORE, 0},
                   {RLIMIT_FSIZE, options_.repository_limit},
                   {RLIMIT_AS, options_.git.memory_limit}};
    spec.in = spec.out = streams.io;
    spec.err = streams.err;
    if (streams.gate >= 0) spec.handed = {streams.gate};
    spec.die_with_parent = true;
    return Process::Spawn(spec);
  }

  const ReceiveOptions options_;
  Clock& clock_;
  const ReceivedFolder folder_;
  SandboxChoice sandbox_;
};

}  // namespace

std::unique_ptr<ports::GitReceive> NewGitReceive(ReceiveOptions options, Clock& clock) {
  return std::make_unique<ReceivedByGit>(std::move(options), clock);
}

}  // namespace ns::git
