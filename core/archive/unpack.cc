#include "archive/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "archive/entry_name.h"
#include "archive/folder_writer.h"
#include "archive/tar_bytes.h"
#include "archive/utf8_locale.h"

namespace ns::archive {
namespace {

struct FreeReader {
  void operator()(::archive* reader) const { ::archive_read_free(reader); }
};

class Unpacking {
 public:
  Unpacking(const Source& source, FolderWriter writer, Format format, const Limits& limits)
      : limits_(limits),
        bytes_(source, format == Format::kTarGz, limits),
        writer_(std::move(writer)),
        reader_(::archive_read_new()) {
    if (!reader_) throw std::bad_alloc();
  }

  Result<Unpacked> Run() {
    NS_TRY(Check(::archive_read_support_format_tar(reader_.get())));
    NS_TRY(Check(::archive_read_open(reader_.get(), this, nullptr, &Unpacking::Give, nullptr)));
    for (;;) {
      archive_entry* entry = nullptr;
      const int said = ::archive_read_next_header(reader_.get(), &entry);
      if (said == ARCHIVE_EOF) break;
      NS_TRY(Check(said));
      NS_TRY(Take(entry));
    }
    NS_TRY(bytes_.Finish());
    return done_;
  }

 private:
  // Hands libarchive the next bytes.
  static la_ssize_t Give(::archive*, void* self, const void** to) {
    auto& unpacking = *static_cast<Unpacking*>(self);
    Result<std::string_view> next = unpacking.bytes_.Next();
    if (!next.ok()) {
      unpacking.failed_ = next.status();
      return -1;
    }
    *to = next->data();
    return static_cast<la_ssize_t>(next->size());
  }

  // Anything but plain success is refused: what a reader has to guess about is no artifact.
  Status Check(int said) {
    if (!failed_.ok()) return failed_;
    if (said == ARCHIVE_OK) return {};
    const char* why = ::archive_error_string(reader_.get());
    return BadArtifact("it is no tar that can be read: " + Printable(why ? why : "unknown"));
  }

  Status Take(archive_entry* entry) {
    if (++done_.entries > limits_.entries)
      return TooLarge("it has more than " + std::to_string(limits_.entries) + " entries");
    const char* raw = ::archive_entry_pathname(entry);
    const std::string path = raw ? raw : "";
    NS_ASSIGN(const std::vector<std::string> names, NamesOf(path, limits_));
    NS_TRY(CheckKind(entry, path));
    if (::archive_entry_filetype(entry) == AE_IFDIR) return writer_.MakeFolder(names);
    return TakeFile(entry, path, names);
  }

  static Status CheckKind(archive_entry* entry, const std::string& path) {
    const auto kind = ::archive_entry_filetype(entry);
    const char* what = nullptr;
    if (::archive_entry_hardlink(entry))
      what = "a hard link";
    else if (kind == AE_IFLNK || ::archive_entry_symlink(entry))
      what = "a symbolic link";
    else if (kind != AE_IFREG && kind != AE_IFDIR)
      what = "a device, a pipe or a socket";
    if (!what) return {};
    return BadArtifact("\"" + Printable(path) + "\" is " + what +
                       ", and only files and folders can be in one");
  }

  Status TakeFile(archive_entry* entry, const std::string& path,
                  const std::vector<std::string>& names) {
    const int64_t size = ::archive_entry_size(entry);
    if (size < 0) return BadArtifact("\"" + Printable(path) + "\" has no size");
    if (static_cast<uint64_t>(size) > limits_.bytes - done_.bytes)
      return TooLarge("its files have more than " + std::to_string(limits_.bytes) + " bytes");
    NS_TRY(writer_.CreateFile(names, (::archive_entry_perm(entry) & 0100) != 0));
    NS_TRY(Copy(path, size));
    done_.bytes += static_cast<uint64_t>(size);
    return writer_.CloseFile();
  }

  // The bytes of a file, which are `size` without a hole.
  Status Copy(const std::string& path, int64_t size) {
    int64_t copied = 0;
    for (;;) {
      const void* data = nullptr;
      size_t count = 0;
      la_int64_t offset = 0;
      const int said = ::archive_read_data_block(reader_.get(), &data, &count, &offset);
      if (said != ARCHIVE_EOF) NS_TRY(Check(said));
      if (count > 0 && offset != copied) return Sparse(path);
      if (said == ARCHIVE_EOF) return copied == size ? Status() : Sparse(path);
      copied += static_cast<int64_t>(count);
      if (copied > size) return Sparse(path);
      NS_TRY(writer_.Write({static_cast<const char*>(data), count}));
    }
  }

  static Status Sparse(const std::string& path) {
    return BadArtifact("\"" + Printable(path) + "\" is sparse, or not as long as it says");
  }

  const Limits& limits_;
  TarBytes bytes_;
  FolderWriter writer_;
  Status failed_;  // of bytes_
  Unpacked done_;
  std::unique_ptr<::archive, FreeReader> reader_;
};

}  // namespace

Result<Unpacked> Unpack(const Source& source, const std::string& folder, Format format,
                        const Limits& limits) {
  const Utf8Locale utf8;
  NS_TRY(utf8.Check());
  NS_ASSIGN(FolderWriter writer, FolderWriter::Open(folder, limits.entries));
  return Unpacking(source, std::move(writer), format, limits).Run();
}

}  // namespace ns::archive
