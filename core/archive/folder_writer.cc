#include "archive/folder_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "archive/limits.h"

namespace ns::archive {
namespace {

using supervise::Fd;

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string Joined(const std::vector<std::string>& names) {
  std::string path;
  for (const std::string& name : names) path += (path.empty() ? "" : "/") + name;
  return path;
}

Status Twice(const std::string& path) {
  return BadArtifact("\"" + Printable(path) + "\" is in it twice");
}

}  // namespace

Result<FolderWriter> FolderWriter::Open(const std::string& root, uint64_t folders) {
  Fd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return CannotWrite(root, errno);
  return FolderWriter(Level{"", std::move(fd)}, folders);
}

FolderWriter::FolderWriter(Level root, uint64_t folders) : most_folders_(folders) {
  open_.push_back(std::move(root));
}

Status FolderWriter::Descend(const std::vector<std::string>& names, size_t count) {
  size_t same = 0;
  while (same < count && same + 1 < open_.size() && open_[same + 1].name == names[same]) ++same;
  open_.resize(same + 1);
  for (size_t i = same; i < count; ++i) NS_TRY(OpenOrMake(names[i]));
  return {};
}

Status FolderWriter::OpenOrMake(const std::string& name) {
  NS_ASSIGN(const bool made, Make(name));
  Fd fd(::openat(top(), name.c_str(), kFolder));
  if (!fd && (errno == ENOTDIR || errno == ELOOP))
    return BadArtifact("\"" + Printable(name) + "\" is a file and a folder in it");
  if (!fd || (made && ::fchmod(fd.get(), 0755) != 0)) return CannotWrite(name, errno);
  open_.push_back({name, std::move(fd)});
  return {};
}

// Where no more may be made, what is there can still be opened.
Result<bool> FolderWriter::Make(const std::string& name) {
  if (made_ >= most_folders_) {
    struct stat info {};
    if (::fstatat(top(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return false;
    return TooLarge("it has more than " + std::to_string(most_folders_) + " folders");
  }
  const bool made = ::mkdirat(top(), name.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) return CannotWrite(name, errno);
  if (made) ++made_;
  return made;
}

Status FolderWriter::MakeFolder(const std::vector<std::string>& names) {
  NS_TRY(Descend(names, names.size()));
  struct stat info {};
  if (::fstat(top(), &info) != 0) return CannotWrite(Joined(names), errno);
  return entries_.insert(info.st_ino).second ? Status() : Twice(Joined(names));
}

Status FolderWriter::CreateFile(const std::vector<std::string>& names, bool executable) {
  path_ = Joined(names);
  if (names.empty()) return BadArtifact("its root is a file");
  NS_TRY(Descend(names, names.size() - 1));
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  file_ = Fd(::openat(top(), names.back().c_str(), flags, 0644));
  if (!file_ && errno == EEXIST) return Twice(path_);
  if (!file_ || ::fchmod(file_.get(), executable ? 0755 : 0644) != 0)
    return CannotWrite(path_, errno);
  return {};
}

Status FolderWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return CannotWrite(path_, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status FolderWriter::CloseFile() {
  const int failed = ::close(file_.Release());
  return failed == 0 ? Status() : CannotWrite(path_, errno);
}

}  // namespace ns::archive
