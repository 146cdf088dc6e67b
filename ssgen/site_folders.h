// Where the static sites of a machine lie below their root, and the steps that change it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"

namespace ns::ssgen {

// One release of one application.
struct SiteName {
  AppId app;
  ReleaseId release;
  friend auto operator<=>(const SiteName&, const SiteName&) = default;
};

// What a site server reads:
//   artifacts/<sha256>      an unpacked artifact; several sites may lead to it
//   sites/<app>/<release>   a link to it
//   spa/<app>/<release>     an empty file, there for single-page applications
// and beside it, on the same file system, incoming/ for what is under way. A name is there only
// when all below it has reached the disk; each step is one rename or removal. One thread at a time.
class SiteFolders {
 public:
  explicit SiteFolders(std::string root) : root_(std::move(root)) {}

  // Makes what is missing; what a process that died had under way goes.
  Status Open() const;

  bool HasArtifact(const std::string& sha256) const;
  // Nothing is there.
  std::string Incoming(const std::string& sha256) const { return root_ + "/incoming/" + sha256; }
  // The newest time of an artifact; that of the files in it is the same.
  std::chrono::sys_seconds NewestTime() const;
  // Moves a folder from Incoming() into place. Its files have reached the disk: SyncFileSystem.
  Status TakeIn(const std::string& sha256) const;

  // Leads a site to an artifact that is there, instead of what it led to.
  Status Link(const SiteName& site, const std::string& sha256, bool spa) const;
  // The artifact that a site leads to; empty: none.
  std::string Linked(const SiteName& site) const;
  bool IsSpa(const SiteName& site) const;
  // Those that have a link, wherever it leads; of all applications, or of one.
  std::vector<SiteName> Sites() const;
  std::vector<SiteName> SitesOf(const AppId& app) const;
  Status Unlink(const SiteName& site) const;

  struct Unused {
    std::vector<std::string> folders;  // that may be deleted
    Status failed;                     // the first that could not be taken out, and why
  };
  // Takes the artifacts that no site leads to out of place.
  Unused TakeOutUnused() const;

 private:
  std::string PathOf(const char* kind, const SiteName& site) const;
  Status MarkSpa(const SiteName& site, bool spa) const;

  const std::string root_;
};

// Makes a folder where there is none. All may read it then, whatever the umask is.
Status MakeFolder(const std::string& path);

// Gives a folder and all below it one modification time.
Status SetTimes(const std::string& folder, std::chrono::sys_seconds time);

// All that was written so far to the file system of that folder is on the disk then. Takes as long
// as the disk does.
Status SyncFileSystem(const std::string& folder);

// Removes a file or a folder with all below it; what is not there is no failure.
Status RemoveAll(const std::string& path);

}  // namespace ns::ssgen
