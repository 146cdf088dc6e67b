#include "engine/folder_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/run.h"
#include "engine/tar_writer.h"

namespace ns::engine {
namespace {

namespace fs = std::filesystem;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

sdk::Error Unreadable(const std::string& what) {
  return DiskTrouble("\"" + what + "\" of the image cannot be read: " + ::strerror(errno) + ".");
}

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string LinkAt(int folder, const std::string& name, const std::string& shown) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
  if (size < 0) throw Unreadable(shown);
  target.resize(static_cast<size_t>(size));
  return target;
}

std::deque<std::string> Parts(const fs::path& path) {
  std::deque<std::string> parts;
  for (const fs::path& part : path.relative_path())
    if (!part.empty() && part != ".") parts.push_back(part.string());
  return parts;
}

// Clean, absolute, without a slash at the end; the root is empty.
std::string Clean(const fs::path& path) {
  std::string text = path.lexically_normal().string();
  while (text.ends_with('/')) text.pop_back();
  return text;
}

// Part by part from the root, never through a link.
Fd Open(const std::string& root, const std::string& path) {
  const fs::path wanted(path);
  std::deque<std::string> rest = Parts(wanted);
  std::string at;
  std::set<std::string> followed;
  Fd folder(::open(root.c_str(), kFolder));
  if (!folder) throw Unreadable("/");
  while (!rest.empty()) {
    const std::string name = rest.front(), here = at + "/" + name;
    rest.pop_front();
    struct stat info {};
    if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
      throw ArtifactMissing(path, here);
    if (S_ISLNK(info.st_mode)) {
      if (!followed.insert(here).second) throw ArtifactMissing(path, here);  // in a circle
      const std::string target = LinkAt(folder.get(), name, here);
      const std::string to =
          Clean(target.starts_with('/') ? fs::path(target) : fs::path(at + "/") / target);
      if (!Below(at, to)) throw ArtifactLinksOut(path, here, to.empty() ? "/" : to, at);
      const std::deque<std::string> parts = Parts(to.substr(at.size()));
      rest.insert(rest.begin(), parts.begin(), parts.end());
      continue;
    }
    if (!S_ISDIR(info.st_mode)) throw ArtifactNoFolder(path, here);
    folder = Fd(::openat(folder.get(), name.c_str(), kFolder));
    if (!folder) throw Unreadable(here);
    at = here;
  }
  return folder;
}

class Walk {
 public:
  Walk(const sdk::ByteSink& sink, const std::function<void()>& check)
      : check_(check), writer_(sink), buffer_(64 << 10, '\0') {}

  int64_t Give(int folder) {
    struct stat info {};
    if (::fstat(folder, &info) != 0) throw Unreadable(".");
    TarEntry entry = EntryOf("./", info);
    writer_.Put(entry);
    Folder(folder, "./");
    writer_.Finish();
    return writer_.bytes();
  }

 private:
  static TarEntry EntryOf(const std::string& name, const struct stat& info) {
    TarEntry entry;
    entry.name = name;
    entry.type = info.st_mode & S_IFMT;
    entry.mode = info.st_mode;
    entry.modified = info.st_mtime;
    entry.size = S_ISREG(info.st_mode) ? info.st_size : 0;
    entry.major = major(info.st_rdev);
    entry.minor = minor(info.st_rdev);
    return entry;
  }

  static std::vector<std::string> Names(int folder, const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(::openat(folder, ".", kFolder)),
                                                     &::closedir);
    if (!stream) throw Unreadable(path);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  void Folder(int folder, const std::string& path) {
    for (const std::string& name : Names(folder, path)) {
      check_();
      struct stat info {};
      if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        throw Unreadable(path + name);
      if (S_ISSOCK(info.st_mode)) continue;  // no archive can hold one
      TarEntry entry = EntryOf(path + name + (S_ISDIR(info.st_mode) ? "/" : ""), info);
      if (S_ISLNK(info.st_mode)) entry.link = LinkAt(folder, name, entry.name);
      if (S_ISREG(info.st_mode) && info.st_nlink > 1) {
        const auto [first, fresh] = seen_.try_emplace({info.st_dev, info.st_ino}, entry.name);
        if (!fresh) entry.same_as = first->second;
      }
      writer_.Put(entry);
      if (S_ISREG(info.st_mode) && entry.same_as.empty()) File(folder, name, entry);
      if (!S_ISDIR(info.st_mode)) continue;
      const Fd below(::openat(folder, name.c_str(), kFolder));
      if (!below) throw Unreadable(entry.name);
      Folder(below.get(), entry.name);
    }
  }

  void File(int folder, const std::string& name, const TarEntry& entry) {
    const Fd file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) throw Unreadable(entry.name);
    for (int64_t done = 0; done < entry.size;) {
      check_();
      const ssize_t got = ::read(file.get(), buffer_.data(), buffer_.size());
      if (got <= 0) throw Unreadable(entry.name);
      writer_.Data({buffer_.data(), static_cast<size_t>(got)});
      done += got;
    }
  }

  const std::function<void()>& check_;
  TarWriter writer_;
  std::string buffer_;
  std::map<std::pair<dev_t, ino_t>, std::string> seen_;  // of files with more than one name
};

}  // namespace

int64_t GiveFolder(const std::string& root, const std::string& path, const sdk::ByteSink& sink,
                   const std::function<void()>& check) {
  const Fd folder = Open(root, path);
  return Walk(sink, check).Give(folder.get());
}

}  // namespace ns::engine
