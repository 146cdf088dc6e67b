#include "git/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "supervise/fd.h"

namespace ns::git {
namespace {

using supervise::Fd;

constexpr int kMaxDepth = 200;
constexpr uint64_t kMaxEntries = 1'000'000;
constexpr size_t kMaxTarget = 4000;

bool IsDotGit(const std::string& name) {
  return name.size() == 4 && name[0] == '.' && (name[1] | 0x20) == 'g' && (name[2] | 0x20) == 'i' &&
         (name[3] | 0x20) == 't';
}

Status BadSource(const std::string& message) {
  return Invalid("the repository cannot be checked out: " + message).SetFault(Fault::kSource);
}

Status TooBig(const std::string& message) {
  return Status(Code::kExhausted, "LimitExceeded", "the source is too large: " + message)
      .SetFault(Fault::kSource);
}

Status CannotWrite(const std::string& path) {
  return Unavailable("cannot write " + path + ": " + ::strerrordesc_np(errno))
      .SetFault(Fault::kPlatform);
}

class TreeWriter {
 public:
  TreeWriter(git_repository* repository, uint64_t limit) : repository_(repository), limit_(limit) {}

  Status OpenObjects() {
    git_odb* odb = nullptr;
    if (git_repository_odb(&odb, repository_) != 0) return Broken();
    odb_.reset(odb);
    return {};
  }

  Status Write(const git_tree* tree, int folder, const std::string& path, int depth) {
    if (depth > kMaxDepth)
      return TooBig("folders are nested more than " + std::to_string(kMaxDepth) + " deep");
    for (size_t i = 0; i < git_tree_entrycount(tree); ++i)
      NS_TRY(WriteEntry(git_tree_entry_byindex(tree, i), folder, path, depth));
    return {};
  }

 private:
  static Status Broken() {
    return Unavailable(std::string("the mirror is damaged: ") + LastMessage())
        .SetFault(Fault::kPlatform);
  }

  Status WriteEntry(const git_tree_entry* entry, int folder, const std::string& path, int depth) {
    const std::string name = git_tree_entry_name(entry),
                      full = path.empty() ? name : path + "/" + name;
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        IsDotGit(name)) {
      return BadSource("it holds an entry named \"" + full + "\"");
    }
    if (++entries_ > kMaxEntries)
      return TooBig("it has more than " + std::to_string(kMaxEntries) + " entries");
    switch (git_tree_entry_filemode(entry)) {
      case GIT_FILEMODE_TREE:
        return WriteFolder(entry, folder, name, full, depth);
      case GIT_FILEMODE_LINK:
        return WriteLink(entry, folder, name, full, depth);
      case GIT_FILEMODE_COMMIT:
        return ::mkdirat(folder, name.c_str(), 0755) == 0 ? Status() : CannotWrite(full);
      case GIT_FILEMODE_BLOB:
        return WriteFile(entry, folder, name, full, 0644);
      case GIT_FILEMODE_BLOB_EXECUTABLE:
        return WriteFile(entry, folder, name, full, 0755);
      default:
        return BadSource("\"" + full + "\" is no file, folder or link");
    }
  }

  Status WriteFolder(const git_tree_entry* entry, int folder, const std::string& name,
                     const std::string& full, int depth) {
    git_tree* raw = nullptr;
    if (git_tree_lookup(&raw, repository_, git_tree_entry_id(entry)) != 0) return Broken();
    const TreeHandle tree(raw);
    if (::mkdirat(folder, name.c_str(), 0755) != 0) return CannotWrite(full);
    const Fd below(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below) return CannotWrite(full);
    return Write(tree.get(), below.get(), full, depth + 1);
  }

  // Counts the size before the content is taken into memory.
  Result<BlobHandle> Load(const git_tree_entry* entry, const std::string& full) {
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, odb_.get(), git_tree_entry_id(entry)) != 0)
      return Broken();
    if (size > limit_ - bytes_)
      return TooBig("with \"" + full + "\" it has more than " + std::to_string(limit_ >> 20) +
                    " MiB");
    bytes_ += size;
    git_blob* raw = nullptr;
    if (git_blob_lookup(&raw, repository_, git_tree_entry_id(entry)) == 0) return BlobHandle(raw);
    const git_error* error = git_error_last();
    if (error != nullptr && error->klass == GIT_ERROR_NOMEMORY)
      return TooBig("\"" + full + "\" does not fit into memory");
    return Broken();
  }

  Status WriteLink(const git_tree_entry* entry, int folder, const std::string& name,
                   const std::string& full, int depth) {
    NS_ASSIGN(const BlobHandle blob, Load(entry, full));
    const auto size = static_cast<size_t>(git_blob_rawsize(blob.get()));
    const std::string target(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                             std::min(size, kMaxTarget + 1));
    if (size > kMaxTarget || !LinkStaysInside(target, depth)) {
      return BadSource(
          "the link \"" + full +
          "\" leaves the source: its target may have \"..\" only in front, and not lead out");
    }
    return ::symlinkat(target.c_str(), folder, name.c_str()) == 0 ? Status() : CannotWrite(full);
  }

  Status WriteFile(const git_tree_entry* entry, int folder, const std::string& name,
                   const std::string& full, mode_t mode) {
    NS_ASSIGN(const BlobHandle blob, Load(entry, full));
    const Fd fd(
        ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd) return CannotWrite(full);
    const auto* data = static_cast<const char*>(git_blob_rawcontent(blob.get()));
    for (auto left = static_cast<size_t>(git_blob_rawsize(blob.get())); left > 0;) {
      const ssize_t done = ::write(fd.get(), data, left);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return CannotWrite(full);
      data += done;
      left -= static_cast<size_t>(done);
    }
    return {};
  }

  git_repository* repository_;
  OdbHandle odb_;
  const uint64_t limit_;
  uint64_t bytes_ = 0, entries_ = 0;
};

Result<Fd> OpenEmpty(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return CannotWrite(path);
  if (!std::filesystem::is_empty(path, error))
    return Status(Code::kPrecondition, "the folder " + path + " is not empty");
  return fd;
}

}  // namespace

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

Status WriteTree(git_repository* repository, git_commit* commit, const std::string& path,
                 uint64_t byte_limit) {
  git_tree* raw = nullptr;
  if (git_commit_tree(&raw, commit) != 0)
    return Unavailable(std::string("the mirror is damaged: ") + LastMessage());
  const TreeHandle tree(raw);
  NS_ASSIGN(const Fd folder, OpenEmpty(path));
  TreeWriter writer(repository, byte_limit);
  NS_TRY(writer.OpenObjects());
  return writer.Write(tree.get(), folder.get(), "", 0);
}

}  // namespace ns::git
