// ns.host.state/1: one file for each key, in folder .ns-state of the instance's data folder.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "ns/sdk/text.h"
#include "plugin/file_check.h"
#include "plugin/host_context.h"

namespace ns::plugin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestKey = 100, kLargestValue = 64 * 1024;

std::string FolderOf(const ns_host* host) { return ContextOf(host).data_dir + "/.ns-state"; }

bool IsKeyText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Status CheckKey(std::string_view key) {
  if (!key.empty() && key.size() <= kLongestKey && IsKeyText(key)) return {};
  return Invalid("a key of ns.host.state/1 is 1 to 100 of [A-Za-z0-9._-]");
}

Status Failed(const std::string& what) {
  return {errno == ENOSPC ? Code::kExhausted : Code::kUnavailable,
          what + ": " + std::strerror(errno)};
}

// Makes what was renamed or removed in the folder outlive a power cut.
Status SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("opening " + folder);
  const bool done = ::fsync(fd) == 0;
  ::close(fd);
  return done ? Status() : Failed("syncing " + folder);
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
  }
  return ::fsync(fd) == 0;
}

Status Replace(const std::string& folder, const std::string& path, std::string_view value) {
  std::string temporary = folder + "/t-XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Failed("making a file in " + folder);
  const bool written = WriteAll(fd, value);
  ::close(fd);
  if (written && ::rename(temporary.c_str(), path.c_str()) == 0) return SyncFolder(folder);
  const Status status = Failed("writing " + path);
  ::unlink(temporary.c_str());
  return status;
}

Status PutValue(const ns_host* host, std::string_view key, std::string_view value) {
  NS_TRY(CheckKey(key));
  if (value.size() > kLargestValue) return Invalid("a value of ns.host.state/1 is at most 64 KiB");
  const std::string folder = FolderOf(host);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return Failed("making " + folder);
  const std::string path = folder + "/k-" + std::string(key);
  if (!value.empty()) return Replace(folder, path, value);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Failed("removing " + path);
  return SyncFolder(folder);
}

Result<std::string> GetValue(const ns_host* host, std::string_view key) {
  NS_TRY(CheckKey(key));
  const std::string path = FolderOf(host) + "/k-" + std::string(key);
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
    return NotFound("there is no value of that key");
  return ReadWhole(path);
}

// All of them or none: a part would be taken for the whole.
Result<std::vector<std::string>> KeysOf(const ns_host* host, std::string_view prefix) {
  std::vector<std::string> keys;
  const std::string folder = FolderOf(host);
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with("k-") && std::string_view(name).substr(2).starts_with(prefix))
      keys.push_back(name.substr(2));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return Unavailable("listing " + folder + ": " + error.message());
  std::sort(keys.begin(), keys.end());
  return keys;
}

ns_status Put(const ns_host* host, const ns_call* call, ns_str key, ns_bytes value) noexcept {
  return Refuse(call, PutValue(host, sdk::View(key), sdk::View(value)));
}

ns_status Get(const ns_host* host, const ns_call* call, ns_str key, ns_sink out) noexcept {
  const auto value = GetValue(host, sdk::View(key));
  return value.ok() ? out.write(out.ctx, sdk::Bytes(*value)) : Refuse(call, value.status());
}

ns_status List(const ns_host* host, const ns_call* call, ns_str prefix, ns_sink out) noexcept {
  const auto keys = KeysOf(host, sdk::View(prefix));
  if (!keys.ok()) return Refuse(call, keys.status());
  for (const std::string& key : *keys) {
    if (const ns_status status = out.write(out.ctx, sdk::Bytes(key)); status != NS_OK)
      return status;
  }
  return NS_OK;
}

}  // namespace

const ns_host_state& StateTable() {
  static constexpr ns_host_state kTable = {sizeof(ns_host_state), 0, &Put, &Get, &List};
  return kTable;
}

}  // namespace ns::plugin
