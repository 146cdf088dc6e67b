// The child: one request, notes, one answer.
#include <git2.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "git/checkout.h"
#include "git/git_remote.h"
#include "git/mirror.h"
#include "git/session.h"
#include "git/ssh_client.h"
#include "git/wire.h"
#include "model/repository_url.h"

namespace ns::git {
namespace {

std::string ReadAll(int fd) {
  std::string bytes;
  char chunk[16 << 10];
  for (;;) {
    const ssize_t got = ::read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return bytes;
    bytes.append(chunk, static_cast<size_t>(got));
  }
}

bool WriteAll(int fd, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t done = ::write(fd, bytes.data() + at, bytes.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += static_cast<size_t>(done);
  }
  return true;
}

// No configuration but ours, and memory within the limit.
void Configure(const Request& request) {
  git_libgit2_init();
  for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                          GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
  git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
  if (request.memory_limit != 0) {
    const auto share = static_cast<size_t>(request.memory_limit / 4);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, share);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, std::min<size_t>(share, 32 << 20));
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE,
                     static_cast<ssize_t>(std::min<size_t>(share, 64 << 20)));
  }
  if (!request.ca_file.empty())
    git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, request.ca_file.c_str(), nullptr);
}

Status ListRefs(const Request& request, Answer& answer) {
  Session session(request);
  NS_TRY(session.Prepare());
  NS_ASSIGN(answer.refs, session.ListRefs());
  return {};
}

Status LookAtHostKey(const Request& request, Answer& answer) {
  NS_ASSIGN(const auto url, model::ParseRepositoryUrl(request.url));
  SshClient client(request, url);
  NS_ASSIGN(answer.look, client.Look());
  return {};
}

Status ReadCommits(const Request& request, Answer& answer) {
  NS_ASSIGN(Mirror mirror, Mirror::Open(request));
  NS_TRY(mirror.Bring());
  answer.commits = mirror.Commits(request.hashes);
  return {};
}

Status Checkout(const Request& request, int out) {
  NS_ASSIGN(Mirror mirror, Mirror::Open(request));
  NS_TRY(mirror.Bring());
  return WriteCheckout(request, mirror,
                       [out](const std::string& text) { WriteAll(out, EncodeNote(text)); });
}

Status Carry(const Request& request, int out, Answer& answer) {
  switch (request.operation) {
    case Operation::kListRefs:
      return ListRefs(request, answer);
    case Operation::kCommits:
      return ReadCommits(request, answer);
    case Operation::kCheckout:
      return Checkout(request, out);
    case Operation::kHostKey:
      return LookAtHostKey(request, answer);
  }
  return Invalid("no such operation");
}

Answer Serve(const std::string& bytes, int out) {
  Answer answer;
  const auto request = DecodeRequest(bytes);
  if (!request.ok()) {
    answer.status = request.status();
    return answer;
  }
  try {
    Configure(*request);
    answer.status = Carry(*request, out, answer);
  } catch (const std::bad_alloc&) {
    answer = Answer();
    answer.status = Status(Code::kExhausted, "LimitExceeded",
                           "the repository needs more memory than one Git operation may take")
                        .SetFault(Fault::kSource);
  }
  return answer;
}

}  // namespace

int RunGitWorker(int in, int out) { return WriteAll(out, Encode(Serve(ReadAll(in), out))) ? 0 : 1; }

}  // namespace ns::git
