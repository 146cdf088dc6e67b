#include "local_storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <utility>

#include "digest/digest.h"
#include "walk.h"

namespace ns::storage_local {
namespace {

namespace json = boost::json;
using sdk::Call;
using sdk::Error;

constexpr size_t kPiece = 256u << 10;
constexpr int kTries = 100;  // others may remove the folders that a put has just made
constexpr char kTemporary[] = ".new";

Error Invalid(const std::string& what) {
  return Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator);
}

Fd OpenOrMakeRoot(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) throw FileError(path, errno);
  Fd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw FileError(path, errno);
  return root;
}

}  // namespace

Config ParseConfig(const std::string& text, const std::string& otherwise) {
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Invalid("The configuration of storage-local is no JSON object.");
  Config config;
  if (const json::value* path = value.get_object().if_contains("path"); path && path->is_string())
    config.path = std::string(path->get_string());
  if (config.path.empty()) config.path = otherwise;
  if (!config.path.starts_with('/'))
    throw Invalid("path is \"" + config.path + "\"; it must be an absolute path.");
  if (const json::value* free = value.get_object().if_contains("keep_free")) {
    if (!free->is_int64() || free->get_int64() < 0)
      throw Invalid("keep_free is no number of bytes.");
    config.keep_free = static_cast<uint64_t>(free->get_int64());
  }
  return config;
}

LocalStorage::LocalStorage(const sdk::Setup& setup)
    : config_(ParseConfig(setup.config, setup.host.data_dir())) {}

void LocalStorage::Activate(const Call&) {
  root_ = OpenOrMakeRoot(config_.path);
  temporary_ = OpenOrMakeRoot(config_.path + "/" + kTemporary);
  Sweep(temporary_.get());
}

void LocalStorage::Deactivate() {
  root_ = Fd();
  temporary_ = Fd();
}

void LocalStorage::CheckRoom(uint64_t size) const {
  struct statvfs disk {};
  if (::fstatvfs(root_.get(), &disk) != 0) throw FileError(config_.path, errno);
  const uint64_t free = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  if (free >= config_.keep_free && free - config_.keep_free >= size) return;
  const std::string needed = size > 0 ? std::to_string(size) + " are needed and " : "";
  throw Error(NS_E_UNAVAILABLE, NS_REASON_DISK_FULL,
              config_.path + " has " + std::to_string(free) + " bytes free, and " + needed +
                  std::to_string(config_.keep_free) + " shall stay free. Make room.",
              sdk::Fault::kPlatform);
}

void LocalStorage::Put(const Call& call, const sdk::Object& object, const sdk::ByteSource& bytes) {
  CheckRoom(object.size);
  Temporary file(temporary_.get());
  digest::Incoming incoming(object, bytes);
  std::string piece(kPiece, '\0');
  while (const size_t got = incoming.Read(piece.data(), piece.size())) {
    call.Check();
    file.Write({piece.data(), got});
  }
  file.Sync();
  call.Check();
  Settle(file, object.key);
}

void LocalStorage::Settle(Temporary& file, const std::string& key) {
  std::vector<std::string> names = NamesOf(key);
  const std::string name = std::move(names.back());
  names.pop_back();
  for (int i = 0; i < kTries; ++i) {
    const Fd folder = MakeFolder(root_.get(), names);
    if (folder && file.MoveTo(folder.get(), name)) return;
  }
  throw FileError("the folder of " + key, ENOENT);
}

Fd LocalStorage::Open(const std::string& key, uint64_t& size) const {
  std::vector<std::string> names = NamesOf(key);
  const std::string name = std::move(names.back());
  names.pop_back();
  const Fd folder = OpenFolder(root_.get(), names);
  if (!folder) throw sdk::ObjectMissing(key);
  Fd file(::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) throw sdk::ObjectMissing(key);
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0) throw FileError(key, errno);
  if (!S_ISREG(info.st_mode)) throw sdk::ObjectMissing(key);
  size = static_cast<uint64_t>(info.st_size);
  return file;
}

void LocalStorage::Get(const Call& call, const sdk::ObjectRange& range, const sdk::ByteSink& out) {
  uint64_t size = 0;
  const Fd file = Open(range.key, size);
  if (range.offset > size) throw sdk::BeyondTheEnd(range, size);
  uint64_t left = std::min(range.length, size - range.offset);
  std::string piece(static_cast<size_t>(std::min<uint64_t>(kPiece, left)), '\0');
  for (auto at = static_cast<off_t>(range.offset); left > 0;) {
    call.Check();
    const size_t want = static_cast<size_t>(std::min<uint64_t>(piece.size(), left));
    const ssize_t got = ::pread(file.get(), piece.data(), want, at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw FileError(range.key, got < 0 ? errno : EIO);
    out.Write({piece.data(), static_cast<size_t>(got)});
    at += got;
    left -= static_cast<uint64_t>(got);
  }
}

sdk::ObjectInfo LocalStorage::Stat(const Call&, const std::string& key) {
  uint64_t size = 0;
  Open(key, size);
  return {key, size};
}

void LocalStorage::Remove(const Call&, const std::string& key) {
  std::vector<std::string> names = NamesOf(key);
  const std::string name = std::move(names.back());
  names.pop_back();
  const Fd folder = OpenFolder(root_.get(), names);
  if (!folder) return;
  if (::unlinkat(folder.get(), name.c_str(), 0) != 0) {
    if (errno == ENOENT || errno == EISDIR) return;
    throw FileError(key, errno);
  }
  if (::fsync(folder.get()) != 0) throw FileError("the folder of " + key, errno);
  // Folders that are empty now go as well; one that is not, or is used again, stays.
  for (; !names.empty(); names.pop_back()) {
    const std::vector<std::string> above(names.begin(), names.end() - 1);
    const Fd parent = OpenFolder(root_.get(), above);
    if (!parent || ::unlinkat(parent.get(), names.back().c_str(), AT_REMOVEDIR) != 0) return;
  }
}

void LocalStorage::List(const Call& call, const sdk::ObjectQuery& query,
                        const sdk::ObjectSink& out) {
  Walk(root_.get(), call, query, out);
}

void LocalStorage::Check(const Call&) {
  CheckRoom(0);
  Temporary file(temporary_.get());
  file.Write("can be written");
  file.Sync();
}

}  // namespace ns::storage_local
