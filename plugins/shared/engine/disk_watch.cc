#include "engine/disk_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace ns::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLook = std::chrono::milliseconds(500);
constexpr int kShare = 20;                      // of the time, for looking
constexpr int kDeepest = 200;                   // folders in each other
constexpr int64_t kTooDeep = int64_t{1} << 40;  // bytes that what is deeper counts as

std::string MountsOf(const std::string& process) {
  std::stringstream text;
  text << std::ifstream("/proc/" + process + "/mountinfo").rdbuf();
  return text.str();
}

// "\040" -> " ", as the kernel writes paths.
std::string Unescaped(const std::string& text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 3 < text.size()) {
      plain += static_cast<char>(std::strtol(text.substr(at + 1, 3).c_str(), nullptr, 8));
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

// What vanishes meanwhile is left out.
class Sum {
 public:
  // Closes it.
  void Walk(int folder, int depth) {
    DIR* entries = ::fdopendir(folder);
    if (!entries) {
      ::close(folder);
      return;
    }
    for (const dirent* entry = nullptr; (entry = ::readdir(entries));) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") Take(folder, entry->d_name, depth);
    }
    ::closedir(entries);
  }
  int64_t bytes() const { return bytes_; }

 private:
  void Take(int folder, const char* name, int depth) {
    struct stat found {};
    if (::fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0) return;
    const bool is_folder = S_ISDIR(found.st_mode);
    if (!is_folder && found.st_nlink > 1 && !seen_.emplace(found.st_dev, found.st_ino).second)
      return;
    bytes_ += depth < kDeepest ? static_cast<int64_t>(found.st_blocks) * 512 : kTooDeep;
    if (!is_folder || depth >= kDeepest) return;
    const int fd = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) Walk(fd, depth + 1);
  }

  int64_t bytes_ = 0;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

// "36 35 0:45 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=...,upperdir=...,workdir=..."
std::string UpperOfRoot(const std::string& mountinfo) {
  constexpr std::string_view kUpper = ",upperdir=";
  std::istringstream lines(mountinfo);
  std::string upper;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, point;
    words >> id >> parent >> device >> root >> point;
    const size_t kind = line.find(" - overlay ");
    if (point != "/" || kind == std::string::npos) continue;
    const size_t at = line.find(kUpper, kind);
    if (at == std::string::npos) continue;
    const size_t begin = at + kUpper.size();
    upper = Unescaped(line.substr(begin, line.find_first_of(", ", begin) - begin));
  }
  return upper;
}

int64_t BytesBelow(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return 0;
  Sum sum;
  sum.Walk(fd, 0);
  return sum.bytes();
}

DiskWatch::DiskWatch(const Cgroups& cgroups, std::string cgroup, int64_t limit)
    : cgroups_(cgroups),
      cgroup_(std::move(cgroup)),
      ours_(UpperOfRoot(MountsOf("self"))),
      limit_(limit) {}

bool DiskWatch::Over(bool now) {
  if (over_ || limit_ <= 0) return over_;
  const auto began = Clock::now();
  Find();
  if (now || began >= next_) {
    Measure();
    next_ = Clock::now() + std::max<Clock::duration>(kLook, (Clock::now() - began) * kShare);
  }
  return over_ = TooMuch();
}

bool DiskWatch::Give(int64_t bytes) {
  given_ = bytes;
  return TooMuch();
}

// The root of a process is that of runc until it has become the step.
void DiskWatch::Find() {
  std::map<int, std::string> steps;
  for (const int pid : cgroups_.Processes(cgroup_)) {
    const auto known = steps_.find(pid);
    const std::string upper =
        known == steps_.end() ? UpperOfRoot(MountsOf(std::to_string(pid))) : known->second;
    if (upper.starts_with('/') && upper != ours_) steps[pid] = upper;
  }
  steps_ = std::move(steps);
  for (auto& [folder, layer] : layers_) layer.runs = false;
  for (const auto& [pid, folder] : steps_) layers_[folder] = {layers_[folder].bytes, true, false};
}

// A step that is gone has written until it ended: its layer is looked at once more.
void DiskWatch::Measure() {
  int64_t bytes = 0;
  for (auto& [folder, layer] : layers_) {
    if (!layer.measured) layer.bytes = BytesBelow(folder);
    layer.measured = !layer.runs;
    bytes += layer.bytes;
  }
  written_ = bytes;
}

}  // namespace ns::engine
