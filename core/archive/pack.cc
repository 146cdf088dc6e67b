#include "archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "archive/entry_name.h"
#include "archive/utf8_locale.h"
#include "base/sha256.h"
#include "supervise/fd.h"

namespace ns::archive {
namespace {

using supervise::Fd;

constexpr size_t kChunk = 64u << 10;
constexpr uint64_t kBlock = 512;
constexpr uint64_t kMostHeader = 4 * kBlock;  // padding of the file before, header, and both of a
                                              // long name, whose bytes come on top
constexpr uint64_t kMostEnd = 3 * kBlock;     // padding and two blocks of zeros

struct FreeWriter {
  void operator()(::archive* writer) const { ::archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { ::archive_entry_free(entry); }
};
struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Status Changed(const std::string& path) {
  return BadArtifact("\"" + Printable(path) + "\" changes while it is packed");
}

struct Found {
  std::string name;
  struct stat info;
  // In this order whole paths are in the order of their bytes.
  std::string Key() const { return S_ISDIR(info.st_mode) ? name + "/" : name; }
};

// What is in an open folder, sorted.
Result<std::vector<Found>> List(int folder, const std::string& path) {
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> stream(own < 0 ? nullptr : ::fdopendir(own));
  if (!stream) return CannotRead(path, errno);
  std::vector<Found> found;
  for (errno = 0; const dirent* entry = ::readdir(stream.get()); errno = 0) {
    Found one{entry->d_name, {}};
    if (one.name == "." || one.name == "..") continue;
    if (::fstatat(folder, entry->d_name, &one.info, AT_SYMLINK_NOFOLLOW) != 0)
      return CannotRead(path + one.name, errno);
    found.push_back(std::move(one));
  }
  if (errno != 0) return CannotRead(path, errno);
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.Key() < b.Key(); });
  return found;
}

class Packing {
 public:
  Packing(const Sink& sink, const Limits& limits)
      : sink_(sink), limits_(limits), writer_(::archive_write_new()), buffer_(kChunk, '\0') {
    if (!writer_) throw std::bad_alloc();
  }

  Result<Packed> Run(const std::string& folder) {
    const Status written = WriteAll(folder);
    ended_ = true;
    NS_TRY(written);
    done_.sha256 = digest_.FinishHex();
    return done_;
  }

 private:
  Status WriteAll(const std::string& folder) {
    ::archive* writer = writer_.get();
    NS_TRY(Check(::archive_write_set_format_gnutar(writer)));
    NS_TRY(Check(::archive_write_add_filter_gzip(writer)));
    NS_TRY(Check(::archive_write_set_options(writer, "gzip:!timestamp")));
    NS_TRY(Check(::archive_write_set_bytes_in_last_block(writer, 1)));  // nothing after the gzip
    NS_TRY(Check(::archive_write_open(writer, this, nullptr, &Packing::Take, nullptr)));
    const Fd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return CannotRead(folder, errno);
    NS_TRY(AddFolder(root.get(), ""));
    NS_TRY(CheckRoom(kMostEnd));
    return Check(::archive_write_close(writer));
  }

  // *Rationale:* libarchive frees what gzip needs only when it ends an archive, and not after a
  // failure it has heard of. So it hears of none before the end, and of nothing else then: the rest
  // of an entry that was begun is not made up.
  static la_ssize_t Take(::archive*, void* self, const void* data, size_t size) {
    auto& packing = *static_cast<Packing*>(self);
    if (packing.ended_) return -1;
    if (packing.failed_.ok()) packing.Put({static_cast<const char*>(data), size});
    return static_cast<la_ssize_t>(size);
  }

  void Put(std::string_view bytes) {
    digest_.Add(bytes);
    done_.size += bytes.size();
    failed_ = sink_(bytes);
  }

  Status Check(int said) {
    if (!failed_.ok()) return failed_;
    if (said == ARCHIVE_OK) return {};
    const char* why = ::archive_error_string(writer_.get());
    return Internal(std::string("libarchive: ") + (why ? why : "unknown"));
  }

  // `path` is empty or ends in "/".
  Status AddFolder(int folder, const std::string& path) {
    NS_ASSIGN(const std::vector<Found> found, List(folder, path));
    for (const Found& one : found) {
      NS_TRY(NamesOf(path + one.Key(), limits_).status());
      if (S_ISDIR(one.info.st_mode)) {
        NS_TRY(AddSubfolder(folder, path + one.name, one.name));
      } else if (S_ISREG(one.info.st_mode)) {
        NS_TRY(AddFile(folder, path + one.name, one.name));
      } else {
        return BadArtifact(
            "\"" + Printable(path + one.name) + "\" is " +
            (S_ISLNK(one.info.st_mode) ? "a symbolic link" : "a device, a pipe or a socket") +
            ", and only files and folders can be in one");
      }
    }
    return {};
  }

  Status AddSubfolder(int parent, const std::string& path, const std::string& name) {
    const Fd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return errno == ELOOP || errno == ENOTDIR ? Changed(path) : CannotRead(path, errno);
    NS_TRY(Header(path + "/", AE_IFDIR, 0755, 0));
    return AddFolder(fd.get(), path + "/");
  }

  Status AddFile(int parent, const std::string& path, const std::string& name) {
    // Not blocking: it may have become a pipe.
    const Fd fd(::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return errno == ELOOP ? Changed(path) : CannotRead(path, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return CannotRead(path, errno);
    if (!S_ISREG(info.st_mode)) return Changed(path);
    const auto size = static_cast<uint64_t>(info.st_size);
    if (size > limits_.bytes - bytes_)
      return TooLarge("its files have more than " + std::to_string(limits_.bytes) + " bytes");
    bytes_ += size;
    NS_TRY(Header(path, AE_IFREG, info.st_mode & 0100 ? 0755 : 0644, info.st_size));
    return Copy(fd.get(), path, size);
  }

  Status Header(const std::string& path, unsigned kind, unsigned mode, int64_t size) {
    if (++done_.entries > limits_.entries)
      return TooLarge("it has more than " + std::to_string(limits_.entries) + " entries");
    NS_TRY(CheckRoom(kMostHeader + path.size()));
    const std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
    if (!entry) throw std::bad_alloc();
    ::archive_entry_set_pathname(entry.get(), path.c_str());
    ::archive_entry_set_filetype(entry.get(), kind);
    ::archive_entry_set_perm(entry.get(), static_cast<mode_t>(mode));
    ::archive_entry_set_size(entry.get(), size);
    ::archive_entry_set_mtime(entry.get(), 0, 0);
    return Check(::archive_write_header(writer_.get(), entry.get()));
  }

  Status Copy(int fd, const std::string& path, uint64_t size) {
    while (size > 0) {
      const size_t want = std::min<uint64_t>(buffer_.size(), size);
      const ssize_t got = ::read(fd, buffer_.data(), want);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return CannotRead(path, errno);
      if (got == 0) return Changed(path);
      NS_TRY(Write({buffer_.data(), static_cast<size_t>(got)}));
      size -= static_cast<uint64_t>(got);
    }
    return {};
  }

  Status Write(std::string_view bytes) {
    NS_TRY(CheckRoom(bytes.size()));
    const la_ssize_t written = ::archive_write_data(writer_.get(), bytes.data(), bytes.size());
    return Check(written < 0 ? ARCHIVE_FATAL : ARCHIVE_OK);
  }

  // Whether so many more bytes of the tar may come, by what Unpack will see of them. What is still
  // in buffers makes it look worse than it is, never better: who reads that far has read at least
  // what has come out before.
  Status CheckRoom(uint64_t more) const {
    const uint64_t raw = static_cast<uint64_t>(::archive_filter_bytes(writer_.get(), 0)) + more;
    NS_TRY(CheckTarBytes(raw, limits_));
    return CheckRatio(raw, done_.size, limits_);
  }

  const Sink& sink_;
  const Limits& limits_;
  Status failed_;  // of the sink
  bool ended_ = false;
  Packed done_;
  uint64_t bytes_ = 0;  // of the files
  Sha256 digest_;
  std::unique_ptr<::archive, FreeWriter> writer_;
  std::string buffer_;
};

}  // namespace

Result<Packed> Pack(const std::string& folder, const Sink& sink, const Limits& limits) {
  const Utf8Locale utf8;
  NS_TRY(utf8.Check());
  return Packing(sink, limits).Run(folder);
}

}  // namespace ns::archive
