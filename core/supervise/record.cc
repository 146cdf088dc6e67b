#include "supervise/record.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>

namespace ns::supervise {
namespace {

constexpr char kSuffix[] = ".record";

std::string ReadAll(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t got = fd ? ::read(fd.get(), text, sizeof text) : 0;
  return std::string(text, got > 0 ? static_cast<size_t>(got) : 0);
}

std::map<std::string, std::string> Fields(const std::string& text) {
  std::map<std::string, std::string> fields;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const size_t equals = line.find('=');
    if (equals != std::string::npos) fields[line.substr(0, equals)] = line.substr(equals + 1);
    at = end + 1;
  }
  return fields;
}

int64_t Number(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string Format(const Record& record) {
  const auto line = [](const char* key, const std::string& value) {
    return std::string(key) + "=" + value + "\n";
  };
  const auto grace =
      std::chrono::duration_cast<std::chrono::milliseconds>(record.stop_grace).count();
  return line("pid", std::to_string(record.id.pid)) +
         line("start_time", std::to_string(record.id.start_time)) +
         line("boot_id", record.id.boot_id) + line("hash", record.hash) +
         line("program", record.program) +
         line("started_us", std::to_string(record.started.time_since_epoch().count())) +
         line("stop_signal", std::to_string(record.stop_signal)) +
         line("stop_grace_ms", std::to_string(grace)) +
         line("confirmed", record.confirmed ? "1" : "0") +
         line("stopped", record.stopped ? "1" : "0") + line("end", "1");
}

Status CannotWrite(const std::string& path) {
  return Unavailable("cannot write " + path + ": " + ::strerrordesc_np(errno));
}

}  // namespace

Result<Fd> HelperFiles::TakeLock() const {
  Fd fd(::open((base_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return CannotWrite(base_ + ".lock");
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return CannotWrite(base_ + ".lock");
  }
  return fd;
}

std::optional<Record> HelperFiles::Read() const {
  auto fields = Fields(ReadAll(base_ + kSuffix));
  if (fields["end"] != "1") return std::nullopt;
  Record record;
  record.id = {static_cast<pid_t>(Number(fields["pid"])),
               static_cast<uint64_t>(Number(fields["start_time"])), fields["boot_id"]};
  record.hash = fields["hash"];
  record.program = fields["program"];
  record.started = Time(std::chrono::microseconds(Number(fields["started_us"])));
  record.stop_signal = static_cast<int>(Number(fields["stop_signal"]));
  record.stop_grace = std::chrono::milliseconds(Number(fields["stop_grace_ms"]));
  record.confirmed = fields["confirmed"] == "1";
  record.stopped = fields["stopped"] == "1";
  return record;
}

Status HelperFiles::Write(const Record& record) const {
  const std::string next = base_ + kSuffix + ".new", text = Format(record);
  Fd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return CannotWrite(next);
  if (::rename(next.c_str(), (base_ + kSuffix).c_str()) != 0) return CannotWrite(base_ + kSuffix);
  return {};
}

std::vector<std::string> RecordedNames(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string file = at->path().filename();
    if (file.ends_with(kSuffix))
      names.push_back(file.substr(0, file.size() - std::strlen(kSuffix)));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ns::supervise
