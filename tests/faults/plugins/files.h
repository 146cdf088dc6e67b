// Files as these plugins write them: whole or not at all, one writer at a time.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace ns::faults {

using Fields = std::map<std::string, std::string>;  // values without line ends

// "key value" a line; empty where there is no file.
Fields ReadFields(const std::string& path);
// Throws sdk::Error where the disk does not let it.
void WriteFields(const std::string& path, const Fields& fields);
// Adds a line at the end, in one write.
void AppendLine(const std::string& path, const std::string& line);

// Held by one process at a time; the kernel lets it go with the process.
class FileLock {
 public:
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

// The settings of an instance: a folder and times, all in its configuration.
class Settings {
 public:
  explicit Settings(const std::string& json);
  const std::string& folder() const { return folder_; }
  std::chrono::milliseconds Time(const std::string& key) const;

 private:
  std::string folder_;
  std::map<std::string, long> times_;
};

}  // namespace ns::faults
