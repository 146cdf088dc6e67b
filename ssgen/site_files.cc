#include "ssgen/site_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>
#include <string_view>

#include "archive/unpack.h"
#include "base/failpoint.h"
#include "supervise/fd.h"

namespace ns::ssgen {
namespace {

using supervise::Fd;

// Names become folders.
Status CheckNames(const Site& site) {
  const auto wrong = [](const char* field, const char* rule, const std::string& value) {
    return Status(Code::kInvalid, std::string("a site's ") + field + " is " + rule + ", not \"" +
                                      archive::Printable(value) + "\"");
  };
  constexpr const char* kId = "22 characters of 0-9 and a-f";
  if (!IsId(site.name.app.str())) return wrong("application", kId, site.name.app.str());
  if (!IsId(site.name.release.str())) return wrong("release", kId, site.name.release.str());
  const std::string& sha256 = site.digest.sha256;
  const bool hex = sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (sha256.size() != 64 || !hex) return wrong("digest", "64 characters of 0-9 and a-f", sha256);
  return {};
}

Status WriteAll(const Fd& file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return archive::CannotWrite(path, errno);
    bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
  return {};
}

Result<size_t> ReadSome(const Fd& file, const std::string& path, char* to, size_t most) {
  for (;;) {
    const ssize_t read = ::read(file.get(), to, most);
    if (read >= 0) return static_cast<size_t>(read);
    if (errno != EINTR) return archive::CannotRead(path, errno);
  }
}

Status UnpackFile(const std::string& file, const std::string& folder,
                  const std::function<Status()>& go_on) {
  const Fd artifact(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!artifact) return archive::CannotRead(file, errno);
  NS_TRY(RemoveAll(folder));  // what could not be removed after a failure
  NS_TRY(MakeFolder(folder));
  const archive::Source source = [&](char* to, size_t most) -> Result<size_t> {
    NS_TRY(go_on());
    return ReadSome(artifact, file, to, most);
  };
  return archive::Unpack(source, folder).status();
}

}  // namespace

SiteFiles::SiteFiles(const std::string& root, ports::Storage& storage, const Clock& clock)
    : storage_(storage), clock_(clock), folders_(SiteFolders(root)) {}

Status SiteFiles::Open() {
  return folders_.With([this](const SiteFolders& folders) -> Status {
    NS_TRY(folders.Open());
    last_time_.With([&](auto& last) { last = folders.NewestTime(); });
    return {};
  });
}

// Now, or a second after the last where that is later.
std::chrono::sys_seconds SiteFiles::NextTime() {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  return last_time_.With(
      [&](auto& last) { return last = std::max(now, last + std::chrono::seconds(1)); });
}

Result<bool> SiteFiles::LinkIfThere(const Site& site) {
  return folders_.With([&](const SiteFolders& folders) -> Result<bool> {
    const std::string& sha256 = site.digest.sha256;
    if (folders.Linked(site.name) == sha256 && folders.IsSpa(site.name) == site.spa) return true;
    if (!folders.HasArtifact(sha256)) return false;
    NS_TRY(folders.Link(site.name, sha256, site.spa));
    return true;
  });
}

Status SiteFiles::Bring(const ports::Call& call, const Site& site) {
  NS_TRY(CheckNames(site));
  NS_ASSIGN(const Turns::Turn mine, turns_.Take(call, clock_, site.digest.sha256));
  NS_ASSIGN(const bool there, LinkIfThere(site));
  if (there) return {};
  const Status fetched = Fetch(call, site);
  if (!fetched.ok()) {
    const std::string incoming =
        folders_.With([&](const SiteFolders& f) { return f.Incoming(site.digest.sha256); });
    (void)RemoveAll(incoming);
    (void)RemoveAll(incoming + ".tar.gz");
    return fetched.Prefixed("artifact " + site.key);
  }
  // In place and led to at once, so that nobody takes it for unused.
  return folders_.With([&](const SiteFolders& folders) -> Status {
    NS_TRY(folders.TakeIn(site.digest.sha256));
    Failpoint("ssgen.in-place");
    NS_TRY(folders.Link(site.name, site.digest.sha256, site.spa));
    Failpoint("ssgen.linked");
    return {};
  });
}

// Verified before a byte of it is unpacked.
Status SiteFiles::Fetch(const ports::Call& call, const Site& site) {
  const std::string folder =
      folders_.With([&](const SiteFolders& f) { return f.Incoming(site.digest.sha256); });
  const std::string file = folder + ".tar.gz";
  NS_TRY(Download(call, site, file));
  Failpoint("ssgen.downloaded");
  NS_TRY(UnpackFile(file, folder, [&] { return CheckCall(call, clock_); }));
  NS_TRY(SetTimes(folder, NextTime()));
  Failpoint("ssgen.unpacked");
  NS_TRY(RemoveAll(file));
  return SyncFileSystem(folder);  // here, where nobody waits for it but those who want this site
}

Status SiteFiles::Download(const ports::Call& call, const Site& site, const std::string& file) {
  const Fd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out) return archive::CannotWrite(file, errno);
  return ports::GetWhole(storage_, call, site.key, site.digest,
                         [&](std::string_view bytes) { return WriteAll(out, file, bytes); });
}

std::vector<SiteName> SiteFiles::Present() {
  return folders_.With([](const SiteFolders& folders) {
    std::vector<SiteName> sites = folders.Sites();
    std::erase_if(sites, [&](const SiteName& site) { return folders.Linked(site).empty(); });
    return sites;
  });
}

SiteFolders::Unused SiteFiles::Forget(const std::vector<SiteName>& kept) {
  const std::set<SiteName> stay(kept.begin(), kept.end());
  return folders_.With([&](const SiteFolders& folders) {
    Status failed;
    for (const SiteName& site : folders.Sites()) {
      if (stay.contains(site)) continue;
      if (const Status gone = folders.Unlink(site); !gone.ok() && failed.ok()) failed = gone;
    }
    Failpoint("ssgen.unlinked");
    SiteFolders::Unused unused = folders.TakeOutUnused();
    Failpoint("ssgen.taken-out");
    if (!failed.ok()) unused.failed = failed;
    return unused;
  });
}

Status SiteFiles::Keep(const std::vector<SiteName>& kept) {
  SiteFolders::Unused unused = Forget(kept);
  for (const std::string& folder : unused.folders) {
    const Status gone = RemoveAll(folder);
    if (!gone.ok() && unused.failed.ok()) unused.failed = gone;
  }
  return unused.failed;
}

}  // namespace ns::ssgen
