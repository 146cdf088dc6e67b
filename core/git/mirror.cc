#include "git/mirror.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "model/utf8.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxText = 64 << 10;  // of a commit's message or author
constexpr int kMaxPacks = 200;         // each fetch brings one, and every lookup goes through all

struct Size {
  uint64_t bytes = 0;
  int packs = 0;
};

// Removes what a child that was killed has left, and adds up the rest.
Size TidyUp(const std::string& folder) {
  Size size;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    const std::string name = at->path().filename();
    const bool unfinished =
        name.ends_with(".lock") || name.starts_with("pack_") || name.starts_with("tmp_");
    if (unfinished) fs::remove(at->path(), ignored);
    size.bytes += unfinished ? 0 : at->file_size(ignored);
    const bool own = at->path().string().find("/modules/", folder.size()) == std::string::npos;
    size.packs += own && name.ends_with(".pack") ? 1 : 0;
  }
  return size;
}

// Takes all out of it and leaves it there, since it may be a mount point.
void EmptyFolder(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    fs::remove_all(at->path(), ignored);
  }
}

// At most kMaxText bytes of UTF-8: Git takes any bytes, the database does not.
std::string Readable(const char* bytes) {
  std::string text = bytes == nullptr ? "" : std::string(bytes, ::strnlen(bytes, kMaxText));
  for (int cut = 0; cut < 3 && text.size() == kMaxText - cut && !model::IsUtf8(text); ++cut)
    text.pop_back();
  if (model::IsUtf8(text)) return text;
  for (char& c : text) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
  return text;
}

}  // namespace

uint64_t FolderSize(const std::string& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) bytes += at->file_size(ignored);
  }
  return bytes;
}

CommitHandle FindCommit(git_repository* repository, const std::string& hash) {
  git_oid oid;
  git_commit* commit = nullptr;
  if (hash.size() != GIT_OID_HEXSZ || git_oid_fromstr(&oid, hash.c_str()) != 0) return nullptr;
  if (git_commit_lookup(&commit, repository, &oid) != 0) return nullptr;
  return CommitHandle(commit);
}

Result<Mirror> Mirror::Open(const Request& request) {
  const std::string path = request.mirror + ".lock";
  supervise::Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0)
    return Unavailable("cannot lock the mirror " + path + ": " + ::strerrordesc_np(errno));
  Mirror mirror(request, std::move(lock));
  if (!mirror.OpenRepository().ok()) NS_TRY(mirror.Renew());
  return mirror;
}

Status Mirror::OpenRepository() {
  git_repository* raw = nullptr;
  const int error =
      git_repository_open_ext(&raw, request_->mirror.c_str(),
                              GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE, nullptr);
  if (error != 0) return Unavailable(LastMessage());
  repository_.reset(raw);
  return {};
}

Status Mirror::Renew() {
  repository_.reset();
  EmptyFolder(request_->mirror);
  git_repository_init_options options{};
  git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR;
  options.mode = GIT_REPOSITORY_INIT_SHARED_UMASK;
  git_repository* raw = nullptr;
  if (git_repository_init_ext(&raw, request_->mirror.c_str(), &options) != 0) {
    return Unavailable("cannot make the mirror " + request_->mirror + ": " + LastMessage());
  }
  repository_.reset(raw);
  return {};
}

bool Mirror::Has(const std::string& hash) const {
  return FindCommit(repository_.get(), hash) != nullptr;
}

Status Mirror::UpdateOnce(Session& session) {
  const Size size = TidyUp(request_->mirror);
  if (size.packs > kMaxPacks) NS_TRY(Renew());
  const uint64_t used = size.bytes + request_->beside;
  return session.Fetch(repository_.get(),
                       request_->mirror_limit > used ? request_->mirror_limit - used : 0);
}

Status Mirror::Bring() {
  const auto here = [&](const std::string& hash) { return Has(hash); };
  if (std::all_of(request_->hashes.begin(), request_->hashes.end(), here)) return {};
  Session session(*request_);
  NS_TRY(session.Prepare());
  return Update(session);
}

Status Mirror::Restore() {
  Session session(*request_);
  NS_TRY(session.Prepare());
  NS_TRY(Renew());
  return UpdateOnce(session);
}

Status Mirror::Update(Session& session) {
  const Status status = UpdateOnce(session);
  const bool own_fault = status.code() == Code::kInternal || status.code() == Code::kExhausted;
  if (!own_fault || git_repository_is_empty(repository_.get()) == 1) return status;
  return Restore();
}

std::vector<model::Commit> Mirror::Commits(const std::vector<std::string>& hashes) const {
  std::vector<model::Commit> commits;
  for (const std::string& hash : hashes) {
    const CommitHandle commit = FindCommit(repository_.get(), hash);
    if (!commit) continue;
    const git_signature* author = git_commit_author(commit.get());
    commits.push_back({hash, author == nullptr ? "" : Readable(author->name),
                       Time(std::chrono::seconds(git_commit_time(commit.get()))),
                       Readable(git_commit_message(commit.get()))});
  }
  return commits;
}

}  // namespace ns::git
