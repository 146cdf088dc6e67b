// The child: one request, one answer.
#include <git2.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "git/git_remote.h"
#include "git/mirror.h"
#include "git/session.h"
#include "git/tree_writer.h"
#include "git/wire.h"

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

// The mirror with all of the request's hashes if the remote has them; asks it only when one is
// missing.
Status Bring(const Request& request, Mirror& mirror) {
  const auto here = [&](const std::string& hash) { return mirror.Has(hash); };
  if (std::all_of(request.hashes.begin(), request.hashes.end(), here)) return {};
  Session session(request);
  NS_TRY(session.Prepare());
  return mirror.Update(session);
}

Status ReadCommits(const Request& request, Answer& answer) {
  NS_ASSIGN(Mirror mirror, Mirror::Open(request));
  NS_TRY(Bring(request, mirror));
  answer.commits = mirror.Commits(request.hashes);
  return {};
}

Status Checkout(const Request& request) {
  NS_ASSIGN(Mirror mirror, Mirror::Open(request));
  NS_TRY(Bring(request, mirror));
  const std::string hash = request.hashes.empty() ? "" : request.hashes[0];
  const CommitHandle commit = FindCommit(mirror.repository(), hash);
  if (commit)
    return WriteTree(mirror.repository(), commit.get(), request.path, request.mirror_limit);
  return Status(Code::kNotFound, "CommitNotFound",
                "the remote has no commit " + hash + ", or has it no more")
      .SetFault(Fault::kSource);
}

Status Carry(const Request& request, Answer& answer) {
  switch (request.operation) {
    case Operation::kListRefs:
      return ListRefs(request, answer);
    case Operation::kCommits:
      return ReadCommits(request, answer);
    case Operation::kCheckout:
      return Checkout(request);
  }
  return Invalid("no such operation");
}

Answer Serve(const std::string& bytes) {
  Answer answer;
  const auto request = DecodeRequest(bytes);
  if (!request.ok()) {
    answer.status = request.status();
    return answer;
  }
  try {
    Configure(*request);
    answer.status = Carry(*request, answer);
  } catch (const std::bad_alloc&) {
    answer = Answer();
    answer.status = Status(Code::kExhausted, "LimitExceeded",
                           "the repository needs more memory than one Git operation may take")
                        .SetFault(Fault::kSource);
  }
  return answer;
}

}  // namespace

int RunGitWorker(int in, int out) { return WriteAll(out, Encode(Serve(ReadAll(in)))) ? 0 : 1; }

}  // namespace ns::git
