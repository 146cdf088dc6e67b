#include "ssgen/site_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>

#include "archive/limits.h"
#include "supervise/fd.h"

namespace ns::ssgen {
namespace {

namespace fs = std::filesystem;

using supervise::Fd;

Status Failed(const std::string& path, const std::error_code& error) {
  return archive::CannotWrite(path, error.value());
}

// For the site servers, which are other users, whatever the umask is.
Status OpenToAll(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return archive::CannotWrite(path, errno);
  if ((info.st_mode & 0755) == 0755 || ::chmod(path.c_str(), 0755) == 0) return {};
  return archive::CannotWrite(path, errno);
}

// The root and those above it: what is there already is the operator's.
Status MakeRoot(const fs::path& path) {
  std::error_code error;
  if (path.empty() || fs::is_directory(path, error)) return {};
  NS_TRY(MakeRoot(path.parent_path()));
  return MakeFolder(path);
}

Status Move(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return error ? Failed(to, error) : Status();
}

Status RemoveOne(const std::string& path) {
  std::error_code error;
  fs::remove(path, error);
  return error ? Failed(path, error) : Status();
}

// Names below a folder; none where it cannot be read.
std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  return names;
}

}  // namespace

Status SyncFileSystem(const std::string& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::syncfs(fd.get()) != 0) return archive::CannotWrite(folder, errno);
  return {};
}

Status MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return archive::CannotWrite(path, errno);
  return OpenToAll(path);
}

Status SetTimes(const std::string& folder, std::chrono::sys_seconds time) {
  const timespec when{time.time_since_epoch().count(), 0}, both[] = {when, when};
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    if (::utimensat(AT_FDCWD, at->path().c_str(), both, AT_SYMLINK_NOFOLLOW) != 0)
      return archive::CannotWrite(at->path().string(), errno);
  }
  if (error) return Failed(folder, error);
  if (::utimensat(AT_FDCWD, folder.c_str(), both, 0) == 0) return {};
  return archive::CannotWrite(folder, errno);
}

Status RemoveAll(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? Failed(path, error) : Status();
}

Status SiteFolders::Open() const {
  NS_TRY(RemoveAll(root_ + "/incoming"));
  NS_TRY(MakeRoot(root_));
  for (const char* folder : {"/incoming", "/artifacts", "/sites", "/spa"})
    NS_TRY(MakeFolder(root_ + folder));
  return {};
}

std::string SiteFolders::PathOf(const char* kind, const SiteName& site) const {
  return root_ + kind + site.app.str() + "/" + site.release.str();
}

bool SiteFolders::HasArtifact(const std::string& sha256) const {
  std::error_code error;
  return fs::is_directory(root_ + "/artifacts/" + sha256, error);
}

std::chrono::sys_seconds SiteFolders::NewestTime() const {
  std::chrono::sys_seconds newest{};
  for (const std::string& sha256 : NamesIn(root_ + "/artifacts")) {
    struct stat info {};
    if (::stat((root_ + "/artifacts/" + sha256).c_str(), &info) != 0) continue;
    newest = std::max(newest, std::chrono::sys_seconds(std::chrono::seconds(info.st_mtim.tv_sec)));
  }
  return newest;
}

Status SiteFolders::TakeIn(const std::string& sha256) const {
  return Move(Incoming(sha256), root_ + "/artifacts/" + sha256);
}

Status SiteFolders::MarkSpa(const SiteName& site, bool spa) const {
  const std::string mark = PathOf("/spa/", site);
  if (!spa) return RemoveOne(mark);
  NS_TRY(MakeFolder(root_ + "/spa/" + site.app.str()));
  const Fd fd(::open(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!fd || ::fchmod(fd.get(), 0644) != 0) return archive::CannotWrite(mark, errno);
  return {};
}

// The mark comes first: a site that can be reached answers as it will.
Status SiteFolders::Link(const SiteName& site, const std::string& sha256, bool spa) const {
  NS_TRY(MarkSpa(site, spa));
  NS_TRY(MakeFolder(root_ + "/sites/" + site.app.str()));
  const std::string fresh = root_ + "/incoming/link";
  NS_TRY(RemoveOne(fresh));
  std::error_code error;
  fs::create_symlink("../../artifacts/" + sha256, fresh, error);
  if (error) return Failed(fresh, error);
  return Move(fresh, PathOf("/sites/", site));
}

std::string SiteFolders::Linked(const SiteName& site) const {
  std::error_code error;
  const fs::path target = fs::read_symlink(PathOf("/sites/", site), error);
  const std::string sha256 = error ? "" : target.filename().string();
  return !sha256.empty() && HasArtifact(sha256) ? sha256 : "";
}

bool SiteFolders::IsSpa(const SiteName& site) const {
  std::error_code error;
  return fs::exists(PathOf("/spa/", site), error);
}

std::vector<SiteName> SiteFolders::SitesOf(const AppId& app) const {
  std::vector<SiteName> sites;
  for (const std::string& release : NamesIn(root_ + "/sites/" + app.str()))
    sites.push_back({app, ReleaseId(release)});
  return sites;
}

std::vector<SiteName> SiteFolders::Sites() const {
  std::vector<SiteName> sites;
  for (const std::string& app : NamesIn(root_ + "/sites")) {
    for (SiteName& site : SitesOf(AppId(app))) sites.push_back(std::move(site));
  }
  return sites;
}

// The folders of an application go with its last release.
Status SiteFolders::Unlink(const SiteName& site) const {
  for (const char* kind : {"/sites/", "/spa/"}) {
    NS_TRY(RemoveOne(PathOf(kind, site)));
    ::rmdir((root_ + kind + site.app.str()).c_str());  // where nothing is left
  }
  return {};
}

SiteFolders::Unused SiteFolders::TakeOutUnused() const {
  std::set<std::string> used;
  for (const SiteName& site : Sites()) used.insert(Linked(site));
  Unused unused;
  for (const std::string& sha256 : NamesIn(root_ + "/artifacts")) {
    if (used.contains(sha256)) continue;
    const std::string to = root_ + "/incoming/" + sha256 + ".unused";
    Status moved = RemoveAll(to);
    if (moved.ok()) moved = Move(root_ + "/artifacts/" + sha256, to);
    if (moved.ok()) {
      unused.folders.push_back(to);
    } else if (unused.failed.ok()) {
      unused.failed = moved;
    }
  }
  return unused;
}

}  // namespace ns::ssgen
