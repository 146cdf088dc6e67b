#include "files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "ns/sdk/error.h"

namespace ns::faults {
namespace {

[[noreturn]] void Fail(const std::string& what, const std::string& path) {
  throw sdk::Error{NS_E_UNAVAILABLE, "DiskUnavailable",
                   what + " " + path + ": " + std::strerror(errno), sdk::Fault::kPlatform};
}

int OpenFile(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) Fail("cannot open", path);
  return fd;
}

}  // namespace

Fields ReadFields(const std::string& path) {
  Fields fields;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t space = line.find(' ');
    if (space != std::string::npos) fields[line.substr(0, space)] = line.substr(space + 1);
  }
  return fields;
}

void WriteFields(const std::string& path, const Fields& fields) {
  const std::string draft = path + ".new";
  std::ofstream file(draft, std::ios::trunc);
  for (const auto& [key, value] : fields) file << key << ' ' << value << '\n';
  file.close();
  if (!file || ::rename(draft.c_str(), path.c_str()) != 0) Fail("cannot write", path);
}

void AppendLine(const std::string& path, const std::string& line) {
  const int fd = OpenFile(path, O_WRONLY | O_APPEND);
  const std::string text = line + "\n";
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  if (!written) Fail("cannot write", path);
}

FileLock::FileLock(const std::string& path) : fd_(OpenFile(path, O_RDWR)) {
  while (::flock(fd_, LOCK_EX) != 0) {
    if (errno != EINTR) Fail("cannot lock", path);
  }
}

FileLock::~FileLock() { ::close(fd_); }

Settings::Settings(const std::string& json) {
  const boost::json::value parsed = boost::json::parse(json);
  for (const auto& [key, value] : parsed.as_object()) {
    if (key == "folder")
      folder_ = value.as_string().c_str();
    else
      times_[std::string(key)] = value.to_number<long>();
  }
}

std::chrono::milliseconds Settings::Time(const std::string& key) const {
  const auto found = times_.find(key);
  return std::chrono::milliseconds(found == times_.end() ? 0 : found->second);
}

}  // namespace ns::faults
