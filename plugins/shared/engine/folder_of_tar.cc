#include "engine/folder_of_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <filesystem>

#include "engine/run.h"

namespace ns::engine {
namespace {

namespace fs = std::filesystem;

// libarchive turns names of pax headers into the process's encoding, which may know ASCII alone.
class Utf8 {
 public:
  Utf8() : own_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (own_) before_ = ::uselocale(own_);
  }
  ~Utf8() {
    if (!own_) return;
    ::uselocale(before_);
    ::freelocale(own_);
  }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

 private:
  const locale_t own_;
  locale_t before_ = nullptr;
};

std::deque<std::string> Parts(const fs::path& path) {
  std::deque<std::string> parts;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty() && part != ".") parts.push_back(part.string());
  }
  return parts;
}

// "./srv/dist/" -> "/srv/dist"; the root is empty.
std::string Absolute(const char* name) {
  std::string path = (fs::path("/") / (name ? name : "")).lexically_normal().string();
  while (path.ends_with('/')) path.pop_back();
  return path;
}

sdk::Error NoArchive(const std::string& why) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
          "What the engine gave of the image is no whole archive: " + why + ".",
          sdk::Fault::kPlatform};
}

}  // namespace

struct FolderOfTar::Reading {
  const Source& source;
  std::exception_ptr failed{};
  std::unique_ptr<::archive, int (*)(::archive*)> reader{::archive_read_new(),
                                                         &::archive_read_free};

  static la_ssize_t Read(::archive*, void* self, const void** data) {
    auto& reading = *static_cast<Reading*>(self);
    try {
      const std::string_view piece = reading.source();
      *data = piece.data();
      return static_cast<la_ssize_t>(piece.size());
    } catch (...) {
      reading.failed = std::current_exception();
      return -1;
    }
  }
  void Check(int said) const {
    if (failed) std::rethrow_exception(failed);
    if (said >= ARCHIVE_WARN) return;
    const char* why = ::archive_error_string(reader.get());
    throw NoArchive(why ? why : "unknown");
  }
};

FolderOfTar::FolderOfTar(const std::string& path, const sdk::ByteSink& sink)
    : path_(path), rest_(Parts(path)), writer_(sink) {}

bool FolderOfTar::Pass(const Source& source) {
  const Utf8 locale;
  Reading reading{source};
  ::archive* reader = reading.reader.get();
  reading.Check(::archive_read_support_format_tar(reader));
  reading.Check(::archive_read_open(reader, &reading, nullptr, &Reading::Read, nullptr));
  const size_t links = followed_.size();
  const bool had_folder = given_;
  begun_ = Resolved() && !given_;
  if (begun_) writer_.Put({"./", S_IFDIR, 0755});
  for (archive_entry* entry = nullptr;;) {
    const int said = ::archive_read_next_header(reader, &entry);
    reading.Check(said);
    if (said == ARCHIVE_EOF) break;
    Take(reading, entry);
  }
  if (!Resolved() && followed_.size() == links) throw ArtifactMissing(path_, Next());
  given_ = given_ || begun_;
  // What was outside of the folder in an archive is so in the next one.
  if (had_folder && !outsiders_.empty()) throw NoArchive("it is another one than before");
  if (!given_ || !outsiders_.empty()) return false;
  writer_.Finish();
  return true;
}

void FolderOfTar::Take(Reading& reading, ::archive_entry* entry) {
  const std::string at = Absolute(::archive_entry_pathname(entry));
  if (given_) return GiveOutsider(reading, entry, at);
  if (!Resolved() && at == Next()) {
    bool found = false;
    Resolve(entry, at, found);
    if (found && Resolved()) {
      begun_ = true;
      Give(reading, entry, at);
    }
    return;
  }
  if (begun_ && at != folder_ && Below(folder_, at)) Give(reading, entry, at);
}

void FolderOfTar::Resolve(::archive_entry* entry, const std::string& at, bool& found) {
  const char* target = ::archive_entry_symlink(entry);
  if (target) return Follow(at, target);
  if (::archive_entry_filetype(entry) != AE_IFDIR) throw ArtifactNoFolder(path_, at);
  folder_ = at;
  rest_.pop_front();
  found = true;
}

void FolderOfTar::Follow(const std::string& at, const std::string& target) {
  if (!followed_.insert(at).second) throw ArtifactMissing(path_, at);  // they lead in a circle
  const std::string to = Absolute(
      (target.starts_with('/') ? fs::path(target) : fs::path(folder_ + "/") / target).c_str());
  if (!Below(folder_, to)) throw ArtifactLinksOut(path_, at, to.empty() ? "/" : to, folder_);
  rest_.pop_front();
  std::deque<std::string> parts = Parts(to.substr(folder_.size()));
  rest_.insert(rest_.begin(), parts.begin(), parts.end());
}

void FolderOfTar::Give(Reading& reading, ::archive_entry* entry, const std::string& at) {
  TarEntry out;
  out.name = NameOf(at);
  out.type = ::archive_entry_filetype(entry);
  out.mode = ::archive_entry_perm(entry);
  out.modified = ::archive_entry_mtime(entry);
  out.major = static_cast<uint32_t>(::archive_entry_rdevmajor(entry));
  out.minor = static_cast<uint32_t>(::archive_entry_rdevminor(entry));
  if (S_ISDIR(out.type)) out.name += "/";
  if (const char* same = ::archive_entry_hardlink(entry)) {
    const std::string other = Absolute(same);
    if (!Below(folder_, other)) {
      outsiders_[other].push_back(out.name);
      return;
    }
    out.type = S_IFREG;
    out.same_as = NameOf(other);
    return writer_.Put(out);
  }
  if (const char* target = ::archive_entry_symlink(entry)) out.link = target;
  out.size = ::archive_entry_size(entry);
  writer_.Put(out);
  if (S_ISREG(out.type)) Copy(reading);
}

// The first of its names gets the content, the others are links to that one.
void FolderOfTar::GiveOutsider(Reading& reading, ::archive_entry* entry, const std::string& at) {
  const auto found = outsiders_.find(at);
  if (found == outsiders_.end() || ::archive_entry_hardlink(entry)) return;
  const std::vector<std::string> names = std::move(found->second);
  outsiders_.erase(found);
  TarEntry out;
  out.name = names.front();
  out.mode = ::archive_entry_perm(entry);
  out.modified = ::archive_entry_mtime(entry);
  out.size = ::archive_entry_size(entry);
  writer_.Put(out);
  Copy(reading);
  out.same_as = names.front();
  for (size_t i = 1; i < names.size(); ++i) {
    out.name = names[i];
    writer_.Put(out);
  }
}

void FolderOfTar::Copy(Reading& reading) {
  const void* data = nullptr;
  size_t size = 0;
  int64_t offset = 0, done = 0;
  static const std::string kZeros(64 << 10, '\0');
  for (;;) {
    const int said = ::archive_read_data_block(reading.reader.get(), &data, &size, &offset);
    reading.Check(said);
    if (said == ARCHIVE_EOF) return;
    for (; done < offset; done += std::min<int64_t>(offset - done, kZeros.size()))
      writer_.Data(std::string_view(kZeros).substr(0, offset - done));
    writer_.Data({static_cast<const char*>(data), size});
    done = offset + static_cast<int64_t>(size);
  }
}

}  // namespace ns::engine
