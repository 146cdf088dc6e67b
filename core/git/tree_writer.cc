#include "git/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "git/entry_name.h"
#include "git/folder.h"
#include "git/lfs_pointer.h"

namespace ns::git {
namespace {

using supervise::Fd;

constexpr int kMaxDepth = 200;
constexpr size_t kMaxPath = 4000;
constexpr size_t kMaxTarget = 4000;

std::string Quote(const std::string& path) { return "\"" + Shown(path) + "\""; }

Status TooBig(const std::string& message) {
  return Status(Code::kExhausted, "LimitExceeded", "the source is too large: " + message)
      .SetFault(Fault::kSource);
}

// What two entries of one name cause is the source's fault.
Status CannotMake(const std::string& path) {
  if (errno == EEXIST) return CheckoutRefused("it holds two entries named " + Quote(path));
  return CannotWrite(path);
}

int DepthOf(const std::string& path) {
  return path.empty() ? 0 : static_cast<int>(std::count(path.begin(), path.end(), '/')) + 1;
}

// The last part of a path.
const char* NameOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
}

}  // namespace

Status CheckoutRefused(const std::string& message) {
  return Status(Code::kInvalid, "CheckoutRefused",
                "the repository cannot be checked out: " + message)
      .SetFault(Fault::kSource);
}

Status TreeWriter::Write(git_repository* repository, git_commit* commit, int folder,
                         const std::string& path, Left& left) {
  repository_ = repository;
  left_ = &left;
  damaged_ = false;
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) != 0) return Broken(path);
  odb_.reset(odb);
  git_tree* raw = nullptr;
  if (git_commit_tree(&raw, commit) != 0) return Broken(path);
  const TreeHandle tree(raw);
  const Status status = WriteAll(tree.get(), folder, path, DepthOf(path));
  odb_.reset();  // while it is open, libgit2 goes on to use packs that have been replaced
  return status;
}

Status TreeWriter::Broken(const std::string& path) {
  damaged_ = true;
  odb_.reset();
  return CheckoutRefused("what it holds at \"" + Shown(path) +
                         "\" is missing or damaged: " + Shown(LastMessage()));
}

Status TreeWriter::WriteAll(const git_tree* tree, int folder, const std::string& path, int depth) {
  if (depth > kMaxDepth)
    return TooBig("folders are nested more than " + std::to_string(kMaxDepth) + " deep");
  for (size_t i = 0; i < git_tree_entrycount(tree); ++i)
    NS_TRY(WriteEntry(git_tree_entry_byindex(tree, i), folder, path, depth));
  return {};
}

Status TreeWriter::WriteEntry(const git_tree_entry* entry, int folder, const std::string& above,
                              int depth) {
  const std::string name = git_tree_entry_name(entry);
  const std::string path = above.empty() ? name : above + "/" + name;
  const std::string mistake = NameMistake(name);
  if (!mistake.empty())
    return CheckoutRefused("it holds an entry named " + Quote(path) + ", which " + mistake);
  if (path.size() > kMaxPath)
    return TooBig("the path " + Quote(path) + " has more than " + std::to_string(kMaxPath) +
                  " bytes");
  if (++counted_.entries > entry_limit_)
    return TooBig("it has more than " + std::to_string(entry_limit_) +
                  " files and folders; raise git.entry_limit, or make it smaller");
  switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_TREE:
      return WriteFolder(entry, folder, path, depth);
    case GIT_FILEMODE_LINK:
      return WriteLink(entry, folder, path, depth);
    case GIT_FILEMODE_COMMIT:
      return WriteGitlink(entry, folder, path);
    case GIT_FILEMODE_BLOB:
      return WriteFile(entry, folder, path, 0644);
    case GIT_FILEMODE_BLOB_EXECUTABLE:
      return WriteFile(entry, folder, path, 0755);
    default:
      return CheckoutRefused(Quote(path) + " is no file, folder or link");
  }
}

Status TreeWriter::WriteFolder(const git_tree_entry* entry, int folder, const std::string& path,
                               int depth) {
  git_tree* raw = nullptr;
  if (git_tree_lookup(&raw, repository_, git_tree_entry_id(entry)) != 0) return Broken(path);
  const TreeHandle tree(raw);
  if (::mkdirat(folder, NameOf(path), 0755) != 0) return CannotMake(path);
  const Fd below(::openat(folder, NameOf(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!below) return CannotMake(path);
  return WriteAll(tree.get(), below.get(), path, depth + 1);
}

Status TreeWriter::WriteGitlink(const git_tree_entry* entry, int folder, const std::string& path) {
  char hex[GIT_OID_HEXSZ + 1];
  git_oid_tostr(hex, sizeof hex, git_tree_entry_id(entry));
  left_->gitlinks.push_back({path, hex});
  return ::mkdirat(folder, NameOf(path), 0755) == 0 ? Status() : CannotMake(path);
}

Status TreeWriter::Count(uint64_t bytes, const std::string& path) {
  if (bytes > byte_limit_ - counted_.bytes)
    return TooBig("with " + Quote(path) + " it has more than " + std::to_string(byte_limit_ >> 20) +
                  " MiB; raise git.mirror_limit, or make it smaller");
  counted_.bytes += bytes;
  return {};
}

// Counts the size before the content is taken into memory.
Result<BlobHandle> TreeWriter::Load(const git_tree_entry* entry, const std::string& path) {
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, odb_.get(), git_tree_entry_id(entry)) != 0)
    return Broken(path);
  NS_TRY(Count(size, path));
  git_blob* raw = nullptr;
  if (git_blob_lookup(&raw, repository_, git_tree_entry_id(entry)) == 0) return BlobHandle(raw);
  const git_error* error = git_error_last();
  if (error != nullptr && error->klass == GIT_ERROR_NOMEMORY)
    return TooBig(Quote(path) + " does not fit into memory");
  return Broken(path);
}

Status TreeWriter::WriteLink(const git_tree_entry* entry, int folder, const std::string& path,
                             int depth) {
  NS_ASSIGN(const BlobHandle blob, Load(entry, path));
  const auto size = static_cast<size_t>(git_blob_rawsize(blob.get()));
  const std::string target(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                           std::min(size, kMaxTarget + 1));
  if (size > kMaxTarget || !LinkStaysInside(target, depth)) {
    return CheckoutRefused(
        "the link " + Quote(path) +
        " leaves the source: its target may have \"..\" only in front, and not lead out");
  }
  return ::symlinkat(target.c_str(), folder, NameOf(path)) == 0 ? Status() : CannotMake(path);
}

Status TreeWriter::WriteFile(const git_tree_entry* entry, int folder, const std::string& path,
                             mode_t mode) {
  NS_ASSIGN(const BlobHandle blob, Load(entry, path));
  const Fd fd(
      ::openat(folder, NameOf(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return CannotMake(path);
  const auto* data = static_cast<const char*>(git_blob_rawcontent(blob.get()));
  const auto size = static_cast<size_t>(git_blob_rawsize(blob.get()));
  if (const auto pointer = ParseLfsPointer({data, size}))
    left_->pointers.push_back({path, mode == 0755, *pointer});
  for (size_t left = size; left > 0;) {
    const ssize_t done = ::write(fd.get(), data, left);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return CannotMake(path);
    data += done;
    left -= static_cast<size_t>(done);
  }
  return {};
}

bool LinkStaysInside(const std::string& target, int depth) {
  if (target.empty() || target.front() == '/' || target.find('\0') != std::string::npos)
    return false;
  bool named = false;
  int up = 0;
  for (size_t begin = 0; begin <= target.size();) {
    const size_t end = std::min(target.find('/', begin), target.size());
    const std::string part = target.substr(begin, end - begin);
    if (part == ".." && (named || ++up > depth)) return false;
    if (!part.empty() && part != "." && part != "..") named = true;
    begin = end + 1;
  }
  return true;
}

}  // namespace ns::git
