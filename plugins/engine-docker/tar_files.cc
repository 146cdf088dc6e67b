#include "tar_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>

#include "ns/sdk/error.h"

namespace ns::engine_docker {
namespace {

using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

sdk::Error Broken(const std::string& what, archive* from) {
  const char* words = archive_error_string(from);
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
          what + ": " + (words ? words : "out of memory") + ".", sdk::Fault::kPlatform};
}

la_ssize_t Append(archive*, void* to, const void* bytes, size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// GNU's format takes names as the bytes that they are, whatever the locale.
class Writer {
 public:
  explicit Writer(std::string& out) : raw_(archive_write_new()) {
    archive_write_set_format_gnutar(raw_);
    archive_write_set_bytes_per_block(raw_, 0);
    if (archive_write_open(raw_, &out, nullptr, &Append, nullptr) != ARCHIVE_OK) Fail();
  }
  ~Writer() { archive_write_free(raw_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Head(archive_entry* entry) {
    if (archive_write_header(raw_, entry) < ARCHIVE_WARN) Fail();
  }
  void Data(const void* bytes, size_t size) {
    if (archive_write_data(raw_, bytes, size) < 0) Fail();
  }
  void EndEntry() {
    if (archive_write_finish_entry(raw_) < ARCHIVE_WARN) Fail();
  }
  void End() {
    if (archive_write_close(raw_) != ARCHIVE_OK) Fail();
  }

 private:
  [[noreturn]] void Fail() { throw Broken("An archive for the build cannot be made", raw_); }
  archive* const raw_;
};

std::string_view WithoutDot(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return path;
}

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// The content of the entry that `from` stands at; false where it breaks off.
bool Content(archive* from, size_t most, std::string& text) {
  char buffer[16 << 10];
  for (;;) {
    const la_ssize_t got = archive_read_data(from, buffer, sizeof(buffer));
    if (got == 0) return true;
    if (got < 0 || text.size() + static_cast<size_t>(got) > most) return false;
    text.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

std::string TarOf(const std::vector<TarFile>& files) {
  std::string tar;
  Writer writer(tar);
  for (const TarFile& file : files) {
    const Entry entry(archive_entry_new(), &archive_entry_free);
    const bool folder = file.path.ends_with('/');
    archive_entry_copy_pathname(entry.get(), file.path.c_str());
    archive_entry_set_filetype(entry.get(), folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry.get(), static_cast<mode_t>(file.mode));
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.content.size()));
    archive_entry_set_uid(entry.get(), file.owner.uid);
    archive_entry_set_gid(entry.get(), file.owner.gid);
    writer.Head(entry.get());
    if (!file.content.empty()) writer.Data(file.content.data(), file.content.size());
    writer.EndEntry();
  }
  writer.End();
  return tar;
}

std::map<std::string, std::string> FilesOf(std::string_view tar, size_t most) {
  std::map<std::string, std::string> files;
  const std::unique_ptr<archive, decltype(&archive_read_free)> from(archive_read_new(),
                                                                    &archive_read_free);
  archive_read_support_format_tar(from.get());
  if (archive_read_open_memory(from.get(), tar.data(), tar.size()) != ARCHIVE_OK) return files;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(from.get(), &entry) >= ARCHIVE_WARN) {
    const char* path = archive_entry_pathname(entry);
    if (!path || archive_entry_filetype(entry) != AE_IFREG) continue;
    std::string text;
    if (!Content(from.get(), most, text)) break;
    most -= text.size();
    files[std::string(WithoutDot(path))] = std::move(text);
  }
  return files;
}

struct FolderTar::State {
  State(const std::string& root, const std::string& begin, Owner belongs)
      : folder(WithoutSlash(root)),
        prefix(begin),
        owner(belongs),
        writer(made),
        disk(archive_read_disk_new()) {
    archive_read_disk_set_symlink_physical(disk);
    archive_read_disk_set_behavior(
        disk, ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_ACL | ARCHIVE_READDISK_NO_FFLAGS);
    if (archive_read_disk_open(disk, folder.c_str()) != ARCHIVE_OK) Fail();
  }
  ~State() { archive_read_free(disk); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[noreturn]] void Fail() { throw Broken("The source cannot be read", disk); }

  // Makes some more of the archive.
  void Step() {
    if (in_file) return Piece();
    const int status = archive_read_next_header2(disk, entry.get());
    if (status == ARCHIVE_EOF) {
      ended = true;
      return writer.End();
    }
    if (status < ARCHIVE_WARN) Fail();
    archive_read_disk_descend(disk);
    const auto type = archive_entry_filetype(entry.get());
    if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK) return;
    const std::string path = archive_entry_pathname(entry.get());
    archive_entry_copy_pathname(entry.get(), (prefix + path.substr(folder.size())).c_str());
    archive_entry_set_hardlink(entry.get(), nullptr);
    archive_entry_set_uid(entry.get(), owner.uid);
    archive_entry_set_gid(entry.get(), owner.gid);
    archive_entry_set_uname(entry.get(), nullptr);
    archive_entry_set_gname(entry.get(), nullptr);
    archive_entry_set_perm(entry.get(), archive_entry_perm(entry.get()) & 0777);
    writer.Head(entry.get());
    in_file = type == AE_IFREG && archive_entry_size(entry.get()) > 0;
    if (!in_file) writer.EndEntry();
  }

  void Piece() {
    const void* bytes = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(disk, &bytes, &size, &offset);
    if (status != ARCHIVE_OK && status != ARCHIVE_EOF) Fail();
    static const std::string kZeros(64 << 10, '\0');
    for (; written < offset; written += static_cast<la_int64_t>(kZeros.size()))  // holes
      writer.Data(kZeros.data(), std::min<size_t>(kZeros.size(), offset - written));
    written = offset;
    if (size > 0) writer.Data(bytes, size);
    written += static_cast<la_int64_t>(size);
    if (status != ARCHIVE_EOF) return;
    writer.EndEntry();  // fills up what a hole at its end leaves
    in_file = false;
    written = 0;
  }

  const std::string folder, prefix;
  const Owner owner;
  std::string made;
  size_t given = 0;
  Writer writer;
  archive* const disk;
  Entry entry{archive_entry_new(), &archive_entry_free};
  la_int64_t written = 0;
  bool in_file = false, ended = false;
};

FolderTar::FolderTar(const std::string& folder, const std::string& prefix, Owner owner)
    : state_(std::make_unique<State>(folder, prefix, owner)) {}
FolderTar::~FolderTar() = default;

size_t FolderTar::Read(char* to, size_t most) {
  State& state = *state_;
  while (state.given == state.made.size()) {
    state.made.clear();
    state.given = 0;
    if (state.ended) return 0;
    state.Step();
  }
  const size_t size = state.made.copy(to, most, state.given);
  state.given += size;
  return size;
}

}  // namespace ns::engine_docker
