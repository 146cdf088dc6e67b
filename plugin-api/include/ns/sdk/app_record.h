// What a rollout backend keeps of each application in the data folder of its instance: the highest
// fence, a lock, and what was last asked.
//
//   <folder>/<app>.fence   the highest fence that anybody brought; stays after removal; changed
//   under flock(), in one write <folder>/<app>.lock    flock() is held by whoever rolls out or
//   removes <folder>/<app>.state   the AppRecord; written whole and renamed
//
// A newer call raises the fence first and waits for the lock then, so that the older one sees that
// it is out of date and lets go. Window: a process that is stopped between looking at the fence and
// its next act acts once with an old fence; the newer call mends that.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "ns/sdk/status.h"

namespace ns::sdk {

struct AppRecord {
  // What was last asked for.
  Fence fence;
  AppState state = AppState::kStopped;
  std::string key, run_key, route_key;
  int wanted = 0;
  // How far that came.
  bool settled = false;           // reached; false while a rollout is under way or has failed
  std::string written_route_key;  // of the routes in force
  std::set<std::string> targets;  // replicas that these routes lead to
  std::string site_run_key;       // of the static site that they lead to; empty: to none
  std::map<std::string, int64_t> draining_since;  // replica -> ns since boot
  std::string failure_reason, failure_message;    // of the last rollout
  std::string mended;  // what somebody had changed by hand and was put right last
  int64_t mended_at_us = 0;
  std::vector<Phase> phases;
  std::map<std::string, std::string> notes;  // the backend's own
  friend bool operator==(const AppRecord&, const AppRecord&) = default;
};

namespace detail {

// Text on one line without spaces.
inline std::string Escape(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : text) {
    if (c > ' ' && c != '%' && c < 127)
      out += static_cast<char>(c);
    else
      (out += '%', out += kHex[c >> 4], out += kHex[c & 15]);
  }
  return out;
}

inline std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ec == std::errc()) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

inline int64_t Number(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

inline void Field(std::string& out, std::string_view name, std::string_view first,
                  std::string_view second = {}) {
  (out += name) += ' ';
  out += Escape(first);
  if (!second.empty()) (out += ' ') += Escape(second);
  out += '\n';
}

inline void TakeField(AppRecord& record, const std::string& name, const std::string& first,
                      const std::string& second) {
  if (name == "fence")
    record.fence = {Number(first), Number(second)};
  else if (name == "state")
    record.state = static_cast<AppState>(Number(first));
  else if (name == "key")
    record.key = first;
  else if (name == "run_key")
    record.run_key = first;
  else if (name == "route_key")
    record.route_key = first;
  else if (name == "wanted")
    record.wanted = static_cast<int>(Number(first));
  else if (name == "settled")
    record.settled = first == "1";
  else if (name == "written_route_key")
    record.written_route_key = first;
  else if (name == "site_run_key")
    record.site_run_key = first;
  else if (name == "target")
    record.targets.insert(first);
  else if (name == "draining")
    record.draining_since[first] = Number(second);
  else if (name == "failure")
    record.failure_reason = first, record.failure_message = second;
  else if (name == "mended")
    record.mended_at_us = Number(first), record.mended = second;
  else if (name == "phase")
    record.phases.push_back({first, UtcTime(std::chrono::microseconds(Number(second)))});
  else if (name == "note")
    record.notes[first] = second;
}

}  // namespace detail

inline std::string Encode(const AppRecord& record) {
  using detail::Field;
  std::string out;
  Field(out, "fence", std::to_string(record.fence.epoch), std::to_string(record.fence.generation));
  Field(out, "state", std::to_string(static_cast<int>(record.state)));
  Field(out, "key", record.key);
  Field(out, "run_key", record.run_key);
  Field(out, "route_key", record.route_key);
  Field(out, "wanted", std::to_string(record.wanted));
  Field(out, "settled", record.settled ? "1" : "0");
  Field(out, "written_route_key", record.written_route_key);
  for (const std::string& target : record.targets) Field(out, "target", target);
  Field(out, "site_run_key", record.site_run_key);
  for (const auto& [id, since] : record.draining_since)
    Field(out, "draining", id, std::to_string(since));
  Field(out, "failure", record.failure_reason, record.failure_message);
  Field(out, "mended", std::to_string(record.mended_at_us), record.mended);
  for (const Phase& phase : record.phases)
    Field(out, "phase", phase.name, std::to_string(phase.at.time_since_epoch().count()));
  for (const auto& [key, value] : record.notes) Field(out, "note", key, value);
  return out;
}

// Unknown lines are passed over, so that an older plugin reads what a newer one wrote.
inline AppRecord DecodeAppRecord(const std::string& text) {
  AppRecord record;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t name = line.find(' ');
    if (name == std::string::npos) continue;
    const size_t end = line.find(' ', name + 1);
    const std::string first =
        line.substr(name + 1, end == std::string::npos ? end : end - name - 1);
    const std::string second = end == std::string::npos ? "" : line.substr(end + 1);
    detail::TakeField(record, line.substr(0, name), detail::Unescape(first),
                      detail::Unescape(second));
  }
  return record;
}

// A lock that is held until the end of its owner.
class Held {
 public:
  Held() = default;
  virtual ~Held() = default;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
};

// What a rollout backend keeps of all applications of one instance, seen by every process of the
// machine. [any-thread]
class Records {
 public:
  virtual ~Records() = default;
  // Raises the fence. Throws NS_E_STALE when a higher one is known.
  virtual void Raise(const std::string& app, const Fence& fence) const = 0;
  // The highest fence known; {0, 0} for an application never heard of.
  virtual Fence Highest(const std::string& app) const = 0;
  // Waits for the lock; throws when the call is over or a higher fence comes. A process that dies
  // lets go.
  virtual std::unique_ptr<Held> Lock(const Call& call, const std::string& app,
                                     const Fence& fence) const = 0;
  virtual AppRecord Read(const std::string& app) const = 0;
  virtual bool Has(const std::string& app) const = 0;
  // Durable when it returns; a reader sees the old or the new one.
  virtual void Write(const std::string& app, const AppRecord& record) const = 0;
  // Forgets all but the fence.
  virtual void Forget(const std::string& app) const = 0;

  static Error Stale(const std::string& app) {
    return Error(
        NS_E_STALE, NS_REASON_STALE_FENCE,
        "Application " + app + " has been asked for with a newer fence; this one is out of date.",
        Fault::kPlatform);
  }
};

namespace detail {

inline Error FileTrouble(const std::string& what, const std::string& path, int error) {
  return Error(NS_E_INTERNAL, "", "Cannot " + what + " " + path + ": " + ::strerror(error) + ".",
               Fault::kOperator);
}

// What an open file has from where it stands; errno tells why when it cannot be read: nullopt.
inline std::optional<std::string> ReadRest(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(fd, buffer, sizeof(buffer))) > 0 || (count < 0 && errno == EINTR)) {
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
  }
  return count < 0 ? std::nullopt : std::optional(std::move(text));
}

// The whole of a file; empty when there is none. Whatever else keeps it from being read throws:
// what cannot be read is not absent.
inline std::string ReadWhole(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return "";
  if (fd < 0) throw FileTrouble("open", path, errno);
  std::optional<std::string> text = ReadRest(fd);
  const int error = errno;
  ::close(fd);
  if (!text) throw FileTrouble("read", path, error);
  return *std::move(text);
}

// Of the text of a fence file; a new one is empty.
inline Fence FenceFrom(const std::string& text, const std::string& path) {
  long long epoch = 0, generation = 0;
  if (text.empty()) return {};
  if (::sscanf(text.c_str(), "%lld %lld", &epoch, &generation) != 2)
    throw Error(NS_E_INTERNAL, "",
                path +
                    " holds no fence: put back what stood there, or delete it once no older host "
                    "can come back.",
                Fault::kOperator);
  return {epoch, generation};
}

}  // namespace detail

// An open file that is closed, and with that unlocked, at the end.
class LockedFile final : public Held {
 public:
  explicit LockedFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw detail::FileTrouble("open", path, errno);
  }
  ~LockedFile() override { ::close(fd_); }

  int fd() const { return fd_; }
  // False: somebody else has it.
  bool Try() const { return ::flock(fd_, LOCK_EX | LOCK_NB) == 0; }
  void Lock() const {
    while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }

 private:
  int fd_;
};

// Records as files.
class AppRecords final : public Records {
 public:
  AppRecords() = default;
  // `folder` is made when it is not there.
  explicit AppRecords(std::string folder) : folder_(std::move(folder)) {
    ::mkdir(folder_.c_str(), 0700);
  }

  void Raise(const std::string& app, const Fence& fence) const override {
    const std::string path = Path(app, ".fence");
    const LockedFile file(path);
    file.Lock();
    const std::optional<std::string> text = detail::ReadRest(file.fd());
    if (!text) throw detail::FileTrouble("read", path, errno);
    const Fence known = detail::FenceFrom(*text, path);
    if (fence < known) throw Stale(app);
    if (fence > known) WriteFence(file.fd(), fence);
    if (known == Fence{}) SyncFolder();
  }
  Fence Highest(const std::string& app) const override {
    const std::string path = Path(app, ".fence");
    return detail::FenceFrom(detail::ReadWhole(path), path);
  }
  std::unique_ptr<Held> Lock(const Call& call, const std::string& app,
                             const Fence& fence) const override {
    auto file = std::make_unique<LockedFile>(Path(app, ".lock"));
    while (!file->Try()) {
      call.Wait(std::chrono::milliseconds(20));
      if (Highest(app) > fence) throw Stale(app);
    }
    return file;
  }

  AppRecord Read(const std::string& app) const override {
    return DecodeAppRecord(detail::ReadWhole(Path(app, ".state")));
  }
  bool Has(const std::string& app) const override {
    return ::access(Path(app, ".state").c_str(), F_OK) == 0;
  }
  void Write(const std::string& app, const AppRecord& record) const override {
    WriteWhole(Path(app, ".state"), Encode(record));
    SyncFolder();
  }
  void Forget(const std::string& app) const override {
    ::unlink(Path(app, ".state").c_str());
    SyncFolder();
  }

  // Writes a file beside `path`, makes it durable and renames it, so that a reader sees the old or
  // the new one.
  static void WriteWhole(const std::string& path, std::string_view text, mode_t mode = 0600) {
    const std::string beside = path + ".new";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    bool done = fd >= 0;
    for (size_t at = 0; done && at < text.size();) {
      const ssize_t count = ::write(fd, text.data() + at, text.size() - at);
      if (count < 0 && errno == EINTR) continue;
      done = count > 0;
      at += done ? static_cast<size_t>(count) : 0;
    }
    done = done && ::fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!done || ::rename(beside.c_str(), path.c_str()) != 0)
      throw detail::FileTrouble("write", path, done ? errno : error);
  }

 private:
  // Makes what was made, renamed or removed in the folder outlive a power cut.
  void SyncFolder() const {
    const int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd >= 0 && ::fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!done) throw detail::FileTrouble("sync", folder_, error);
  }
  // Ids come from the host; one that is no plain word would name a file elsewhere.
  std::string Path(const std::string& app, const char* ending) const {
    const bool plain = !app.empty() && app.size() <= 100 &&
                       std::all_of(app.begin(), app.end(), [](unsigned char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
                       });
    if (!plain)
      throw Error(NS_E_INVALID, "", "An application id has 1 to 100 of A-Z, a-z, 0-9, '-' and '_'.",
                  Fault::kPlatform);
    return folder_ + "/" + app + ending;
  }
  static void WriteFence(int fd, const Fence& fence) {
    char text[64];
    const int size =
        ::snprintf(text, sizeof(text), "%020lld %020lld\n", static_cast<long long>(fence.epoch),
                   static_cast<long long>(fence.generation));
    if (::pwrite(fd, text, static_cast<size_t>(size), 0) != size || ::fdatasync(fd) != 0)
      throw Error(NS_E_INTERNAL, "", std::string("Cannot keep a fence: ") + ::strerror(errno) + ".",
                  Fault::kOperator);
  }

  std::string folder_;
};

}  // namespace ns::sdk
