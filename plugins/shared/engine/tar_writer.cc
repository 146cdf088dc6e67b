#include "engine/tar_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/sysmacros.h>

#include "engine/run.h"

namespace ns::engine {

void TarWriter::Free::operator()(::archive* writer) const { ::archive_write_free(writer); }

// GNU's format holds names of any length and bytes as they are.
TarWriter::TarWriter(const sdk::ByteSink& sink) : sink_(sink), writer_(::archive_write_new()) {
  ::archive* writer = writer_.get();
  Check(::archive_write_set_format_gnutar(writer));
  Check(::archive_write_set_bytes_per_block(writer, 64 << 10));
  Check(::archive_write_set_bytes_in_last_block(writer, 512));
  Check(::archive_write_open(writer, this, nullptr, &TarWriter::Take, nullptr));
}

TarWriter::~TarWriter() { ended_ = true; }

ssize_t TarWriter::Take(::archive*, void* self, const void* data, size_t size) {
  auto& writer = *static_cast<TarWriter*>(self);
  if (writer.ended_) return -1;  // the end that freeing would write
  try {
    writer.sink_.Write({static_cast<const char*>(data), size});
  } catch (...) {
    writer.failed_ = std::current_exception();
    writer.ended_ = true;
    return -1;
  }
  writer.bytes_ += static_cast<int64_t>(size);
  return static_cast<ssize_t>(size);
}

void TarWriter::Check(ssize_t said) {
  if (failed_) std::rethrow_exception(failed_);
  if (said >= ARCHIVE_WARN) return;
  const char* why = ::archive_error_string(writer_.get());
  throw sdk::Error(NS_E_INTERNAL, NS_REASON_DEFECT,
                   std::string("The archive cannot be written: ") + (why ? why : "unknown") + ".",
                   sdk::Fault::kPlatform);
}

void TarWriter::Put(const TarEntry& from) {
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(),
                                                                       &::archive_entry_free);
  ::archive_entry_copy_pathname(entry.get(), from.name.c_str());
  ::archive_entry_set_filetype(entry.get(), from.type);
  ::archive_entry_set_perm(entry.get(), from.mode & 07777);
  ::archive_entry_set_mtime(entry.get(), from.modified, 0);
  ::archive_entry_set_size(entry.get(), 0);
  if (!from.same_as.empty()) {
    ::archive_entry_copy_hardlink(entry.get(), from.same_as.c_str());
  } else if (S_ISLNK(from.type)) {
    ::archive_entry_copy_symlink(entry.get(), from.link.c_str());
  } else if (S_ISREG(from.type)) {
    ::archive_entry_set_size(entry.get(), from.size);
  } else if (S_ISCHR(from.type) || S_ISBLK(from.type)) {
    ::archive_entry_set_rdev(entry.get(), makedev(from.major, from.minor));
  }
  Check(::archive_write_header(writer_.get(), entry.get()));
}

void TarWriter::Data(std::string_view bytes) {
  Check(::archive_write_data(writer_.get(), bytes.data(), bytes.size()));
}

void TarWriter::Finish() {
  Check(::archive_write_close(writer_.get()));
  ended_ = true;
}

}  // namespace ns::engine
