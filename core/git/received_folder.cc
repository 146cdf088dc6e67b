#include "git/received_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "supervise/fd.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;

constexpr char kConfig[] =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";
constexpr char kPreReceive[] =
    "#!/bin/sh\n"
    "# May refs move? Whoever pushes may have lost the right to it.\n"
    "printf '?' >&3 && read -r said <&3 || exit 1\n"
    "[ \"$said\" = ok ] || { echo \"$said\" >&2; exit 1; }\n";
constexpr char kHead[] = "ref: refs/heads/main\n";
constexpr auto kQuarantineRests = std::chrono::hours(1);
constexpr auto kLockRests = std::chrono::minutes(15);  // git holds one for moments

// Nothing in it has changed for that long.
bool AtRest(const fs::path& path, fs::file_time_type::duration that_long) {
  std::error_code error;
  fs::file_time_type newest = fs::last_write_time(path, error);
  if (error) return false;
  // Git may take away what is walked over.
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    const auto time = fs::last_write_time(at->path(), gone);
    if (!gone) newest = std::max(newest, time);
  }
  if (error && error != std::errc::not_a_directory) return false;  // who knows
  return newest + that_long < fs::file_time_type::clock::now();
}

Status Failed(const std::string& what, const std::string& why) {
  return Unavailable(what + ": " + why).SetFault(Fault::kPlatform);
}

Status WriteFile(const std::string& path, std::string_view text) {
  const supervise::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(fd.get()) != 0)
    return Failed("cannot write " + path, ::strerrordesc_np(errno));
  return {};
}

// Whole or not at all, also where others do so at the same time.
Status ReplaceFile(const std::string& path, std::string_view text, mode_t mode) {
  const auto failed = [&] { return Failed("cannot write " + path, ::strerrordesc_np(errno)); };
  std::string made = path + ".new-XXXXXX";
  supervise::Fd file(::mkostemp(made.data(), O_CLOEXEC));
  if (!file) return failed();
  file.Close();  // no program runs while somebody may write to it
  Status status = WriteFile(made, text);
  if (status.ok() &&
      (::chmod(made.c_str(), mode) != 0 || ::rename(made.c_str(), path.c_str()) != 0))
    status = failed();
  if (!status.ok()) ::unlink(made.c_str());
  return status;
}

// Those of refs and of the files beside them. Git neither takes an old one over nor removes it.
void DropLocks(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> locks = {path + "/HEAD.lock", path + "/packed-refs.lock"};
  for (fs::recursive_directory_iterator at(path + "/refs", error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".lock") locks.push_back(at->path());
  }
  for (const fs::path& lock : locks) {
    if (AtRest(lock, kLockRests)) fs::remove(lock, error);
  }
}

std::string ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Full names of all branches and tags.
std::set<std::string> RefsOf(const std::string& path) {
  std::set<std::string> refs;
  std::ifstream packed(path + "/packed-refs");
  for (std::string line; std::getline(packed, line);) {
    if (line.size() > 41 && line[0] != '#' && line[0] != '^') refs.insert(line.substr(41));
  }
  std::error_code error;
  for (fs::recursive_directory_iterator at(path + "/refs", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored) && at->path().extension() != ".lock")
      refs.insert(at->path().string().substr(path.size() + 1));
  }
  return refs;
}

}  // namespace

bool ReceivedFolder::Has(const std::string& name) const {
  std::error_code ignored;
  return fs::is_regular_file(PathOf(name) + "/HEAD", ignored);
}

Status ReceivedFolder::Create(const std::string& name) const {
  if (Has(name)) return {};
  std::error_code error;
  fs::create_directories(folder_, error);
  std::string made = folder_ + "/.new-XXXXXX";
  if (error || ::mkdtemp(made.data()) == nullptr)
    return Failed("cannot make a folder in " + folder_,
                  error ? error.message() : ::strerrordesc_np(errno));
  for (const char* part : {"/objects/info", "/objects/pack", "/refs/heads", "/refs/tags"})
    fs::create_directories(made + part, error);
  Status status = error ? Failed("cannot make " + made, error.message()) : Status();
  if (status.ok()) status = WriteFile(made + "/HEAD", kHead);
  if (status.ok()) status = WriteFile(made + "/config", kConfig);
  if (status.ok() && ::rename(made.c_str(), PathOf(name).c_str()) != 0 && !Has(name))
    status = Failed("cannot make " + PathOf(name), ::strerrordesc_np(errno));
  fs::remove_all(made, error);
  return status;
}

// Out of the way first, so that what is half gone is nobody's repository.
Status ReceivedFolder::Remove(const std::string& name) const {
  const std::string path = PathOf(name), away = folder_ + "/.gone-" + name;
  std::error_code error;
  fs::remove_all(away, error);
  if (::rename(path.c_str(), away.c_str()) != 0 && errno != ENOENT)
    return Failed("cannot remove " + path, ::strerrordesc_np(errno));
  fs::remove_all(away, error);
  return error ? Failed("cannot remove " + away, error.message()) : Status();
}

void ReceivedFolder::DropBroken(const std::string& name) const {
  DropLocks(PathOf(name));
  const std::string objects = PathOf(name) + "/objects";
  for (const auto& [folder, prefix] :
       {std::pair(objects, "tmp_objdir-"), std::pair(objects + "/pack", "tmp_")}) {
    std::error_code error;
    std::vector<fs::path> broken;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (at->path().filename().string().starts_with(prefix) &&
          AtRest(at->path(), kQuarantineRests))
        broken.push_back(at->path());
    }
    for (const fs::path& path : broken) fs::remove_all(path, error);
  }
}

Status ReceivedFolder::PointHead(const std::string& name,
                                 const std::vector<std::string>& refs) const {
  const std::string path = PathOf(name), head = ReadLine(path + "/HEAD");
  const auto there = RefsOf(path);
  if (head.starts_with("ref: ") && there.contains(head.substr(5))) return {};
  std::vector<std::string> wanted = {"refs/heads/main", "refs/heads/master"};
  wanted.insert(wanted.end(), refs.begin(), refs.end());
  const auto found = std::ranges::find_if(wanted, [&](const std::string& ref) {
    return ref.starts_with("refs/heads/") && there.contains(ref);
  });
  if (found == wanted.end()) return {};
  return ReplaceFile(path + "/HEAD", "ref: " + *found + "\n", 0600);
}

Result<std::string> ReceivedFolder::Hooks() const {
  const std::string hooks = folder_ + "/.hooks", hook = hooks + "/pre-receive";
  std::ifstream there(hook);
  const std::string text{std::istreambuf_iterator<char>(there), {}};
  const auto runs = [&] { return ::access(hook.c_str(), X_OK) == 0; };
  if (text == kPreReceive && runs()) return hooks;
  std::error_code error;
  fs::create_directories(hooks, error);
  NS_TRY(ReplaceFile(hook, kPreReceive, 0755));
  if (runs()) return hooks;
  // Git would pass it over, and refs would move unasked.
  return Failed("nothing can be pushed here",
                "no program may run in " + folder_ + ": mount its file system without noexec")
      .SetFault(Fault::kOperator);
}

size_t ReceivedFolder::CountRefs(const std::string& name) const {
  return RefsOf(PathOf(name)).size();
}

}  // namespace ns::git
