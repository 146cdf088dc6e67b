#include "ssgen/site_files.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "archive/file_stream.h"
#include "archive/unpack.h"
#include "base/failpoint.h"

namespace ns::ssgen {
namespace {

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

// Of these sites those that lead to an artifact.
std::vector<SiteName> Complete(const SiteFolders& folders, std::vector<SiteName> sites) {
  std::erase_if(sites, [&](const SiteName& site) { return folders.Linked(site).empty(); });
  return sites;
}

Status UnpackFile(const std::string& file, const std::string& folder,
                  const std::function<Status()>& go_on) {
  NS_ASSIGN(archive::InFile artifact, archive::InFile::Open(file));
  NS_TRY(RemoveAll(folder));  // what could not be removed after a failure
  NS_TRY(MakeFolder(folder));
  const archive::Source source = [&](char* to, size_t most) -> Result<size_t> {
    NS_TRY(go_on());
    return artifact.Read(to, most);
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
  NS_ASSIGN(archive::OutFile out, archive::OutFile::Create(file));
  return ports::GetWhole(storage_, call, site.key, site.digest,
                         [&](std::string_view bytes) { return out.Write(bytes); });
}

std::vector<SiteName> SiteFiles::Present() {
  return folders_.With(
      [](const SiteFolders& folders) { return Complete(folders, folders.Sites()); });
}

std::vector<SiteName> SiteFiles::PresentOf(const AppId& app) {
  return folders_.With(
      [&](const SiteFolders& folders) { return Complete(folders, folders.SitesOf(app)); });
}

SiteFolders::Unused SiteFiles::Forget(const std::vector<SiteName>& gone) {
  const std::set<SiteName> go(gone.begin(), gone.end());
  return folders_.With([&](const SiteFolders& folders) {
    Status failed;
    for (const SiteName& site : folders.Sites()) {
      if (!go.contains(site) && !folders.Linked(site).empty()) continue;
      if (Status left = folders.Unlink(site); !left.ok() && failed.ok()) failed = std::move(left);
    }
    Failpoint("ssgen.unlinked");
    SiteFolders::Unused unused = folders.TakeOutUnused();
    Failpoint("ssgen.taken-out");
    if (!failed.ok()) unused.failed = failed;
    return unused;
  });
}

Status SiteFiles::Drop(const std::vector<SiteName>& gone) {
  SiteFolders::Unused unused = Forget(gone);
  for (const std::string& folder : unused.folders) {
    Status removed = RemoveAll(folder);
    if (!removed.ok() && unused.failed.ok()) unused.failed = std::move(removed);
  }
  return unused.failed;
}

}  // namespace ns::ssgen
