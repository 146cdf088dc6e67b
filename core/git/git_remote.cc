#include "git/git_remote.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "git/entry_name.h"
#include "git/sandbox.h"
#include "git/submodule_url.h"
#include "git/wire.h"
#include "model/repository_url.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {
namespace {

using supervise::Fd;
using supervise::Process;

constexpr size_t kMaxAnswer = 64 << 20;

using Note = std::function<void(const std::string&)>;

// Sanitizers reserve terabytes of address space.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitMemory = false;
#else
constexpr bool kLimitMemory = true;
#endif

Status Late(const std::string& url) {
  const auto parsed = model::ParseRepositoryUrl(url);
  return Status(Code::kDeadline, "RemoteTimeout",
                (parsed.ok() ? parsed->host : url) + " does not answer in time")
      .SetFault(Fault::kPlatform);
}

struct Ends {
  Fd ours, theirs;
};

Result<Ends> Connected() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return Unavailable(std::string("cannot make a socket pair: ") + ::strerrordesc_np(errno));
  }
  return Ends{Fd(fds[0]), Fd(fds[1])};
}

// The conversation with one child, which ends with it.
class Exchange {
 public:
  Exchange(Clock& clock, Duration deadline, const std::stop_token& cancel, int fd)
      : clock_(clock),
        deadline_(deadline),
        cancel_(cancel),
        fd_(fd),
        wake_(::eventfd(0, EFD_CLOEXEC)),
        on_stop_(cancel, Wake{wake_.get()}) {}

  Status Send(const std::string& bytes) {
    for (size_t at = 0; at < bytes.size();) {
      NS_TRY(Wait(POLLOUT));
      const ssize_t sent =
          ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (sent <= 0) break;  // it has ended: the answer tells
      at += static_cast<size_t>(sent);
    }
    ::shutdown(fd_, SHUT_WR);
    return {};
  }

  Result<std::string> Receive(const Note& note) {
    std::string bytes;
    char chunk[16 << 10];
    for (;;) {
      NS_TRY(Wait(POLLIN));
      const ssize_t got = ::recv(fd_, chunk, sizeof chunk, MSG_DONTWAIT);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) return bytes;
      bytes.append(chunk, static_cast<size_t>(got));
      while (const auto text = TakeNote(bytes)) note(*text);
      if (bytes.size() > kMaxAnswer)
        return Internal("a Git child answers more than " + std::to_string(kMaxAnswer) + " bytes");
    }
  }

 private:
  struct Wake {
    int fd;
    void operator()() const { ::eventfd_write(fd, 1); }
  };

  // kDeadline, kCancelled.
  Status Wait(short events) {
    for (;;) {
      if (cancel_.stop_requested())
        return Status(Code::kCancelled, "a Git operation was cancelled");
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock_.Monotonic()).count();
      if (left <= 0) return Status(Code::kDeadline, "late");
      pollfd fds[] = {{fd_, events, 0}, {wake_.get(), POLLIN, 0}};
      if (::poll(fds, 2, static_cast<int>(std::min<int64_t>(left, 3'600'000))) > 0 &&
          fds[0].revents != 0)
        return {};
    }
  }

  Clock& clock_;
  const Duration deadline_;
  const std::stop_token& cancel_;
  const int fd_;
  const Fd wake_;
  const std::stop_callback<Wake> on_stop_;
};

class LibgitRemote final : public ports::GitRemote {
 public:
  LibgitRemote(GitOptions options, Clock& clock)
      : options_(std::move(options)), clock_(clock), sandbox_(options_, clock) {}

  Result<std::vector<model::GitRef>> ListRefs(const ports::Call& call,
                                              const ports::Remote& remote) override {
    NS_ASSIGN(Answer answer,
              Ask(call, options_.list_deadline, RequestFor(Operation::kListRefs, remote)));
    return std::move(answer.refs);
  }

  Result<std::vector<model::Commit>> Commits(const ports::Call& call, const ports::Remote& remote,
                                             const std::vector<std::string>& hashes) override {
    Request request = RequestFor(Operation::kCommits, remote);
    request.hashes = hashes;
    NS_ASSIGN(Answer answer, Ask(call, options_.fetch_deadline, request));
    return std::move(answer.commits);
  }

  Status Checkout(const ports::Call& call, const ports::Remote& remote, const std::string& commit,
                  const std::string& path, const ports::LargeFiles& large) override {
    Request request = RequestFor(Operation::kCheckout, remote);
    request.hashes = {commit};
    request.path = path;
    request.lfs = !large.fetch ? LfsUse::kLeave : options_.lfs ? LfsUse::kFetch : LfsUse::kTell;
    return Ask(call, options_.fetch_deadline, request,
               [&](const std::string& text) {
                 if (large.progress) large.progress(Shown(text));
               })
        .status();
  }

  Result<ports::HostKeyLook> HostKey(const ports::Call& call,
                                     const ports::Remote& remote) override {
    NS_ASSIGN(Answer answer,
              Ask(call, options_.list_deadline, RequestFor(Operation::kHostKey, remote)));
    return std::move(answer.look);
  }

 private:
  Request RequestFor(Operation operation, const ports::Remote& remote) const {
    Request request;
    request.operation = operation;
    request.url = remote.url;
    if (remote.url.starts_with('/')) {
      request.folder = remote.url;
      request.url = UrlOfFolder(remote.url);
      request.siblings = remote.beside;
    }
    request.auth = remote.credentials.method;
    request.username = remote.credentials.username;
    request.password = remote.credentials.password;
    request.ssh_key = remote.credentials.ssh_private_key.empty()
                          ? options_.ssh_key
                          : remote.credentials.ssh_private_key;
    request.host_keys = remote.credentials.host_keys;
    request.mirror = options_.folder + "/" + remote.id.str() + ".git";
    request.known_hosts = options_.folder + "/known_hosts";
    request.ca_file = options_.ca_file;
    request.private_hosts = options_.private_hosts;
    request.memory_limit = kLimitMemory ? options_.memory_limit : 0;
    request.mirror_limit = options_.mirror_limit;
    request.ref_limit = options_.ref_limit;
    request.entry_limit = options_.entry_limit;
    return request;
  }

  Result<Answer> Ask(
      const ports::Call& call, Duration limit, const Request& request,
      const Note& note = [](const std::string&) {}) {
    NS_TRY(Check(request));
    const Duration deadline =
        std::min(clock_.Monotonic() + limit, call.deadline.value_or(Duration::max()));
    NS_ASSIGN(Ends ends, Connected());
    NS_ASSIGN(Process child, Start(request, ends.theirs.get()));
    ends.theirs.Close();
    auto answer = Converse(call, deadline, request, note, ends.ours.get());
    if (!answer.ok()) child.KillGroup(SIGKILL);
    ends.ours.Close();
    const auto ended = child.Wait(clock_, clock_.Monotonic() + std::chrono::seconds(10));
    if (answer.status().code() == Code::kDeadline) return Late(request.url);
    if (!answer.ok()) return answer.status();
    return Understand(*answer, ended);
  }

  Status Check(const Request& request) const {
    if (request.folder.empty()) NS_TRY(model::ParseRepositoryUrl(request.url).status());
    std::error_code error;
    if (!request.folder.empty() && !std::filesystem::exists(request.folder, error))
      return Status(Code::kNotFound, "RepositoryNotFound",
                    "there is no " + request.folder + " on this machine")
          .SetFault(Fault::kPlatform);
    const bool made = std::filesystem::create_directories(options_.folder, error);
    if (made) ::chmod(options_.folder.c_str(), 0700);
    if (!error) return {};
    return Unavailable("cannot make the folder " + options_.folder +
                       " of mirrors: " + error.message());
  }

  // What the child writes to is there before it starts, since it may see nothing else.
  static Result<std::vector<std::string>> Prepare(const Request& request) {
    std::vector<std::string> files = {request.known_hosts}, folders;
    if (request.operation == Operation::kCommits || request.operation == Operation::kCheckout) {
      files.push_back(request.mirror + ".lock");
      folders.push_back(request.mirror);
    }
    if (request.operation == Operation::kCheckout) folders.push_back(request.path);
    const auto failed = [](const std::string& path, const std::string& why) {
      return Unavailable("cannot make " + path + ": " + why).SetFault(Fault::kPlatform);
    };
    for (const std::string& path : folders) {
      std::error_code error;
      std::filesystem::create_directories(path, error);
      if (error) return failed(path, error.message());
    }
    for (const std::string& path : files) {
      const Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
      if (!file) return failed(path, ::strerrordesc_np(errno));
      ::futimens(file.get(), nullptr);  // used now: see SweepMirrors
    }
    files.insert(files.end(), folders.begin(), folders.end());
    return files;
  }

  Result<Process> Start(const Request& request, int fd) {
    supervise::SpawnSpec spec;
    NS_ASSIGN(const auto writable, Prepare(request));
    NS_ASSIGN(const bool sandboxed, sandbox_.Use());
    std::vector<std::string> readable = request.siblings;
    if (!request.folder.empty()) readable.push_back(request.folder);
    spec.argv = sandboxed ? SandboxedCommand(options_, writable, readable) : options_.worker;
    spec.env = {"HOME=" + options_.folder, "LANG=C.UTF-8"};
    spec.folder = options_.folder;
    spec.limits = {{RLIMIT_CORE, 0}, {RLIMIT_FSIZE, options_.mirror_limit}};
    if (kLimitMemory) spec.limits.push_back({RLIMIT_AS, options_.memory_limit});
    spec.in = spec.out = fd;
    spec.die_with_parent = true;
    return Process::Spawn(spec);
  }

  Result<std::string> Converse(const ports::Call& call, Duration deadline, const Request& request,
                               const Note& note, int fd) {
    Exchange exchange(clock_, deadline, call.cancel, fd);
    NS_TRY(exchange.Send(Encode(request)));
    return exchange.Receive(note);
  }

  static Result<Answer> Understand(const std::string& bytes,
                                   const Result<supervise::ExitStatus>& ended) {
    auto answer = DecodeAnswer(bytes);
    if (answer.ok() && !answer->status.ok()) return answer->status;
    if (answer.ok()) return answer;
    const std::string how = ended.ok() ? ended->ToString() : ended.status().message();
    // bubblewrap makes an exit code of a signal, as shells do.
    if (ended.ok() && ended->value == (ended->signalled ? SIGXFSZ : 128 + SIGXFSZ)) {
      return Status(Code::kExhausted, "LimitExceeded",
                    "the repository is larger than git.mirror_limit")
          .SetFault(Fault::kSource);
    }
    return Unavailable("a Git child ended without an answer: " + how).SetFault(Fault::kPlatform);
  }

  const GitOptions options_;
  Clock& clock_;
  SandboxChoice sandbox_;
};

}  // namespace

std::unique_ptr<ports::GitRemote> NewGitRemote(GitOptions options, Clock& clock) {
  return std::make_unique<LibgitRemote>(std::move(options), clock);
}

}  // namespace ns::git
